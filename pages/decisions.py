"""Decisions: what people decided about candidates, who, when, why, and what stands today."""

import streamlit as st

from app.ui import (
    decision_dialog,
    decision_drawer,
    decision_filters,
    decision_queries,
    decision_table,
    frame,
    states,
)
from core.database import utc_now

with states.loading(height=480):
    decisions = decision_queries.list_decisions()
frame.draw_header("Decisions", summary=decision_table.summarise(decisions) if decisions else None)
if not decisions:
    with states.empty(
        "Nothing has been decided yet",
        "Approve, reject or ask for changes on a finished run's Review page; every act is kept here for good.",
        icon=":material/gavel:",
    ):
        frame.draw_link("runs", "See the runs", icon=":material/cycle:")
    st.stop()

query = decision_filters.read_query(st.query_params, decisions)
decision_filters.draw_filters(query, decisions)
chosen = decision_filters.select_decisions(decisions, query)
now = utc_now()
if chosen:
    decision_table.draw_decisions(chosen, now=now, on_open=decision_drawer.open_act)
else:
    with states.empty(
        "No decision matches these filters", "Take one away to see the others.", icon=":material/filter_alt_off:"
    ):
        st.button("Clear filters", icon=":material/filter_alt_off:", key="clear_all", on_click=decision_filters.clear)
if len(decisions) == decision_queries.MAX_LISTED:
    st.caption(f"The newest {decision_queries.MAX_LISTED} acts; `flywheel decisions list` shows older ones.")

if query.decision:
    decision, history = decision_queries.get_history(query.decision)
    if not decision_dialog.draw_pending(decision.run_id):
        decision_drawer.show_decision(decision, history, now=now)
