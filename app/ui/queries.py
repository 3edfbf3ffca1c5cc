"""The one place where pages ask `core`: handles held once per process, short caches, and when something last answered.

Nothing here decides or draws. A handle is opened at first use and kept; no session outlives a call. Driver errors of
the state database become `UnavailableError` here, because `core` cannot know that a page asks.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import streamlit as st
from sqlmodel import Session

from core import promotion, runs
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
from core.policy import load_policy
from core.promotion import Decision, DecisionRequest, EvidenceSources
from core.runs import RunSummary, RunView
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
def evidence_sources() -> EvidenceSources:
    """Return what evidence rests on beside the state; the policy is read once, as in every process of the product."""
    return EvidenceSources(policy=load_policy(settings().policy), settings=settings(), logs=log_store())


@st.cache_resource(show_spinner=False)
def database() -> Database:
    """Return the state database, shared by all sessions of this process."""
    return open_database(settings())


@st.cache_resource(show_spinner=False)
def last_answers() -> dict[str, datetime]:
    """Return when each service last answered this process; services that never did are not there."""
    return {}


@st.cache_resource(show_spinner=False)
def first_failures() -> dict[str, datetime]:
    """Return since when each service has not answered this process; services that answered since are not there."""
    return {}


def list_workloads() -> Sequence[WorkloadSummary]:
    """Return every (client, workload) pair, most records first."""
    return ask(LOG_STORE, lambda: log_store().workloads())


def browse_logs(log_filter: LogFilter, *, cursor: str | None, limit: int) -> LogPage:
    """Return a page of records, newest first. Raises `InputError` for a cursor that is not this store's."""
    return ask(LOG_STORE, lambda: log_store().browse(log_filter, cursor=cursor, limit=limit))


def count_logs(log_filter: LogFilter) -> RecordCount:
    """Return how many records match, exactly up to the store's cap."""
    return ask(LOG_STORE, lambda: log_store().count(log_filter))


def get_record(record_id: str) -> LogRecord:
    """Return one record. Raises `NotFoundError` about the URL's `record`."""
    try:
        return ask(LOG_STORE, lambda: log_store().get(record_id))
    except NotFoundError as error:
        raise NotFoundError(str(error), field="record") from error


@st.cache_data(ttl=20, max_entries=200, show_spinner=False)
def count_labels(workload_id: str, client_id: str | None) -> Sequence[LabelCount]:
    """Return a workload's answers with how often each was given, most frequent first; up to 200."""
    log_filter = LogFilter(workload_id=workload_id, client_id=client_id)
    return ask(LOG_STORE, lambda: tuple(log_store().labels(log_filter)))


def list_runs(*, workload_id: str | None = None, limit: int = 200) -> Sequence[RunSummary]:
    """Return runs, newest first."""
    return read(lambda session: runs.list_runs(session, workload_id=workload_id, limit=limit))


def get_run(run_id: str) -> RunView:
    """Return one run. Raises `RunNotFound` about the URL's `run`."""
    return read(lambda session: runs.get_run(session, run_id))


def decide(request: DecisionRequest) -> Decision:
    """Store one act on a candidate. Raises what `core.promotion.decide` raises."""
    return ask(DATABASE, lambda: promotion.decide(database(), request, sources=evidence_sources(), now=utc_now()))


def read(question: Callable[[Session], Answer]) -> Answer:
    """Ask the state database in one read transaction."""

    def read_once() -> Answer:
        with database().read() as session:
            return question(session)

    return ask(DATABASE, read_once)


def ask(service: str, question: Callable[[], Answer]) -> Answer:
    """Ask a service and note that it answered; an outage is told apart from a bug."""
    try:
        answer = question()
    except UnavailableError as error:
        first_failures().setdefault(error.service, utc_now())
        raise
    except DATABASE_DOWN as error:
        first_failures().setdefault(service, utc_now())
        raise UnavailableError(f"the {service} cannot be reached ({type(error).__name__})", service=service) from error
    last_answers()[service] = utc_now()
    first_failures().pop(service, None)
    return answer
