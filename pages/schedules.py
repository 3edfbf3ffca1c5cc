"""Schedules: what launches runs by itself, when next, and what came of the last time."""

import streamlit as st

from app.ui import frame, queries, run_timeline, schedule_dialog, schedule_parts, schedule_queries, states, url

st.html(run_timeline.STYLE)
with frame.draw_header("Schedules"):
    schedule_dialog.draw_entry()

with states.loading(height=420):
    schedules = schedule_queries.list_schedules()
    has_traffic = bool(queries.list_workloads())
if not has_traffic:
    states.show_no_traffic()
    st.stop()
if not schedules:
    with states.empty(
        "No schedule yet",
        "A schedule launches runs by itself: at times of a calendar, at an interval, or when enough new records have"
        " arrived. Make the first one with the button above.",
        icon=":material/event_repeat:",
    ):
        frame.draw_link("launch", "Launch one run by hand", icon=":material/rocket_launch:")
for schedule in schedules:
    schedule_parts.draw_schedule(schedule)

schedule_dialog.draw_asked(url.read_id(st.query_params, schedule_dialog.OPEN))
