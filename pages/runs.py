"""Runs: every trip of the flywheel, newest first, with what it is doing now."""

from functools import partial

import streamlit as st

from app.ui import frame, queries, run_acts, run_live, run_queries, run_table, run_timeline, states

st.html(run_timeline.STYLE)
with frame.draw_header("Runs"):
    run_acts.draw_launch_button()

with states.loading(height=420):
    has_runs = run_queries.has_runs()
if not has_runs:
    if not queries.list_workloads():
        states.show_no_traffic()
        st.stop()
    with states.empty(
        "No run yet",
        "A run deploys students, fine-tunes them on one workload's records and measures how often they agree with the"
        " teacher.",
        icon=":material/cycle:",
    ):
        frame.draw_link("launch", "Launch the first one", icon=":material/rocket_launch:")
    st.stop()

workloads = run_queries.list_run_workloads()
chosen = run_table.read_filter(st.query_params, workloads)
run_table.draw_filters(chosen, workloads)
page = run_table.load(chosen)
if not page.runs:
    with states.empty(
        "No run matches these filters", "Choose another state or workload.", icon=":material/filter_alt_off:"
    ):
        st.button("Clear filters", icon=":material/filter_alt_off:", key="clear_all", on_click=run_table.clear)
    st.stop()
run_live.watch(partial(run_table.draw_page, chosen), seen=page.runs)
