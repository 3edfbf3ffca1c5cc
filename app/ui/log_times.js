/* A click on a bar chooses it as a drag over bars does. Streamlit 1.67 turns Plotly's own choice by click off where a drag
   chooses, so a click is handed on as the selection of the one bar. A chart is found when the pointer goes down on it, so
   one drawn anew needs no watching; Plotly tells of the click after that. */
(() => {
  if (window.flywheelLogTimes) return
  window.flywheelLogTimes = true
  const bound = new WeakSet()
  const choose = (plot, { points }) => {
    const chosen = points.map(({ curveNumber, pointNumber, pointIndex, x, y, customdata }) =>
      ({ curveNumber, pointNumber, pointIndex, x, y, customdata }))
    plot.emit("plotly_selected", { points: chosen })
  }
  document.addEventListener("pointerdown", event => {
    const plot = event.target.closest?.(".st-key-log_times .js-plotly-plot")
    if (!plot?.on || bound.has(plot)) return
    bound.add(plot)
    plot.on("plotly_click", told => choose(plot, told))
  }, true)
})()
