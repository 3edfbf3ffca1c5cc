"""The one place where pages ask `core`: handles held once per process, short caches, and when something last answered.

Nothing here decides or draws. A handle is opened at first use and kept; no session outlives a call. Driver errors of
the state database become `UnavailableError` here, because `core` cannot know that a page asks.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import streamlit as st

from core.database import DATABASE_DOWN, Database, utc_now
from core.errors import NotFoundError, UnavailableError
from core.logs import (
    LabelCount,
    LogFilter,
    LogPage,
    LogRecord,
    LogStore,
    RecordCount,
    WorkloadSummary,
    open_log_store,
)
from core.migrations import open_database
from core.settings import Settings, load_settings

Answer = TypeVar("Answer")

LOG_STORE = "log store"
DATABASE = "database"


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """Return the settings in force; they are read once, as in every process of the product."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def log_store() -> LogStore:
    """Return the log store, shared by all sessions of this process."""
    return open_log_store(settings())


@st.cache_resource(show_spinner=False)
def database() -> Database:
    """Return the state database, shared by all sessions of this process."""
    return open_database(settings())


@st.cache_resource(show_spinner=False)
def last_answers() -> dict[str, datetime]:
    """Return when each service last answered this process; services that never did are not there."""
    return {}


def list_workloads() -> Sequence[WorkloadSummary]:
    """Return every (client, workload) pair, most records first."""
    return _ask(LOG_STORE, lambda: log_store().workloads())


def browse_logs(log_filter: LogFilter, *, cursor: str | None, limit: int) -> LogPage:
    """Return a page of records, newest first. Raises `InputError` for a cursor that is not this store's."""
    return _ask(LOG_STORE, lambda: log_store().browse(log_filter, cursor=cursor, limit=limit))


def count_logs(log_filter: LogFilter) -> RecordCount:
    """Return how many records match, exactly up to the store's cap."""
    return _ask(LOG_STORE, lambda: log_store().count(log_filter))


def get_record(record_id: str) -> LogRecord:
    """Return one record. Raises `NotFoundError` about the URL's `record`."""
    try:
        return _ask(LOG_STORE, lambda: log_store().get(record_id))
    except NotFoundError as error:
        raise NotFoundError(str(error), field="record") from error


@st.cache_data(ttl=20, max_entries=200, show_spinner=False)
def count_labels(workload_id: str, client_id: str | None) -> Sequence[LabelCount]:
    """Return a workload's answers with how often each was given, most frequent first; up to 200."""
    log_filter = LogFilter(workload_id=workload_id, client_id=client_id)
    return _ask(LOG_STORE, lambda: tuple(log_store().labels(log_filter)))


def _ask(service: str, question: Callable[[], Answer]) -> Answer:
    """Ask a service and note that it answered; an outage is told apart from a bug."""
    try:
        answer = question()
    except DATABASE_DOWN as error:
        raise UnavailableError(f"the {service} cannot be reached ({type(error).__name__})", service=service) from error
    last_answers()[service] = utc_now()
    return answer
