/* Finds text that leaves its box and text that lies over other text. Looks at what is painted: hidden and clipped
   elements do not count, nor does what stands behind an open dialog. */
(() => {
  const dialog = document.querySelector('[role="dialog"]')
  const scope = dialog ?? document.body
  const short = element => `<${element.tagName.toLowerCase()} ${element.getAttribute("class") ?? ""}>`.slice(0, 60)

  const isPainted = element => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const box = at.getBoundingClientRect()
      const style = getComputedStyle(at)
      if (style.clip !== "auto" || style.clipPath !== "none") return false
      if ((box.width <= 1 || box.height <= 1) && style.overflow !== "visible") return false
      if (at.getAttribute("aria-hidden") === "true" && style.position === "absolute") return false
      if (at.tagName === "CANVAS") return false
    }
    return true
  }

  const blockOf = element => {
    let at = element
    while (getComputedStyle(at).display.startsWith("inline") && getComputedStyle(at).display === "inline" && at.parentElement) {
      at = at.parentElement
    }
    return at
  }

  /* What a small scrolled box keeps out of sight is neither outside nor over anything; the page and dialogs scroll too,
     and all of theirs counts. */
  const isScrolledAway = (element, box) => {
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      if (!["auto", "scroll"].includes(getComputedStyle(at).overflowY) || at.clientHeight > innerHeight / 2) continue
      const frame = at.getBoundingClientRect()
      if (box.bottom > frame.bottom + 1 || box.top < frame.top - 1) return true
    }
    return false
  }

  const texts = []
  const walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const node = walker.currentNode
    const element = node.parentElement
    if (!node.data.trim() || !element || ["SCRIPT", "STYLE", "NOSCRIPT", "TITLE"].includes(element.tagName)) continue
    if (!isPainted(element)) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    for (const box of range.getClientRects()) {
      if (box.width <= 1 || box.height <= 1 || isScrolledAway(element, box)) continue
      texts.push({ element, box, text: node.data.trim().slice(0, 40) })
    }
  }

  const outside = []
  for (const { element, box, text } of texts) {
    if (element.closest("svg")) {
      const frame = element.closest("svg").getBoundingClientRect()
      if (box.left < frame.left - 1 || box.right > frame.right + 1) outside.push(`"${text}" leaves its chart`)
      continue
    }
    const block = blockOf(element)
    const frame = block.getBoundingClientRect()
    if (box.left < frame.left - 1 || box.right > frame.right + 1) {
      outside.push(`"${text}" is wider than ${short(block)}: ${box.left.toFixed()}-${box.right.toFixed()} in ${frame.left.toFixed()}-${frame.right.toFixed()}`)
    }
    if (block.scrollWidth > block.clientWidth + 1 && block.clientWidth > 0 && getComputedStyle(block).display !== "inline") {
      outside.push(`"${text}" overflows ${short(block)}: ${block.scrollWidth} in ${block.clientWidth}`)
    }
    if (box.right > document.documentElement.clientWidth + 1 && !element.closest('[style*="overflow"]')) {
      outside.push(`"${text}" ends right of the window at ${box.right.toFixed()}`)
    }
  }

  /* Line boxes are taller than letters: shrink them to the middle before looking for overlaps. */
  const over = []
  const shrunk = texts.map(({ element, box, text }) => ({
    element, text,
    left: box.left + 1, right: box.right - 1,
    top: box.top + box.height * 0.2, bottom: box.bottom - box.height * 0.2,
  }))
  for (let i = 0; i < shrunk.length; i++) {
    for (let j = i + 1; j < shrunk.length; j++) {
      const a = shrunk[i], b = shrunk[j]
      if (a.element === b.element || a.element.contains(b.element) || b.element.contains(a.element)) continue
      if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) {
        over.push(`"${a.text}" and "${b.text}" lie over each other at ${a.left.toFixed()}, ${a.top.toFixed()}`)
      }
    }
  }
  return { outside: [...new Set(outside)], over: [...new Set(over)] }
})()
