"""What the page of one workload asks beside the overview: repeated requests, and answers of a stretch of days."""

from datetime import date

import streamlit as st

from app.ui import queries, url
from core.logs import DuplicateCount, LogFilter

LABELS_READ = 10_000


@st.cache_data(ttl=20, max_entries=200, show_spinner=False)
def count_duplicates(workload_id: str, client_id: str | None) -> DuplicateCount:
    """Return a workload's records and its different requests."""
    log_filter = LogFilter(workload_id=workload_id, client_id=client_id)
    return queries.ask(queries.LOG_STORE, lambda: queries.log_store().duplicates(log_filter))


@st.cache_data(ttl=20, max_entries=200, show_spinner=False)
def count_answers(workload_id: str, client_id: str | None, first: date, last: date) -> dict[str | None, int]:
    """Return how often each answer was given from the first day to the last, UTC; None stands for no short answer.

    The counts add up to all records; beyond the 10,000 most frequent answers they are left out.
    """
    log_filter = LogFilter(
        workload_id=workload_id, client_id=client_id, since=url.day_start(first), until=url.day_end(last)
    )
    found = queries.ask(queries.LOG_STORE, lambda: queries.log_store().labels(log_filter, limit=LABELS_READ))
    return {count.label: count.records for count in found}
