"""Logs: what applications sent and what the teacher answered, filtered, counted over time, opened from the URL."""

import streamlit as st

from app.ui import (
    boundary,
    deletion_dialog,
    frame,
    import_dialog,
    log_export,
    log_filters,
    log_queries,
    log_table,
    log_times,
    log_views,
    queries,
    record_drawer,
    states,
    store_limits,
    url,
)

with frame.draw_header("Logs"):
    actions = st.container(horizontal=True, vertical_alignment="bottom", gap="small", width="content")
    if not store_limits.is_read_only():
        import_dialog.draw_entry()
is_importing = import_dialog.draw_asked(st.query_params)

with states.loading(height=640):
    workloads = queries.list_workloads()
if not workloads:
    states.show_no_traffic()
    st.stop()

store_limits.draw_limits()
query = log_filters.read_query(st.query_params, workloads)
with actions:
    log_views.draw_views(query)
    log_export.draw_export(query)
    if not store_limits.is_read_only():
        deletion_dialog.draw_entry()
is_deleting = not is_importing and deletion_dialog.draw_asked(st.query_params, query, workloads)
log_filters.draw_filters(query, workloads)
chosen = query.to_filter()

with boundary.part():  # above the list, under which nobody would see that it is not there
    if query.record and not (is_importing or is_deleting):
        record = queries.get_record(query.record)
        record_drawer.show_record(record, steps=log_queries.find_neighbours(record, chosen))

with states.loading(height=640):
    count = queries.count_logs(chosen)
    page = queries.browse_logs(chosen, cursor=query.cursor, limit=log_table.PAGE_SIZE)
if not page.records:
    with states.empty(
        "No record matches these filters",
        "Take one away, or search for fewer or other words. Words are matched whole, in requests and answers together.",
        icon=":material/filter_alt_off:",
    ):
        st.button("Clear filters", icon=":material/filter_alt_off:", key="clear_all", on_click=log_filters.clear)
    st.stop()

times = st.container()  # filled last: counting a frequent word takes longer than its newest page
log_table.draw_pager(page, cursor=query.cursor, count=count)
log_table.draw_records(page.records, with_workload=query.workload is None, with_client=query.client is None)
if query.workload:
    frame.draw_link(
        "workloads",
        f"About workload {query.workload}",
        icon=":material/category:",
        parameters=url.present(workload=query.workload, client=query.client),
    )
with times, boundary.part():
    log_times.draw_times(query, workloads)
