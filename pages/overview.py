"""Overview: what needs a person, what runs now, what traffic arrives, what was decided lately."""

import streamlit as st

from app.ui import (
    frame,
    overview_parts,
    queries,
    run_acts,
    run_hindrances,
    run_live,
    run_queries,
    run_timeline,
    states,
    workload_view,
)
from core.database import utc_now

st.html(run_timeline.STYLE)
with states.loading(height=640):
    workloads = queries.list_workloads()
    is_new = not workloads and not run_queries.has_runs()
controls = frame.draw_header("Overview", summary=workload_view.summarise_totals(workloads) if workloads else None)
if is_new:
    states.show_no_traffic()
    st.stop()
with controls:
    run_acts.draw_launch_button()

now = utc_now()
with states.loading(height=640):
    tasks = run_queries.list_tasks()
    decisions = run_queries.list_recent_decisions(limit=6)
    running = run_queries.list_runs(statuses=run_queries.OPEN).runs

run_hindrances.show_hindrances(
    run_hindrances.find_hindrances(run_queries.list_workers(), run_queries.list_sightings(), now=now)
)
left, right = st.columns([0.6, 0.4], gap="large")
with left:
    overview_parts.draw_tasks(tasks, now=now)
with right:
    run_live.watch(overview_parts.draw_running, seen=running)
left, right = st.columns([0.6, 0.4], gap="large")
with left:
    if workloads:
        overview_parts.draw_traffic(workloads, now=now)
with right:
    overview_parts.draw_decisions(decisions, now=now)
