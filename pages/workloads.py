"""Workloads: which routes of the applications could be taken over, how much of each is logged, and what it answers."""

import streamlit as st

from app.ui import frame, queries, states, store_limits, url, workload_parts, workload_queries, workload_view

workload_asked = url.read_text(st.query_params, "workload")
client_asked = url.read_text(st.query_params, "client")

if workload_asked is None:
    frame.draw_header("Workloads")
    with states.loading(height=240):
        workloads = queries.list_workloads()
    if not workloads:
        states.show_no_traffic()
        st.stop()
    st.caption(workload_view.summarise_totals(workloads))
    workload_parts.draw_table(workloads, split=queries.settings().split)
    st.stop()

frame.draw_header(
    workload_asked,
    trail=[frame.Crumb(label="Workloads", page="workloads"), frame.Crumb(label=client_asked or "All clients")],
)
store_limits.draw_limits()
with states.loading(height=420):
    found = workload_view.select_workload(queries.list_workloads(), workload_asked, client_asked)
    labels = queries.count_labels(workload_asked, client_asked)
    duplicates = workload_queries.count_duplicates(workload_asked, client_asked)
workload_parts.draw_summary(found, duplicates, split=queries.settings().split)
workload_parts.draw_evidence(found, labels)
workload_parts.draw_drift(found)
