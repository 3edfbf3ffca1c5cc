/* A table whose rows open something: real links, so that a new tab, a copied address and a screen reader work, and an
   ordinary click stays in the session. The HTML comes escaped from app/ui/rows.py. */
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".fw-rows")
  if (root.dataset.shown !== data.html) {
    root.innerHTML = data.html
    root.dataset.shown = data.html
  }
  root.onclick = event => {
    const row = event.target.closest("[data-open]")
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0
    if (!row || elsewhere || String(window.getSelection())) return
    event.preventDefault()
    setTriggerValue("opened", row.dataset.open)
  }
}
