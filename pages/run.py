"""Run: how one trip of the flywheel goes, stage by stage, and what it has measured."""

from functools import partial

import streamlit as st

from app.ui import frame, run_acts, run_live, run_more, run_parts, run_queries, run_timeline, states, url
from core.database import utc_now

run_id = url.read_id(st.query_params, "id")
if run_id is None:
    frame.draw_header("Run", trail=[frame.Crumb(label="Runs", page="runs")])
    with states.empty("No run was chosen", "Choose one from the list of runs.", icon=":material/cycle:"):
        frame.draw_link("runs", "All runs", icon=":material/cycle:")
    st.stop()

st.html(run_timeline.STYLE)
with states.loading(height=420):
    run = run_queries.get_run(run_id)
controls = frame.draw_header(
    f"Run over {run.summary.workload_id}",
    trail=[frame.Crumb(label="Runs", page="runs"), frame.Crumb(label=run_id)],
    summary=run_parts.describe_source(run, now=utc_now()),
)
with controls:
    run_acts.draw_buttons(run)
    run_more.draw_more(run)

run_live.watch(partial(run_live.draw_run, run_id), seen=[run.summary])
run_acts.draw_pending(run)
