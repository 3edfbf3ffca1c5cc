/* Reading record after record: the neighbours of the record on show are here already, so that a step needs no waiting;
   keys step, choose a mark and list themselves. No key approves anything. The HTML comes escaped from Python. */
const SWITCH = "flywheel_single_keys"
const MOST_QUEUED = 5
const FIELDS = "input, textarea, select, [contenteditable=true]"

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".fw-reader")
  const part = name => root.querySelector(`[data-part=${name}]`)
  const reader = (root.reader ??= { queue: [] })
  Object.assign(reader, { pages: { ...data }, send: setTriggerValue })

  const keysAreOn = () => localStorage.getItem(SWITCH) !== "off"

  const choose = kind => {
    reader.kind = kind
    for (const button of root.querySelectorAll("[data-kind]")) {
      button.setAttribute("aria-pressed", String(button.dataset.kind === kind))
    }
    part("details").hidden = !kind
    part("gold").hidden = kind !== "teacher_wrong"
    part("note-title").textContent = kind === "excluded" ? "Why leave it out?" : "Note"
  }

  // What a form starts from: while that is the same, a redraw leaves alone what somebody has begun to enter.
  const startOf = page => JSON.stringify([page.id, page.mark, page.problem ?? null])
  const printOf = page => JSON.stringify([startOf(page), page.html, page.mark_html])

  const show = page => {
    reader.print = printOf(page)
    part("label").textContent = page.label
    part("body").innerHTML = page.html
    part("mark").innerHTML = page.mark_html
    if (reader.start !== startOf(page)) fillForm(page)
  }

  const fillForm = page => {
    reader.start = startOf(page)
    reader.shown = page.id
    reader.mark = page.mark
    part("problem").textContent = page.problem ?? ""
    part("clear").hidden = !page.mark || root.dataset.may !== "yes"
    const entered = page.problem ? page.tried : page.mark
    const form = part("form")
    form.elements.note.value = entered?.note ?? ""
    form.elements.gold.value = entered?.gold ?? ""
    choose(entered?.kind ?? null)
    part("details").hidden = !page.problem
  }

  const offerSteps = () => {
    part("previous").disabled = !reader.pages.previous
    part("next").disabled = !reader.pages.next
  }

  // Steps taken faster than the neighbours arrive are kept and done when they are there.
  const step = side => {
    const page = reader.pages[side]
    if (!page) {
      if (reader.isWaiting && reader.queue.length < MOST_QUEUED) reader.queue.push(side)
      return
    }
    reader.isWaiting = true
    reader.pages = { current: page, previous: null, next: null }
    show(page)
    offerSteps()
    root.closest('[role="dialog"]')?.scrollTo({ top: 0 })
    reader.send("stepped", page.id)
  }

  const begin = kind => {
    if (root.dataset.may !== "yes") return
    const { note, gold } = part("form").elements
    // The note of the mark that stands belongs to that mark, unless somebody is changing it.
    if (reader.mark && kind !== reader.mark.kind && note.value === reader.mark.note) note.value = gold.value = ""
    choose(kind)
    root.querySelector(kind === "teacher_wrong" ? "[name=gold]" : "[name=note]").focus()
  }

  const toggleHelp = () => {
    const help = part("help")
    help.hidden = !help.hidden
    part("keys").setAttribute("aria-expanded", String(!help.hidden))
    part("switch").textContent = keysAreOn() ? "Turn single keys off" : "Turn single keys on"
  }

  root.dataset.may = data.may_mark ? "yes" : "no"
  part("marks").disabled = !data.may_mark
  part("why-not").textContent = data.may_mark ? "" : data.why_not
  // What is on show already stays as it is: a note may have been begun since the step.
  if (reader.print !== printOf(data.current)) show(data.current)
  offerSteps()
  reader.isWaiting = false
  if (reader.queue.length) setTimeout(() => step(reader.queue.shift()))

  part("previous").onclick = () => step("previous")
  part("next").onclick = () => step("next")
  part("keys").onclick = toggleHelp
  part("switch").onclick = () => {
    localStorage.setItem(SWITCH, keysAreOn() ? "off" : "on")
    part("switch").textContent = keysAreOn() ? "Turn single keys off" : "Turn single keys on"
  }
  for (const button of root.querySelectorAll("[data-kind]")) {
    button.onclick = () => (button.getAttribute("aria-pressed") === "true" ? choose(null) : begin(button.dataset.kind))
  }
  part("form").onsubmit = event => {
    event.preventDefault()
    const { note, gold } = event.target.elements
    reader.send("marked", { id: reader.shown, kind: reader.kind, note: note.value, gold: gold.value })
  }
  part("clear").onclick = () => reader.send("marked", { id: reader.shown, kind: "cleared", note: "", gold: "" })

  document.removeEventListener("keydown", reader.onKey)
  reader.onKey = event => {
    if (!root.isConnected) return document.removeEventListener("keydown", reader.onKey)
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(FIELDS)) return
    const kinds = [...root.querySelectorAll("[data-kind]")].map(button => button.dataset.kind)
    const acts = {
      ArrowRight: () => step("next"),
      ArrowLeft: () => step("previous"),
      "?": toggleHelp,
      j: () => step("next"),
      k: () => step("previous"),
      ...Object.fromEntries(kinds.map((kind, at) => [String(at + 1), () => begin(kind)])),
    }
    const isSingle = event.key.length === 1 && event.key !== "?"
    if (!(event.key in acts) || (isSingle && !keysAreOn())) return
    event.preventDefault()
    acts[event.key]()
  }
  document.addEventListener("keydown", reader.onKey)
  return () => document.removeEventListener("keydown", reader.onKey)
}
