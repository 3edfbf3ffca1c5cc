/* One step of a page, one entry of the browser's history. When a callback leads to another page, Streamlit 1.67 first
   puts the new page's parameters on the old page's address and then changes the page, each as an entry of its own; the
   way back would end in the first, which nobody has seen. The second of such a pair takes the place of the first. */
(() => {
  if (window.flywheelHistory) return
  window.flywheelHistory = true
  const PAIR_MS = 3000
  const push = window.history.pushState
  let samePath = -Infinity
  window.history.pushState = function (state, title, url) {
    const here = window.location
    const there = new URL(url ?? here.href, here.href)
    const changesPage = there.pathname !== here.pathname
    const isSecond = changesPage && there.search === here.search && performance.now() - samePath < PAIR_MS
    samePath = changesPage ? -Infinity : performance.now()
    return isSecond ? window.history.replaceState(state, title, url) : push.call(this, state, title, url)
  }
})()
