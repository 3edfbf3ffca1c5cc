/* One step of a page, one entry of the browser's history. When a callback leads to another page, Streamlit 1.67 first
   puts the new page's parameters on the old page's address and then changes the page, each as an entry of its own, and a
   double click does it all again; the way back would end at addresses that nobody has seen. So a change of page takes
   the place of an address of a moment ago with the same parameters; an address that is the current one already is no
   step at all, and neither is one with parameters that another page had a moment ago, the echo of a double click. Links
   of the menu carry no parameters and stay steps, however quickly they follow each other. */
(() => {
  if (window.flywheelHistory) return
  window.flywheelHistory = true
  const MOMENT_MS = 3000
  const push = window.history.pushState
  const REMEMBERED = 6
  let last = { at: -Infinity, changedPage: false }
  let trail = []
  window.history.pushState = function (state, title, url) {
    const here = window.location
    const there = new URL(url ?? here.href, here.href)
    const changesPage = there.pathname !== here.pathname
    const isSoon = performance.now() - last.at < MOMENT_MS
    const isSecond = changesPage && there.search === here.search && isSoon && (there.search !== "" || !last.changedPage)
    const isEcho = !changesPage && isSoon && there.search !== "" &&
      trail.some(address => address.pathname !== there.pathname && address.search === there.search)
    trail = [...trail, new URL(here.href), there].slice(-REMEMBERED)
    last = { at: performance.now(), changedPage: changesPage }
    if (isSecond || isEcho || there.href === here.href) return window.history.replaceState(state, title, url)
    return push.call(this, state, title, url)
  }
})()
