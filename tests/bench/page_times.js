/* Times in the page itself, so that the driver's own way is not counted. */
window.flywheelTimes = {}

/* From the navigation's start to the first title, and to the first content below it with no script running. */
const visit = new MutationObserver(() => {
  const app = document.querySelector('[data-testid="stApp"]')
  const main = document.querySelector('[data-testid="stMain"]')
  if (!app || !main) return
  if (main.querySelector("h1")) window.flywheelTimes.title ??= performance.now()
  const isDone = app.dataset.testScriptState === "notRunning" && !main.querySelector('[data-testid^="stSkeleton"]')
  if (!isDone || !main.querySelector("h1") || !main.querySelector("table")) return
  window.flywheelTimes.content = performance.now()
  visit.disconnect()
})
visit.observe(document, { childList: true, subtree: true, attributes: true })

/* From a click to the frame in which what it leads to is there, `selector` holding `text`, and no script runs. */
window.timeClick = (target, selector, text) => new Promise(resolve => {
  const before = document.querySelector(selector)?.textContent
  const isThere = () => text === null
    ? (document.querySelector(selector)?.textContent ?? before) !== before
    : [...document.querySelectorAll(selector)].some(element => element.textContent.includes(text))
  const start = performance.now()
  const look = () => {
    const app = document.querySelector('[data-testid="stApp"]')
    if (!isThere() || app.dataset.testScriptState !== "notRunning") return
    observer.disconnect()
    requestAnimationFrame(() => resolve(performance.now() - start))
  }
  const observer = new MutationObserver(look)
  observer.observe(document, { childList: true, subtree: true, attributes: true, characterData: true })
  target.click()
})
