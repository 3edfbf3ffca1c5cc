"""Logs: what applications sent and what the teacher answered, filtered, paged and opened from the URL."""

import streamlit as st

from app.ui import frame, import_dialog, log_filters, log_table, queries, record_drawer, states, url

with frame.draw_header("Logs"):
    import_dialog.draw_entry()
is_importing = import_dialog.draw_asked(st.query_params)

with states.loading(height=640):
    workloads = queries.list_workloads()
if not workloads:
    states.show_no_traffic()
    st.stop()

query = log_filters.read_query(st.query_params, workloads)
log_filters.draw_filters(query, workloads)
chosen = query.to_filter()

with states.loading(height=640):
    page = queries.browse_logs(chosen, cursor=query.cursor, limit=log_table.PAGE_SIZE)
    count = queries.count_logs(chosen)
if not page.records:
    with states.empty(
        "No record matches these filters",
        "Take one away, or search for fewer or other words. Words are matched whole, in requests and answers together.",
        icon=":material/filter_alt_off:",
    ):
        st.button("Clear filters", icon=":material/filter_alt_off:", key="clear_all", on_click=log_filters.clear)
    st.stop()

log_table.draw_pager(page, cursor=query.cursor, count=count)
log_table.draw_export(query.to_parameters())
log_table.draw_records(page.records, with_workload=query.workload is None, with_client=query.client is None)
if query.workload:
    frame.draw_link(
        "workloads",
        f"About workload {query.workload}",
        icon=":material/category:",
        parameters=url.present(workload=query.workload, client=query.client),
    )

if query.record and not is_importing:
    newer, older = log_table.neighbours(page.records, query.record)
    record_drawer.show_record(queries.get_record(query.record), newer=newer, older=older)
