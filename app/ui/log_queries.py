"""What the Logs page asks beside records: counts by time, neighbours, saved views, imports and deletions."""

from collections.abc import Mapping, Sequence

import streamlit as st

from app.ui import queries
from core import logs
from core.database import utc_now
from core.logs import Deletion, DeletionView, LogFilter, LogImport, LogRecord, Neighbours, SavedView, TimeCount


@st.cache_data(ttl=20, max_entries=200, show_spinner=False)
def count_by_time(log_filter: LogFilter, width_ms: int) -> Sequence[TimeCount]:
    """Return how many matching records lie in each stretch of time, oldest first, empty ones left out."""
    return queries.ask(queries.LOG_STORE, lambda: tuple(queries.log_store().histogram(log_filter, width_ms=width_ms)))


def find_neighbours(record: LogRecord, log_filter: LogFilter, *, each: int = 1) -> Neighbours:
    """Return the records of a filter around one."""
    return queries.ask(
        queries.LOG_STORE, lambda: logs.find_neighbours(queries.log_store(), record, log_filter, each=each)
    )


def list_views() -> Sequence[SavedView]:
    """Return all saved views by name."""
    return queries.read(logs.list_views)


def save_view(name: str, parameters: Mapping[str, str], *, owner: str) -> None:
    """Store a view. Raises what `core.logs.save_view` raises."""
    queries.ask(
        queries.DATABASE,
        lambda: logs.save_view(queries.database(), name=name, owner=owner, parameters=parameters, now=utc_now()),
    )


def delete_view(view_id: int, *, owner: str) -> None:
    """Delete a view. Raises what `core.logs.delete_view` raises."""
    queries.ask(queries.DATABASE, lambda: logs.delete_view(queries.database(), view_id, owner=owner))


def list_imports() -> Sequence[LogImport]:
    """Return imports of which records are still there, newest first."""
    found = queries.ask(queries.LOG_STORE, lambda: queries.log_store().imports(limit=200))
    return [one for one in found if one.records]


def count_deletable(deletion: Deletion) -> int:
    """Return how many records a deletion would delete now."""
    return queries.ask(queries.LOG_STORE, lambda: queries.log_store().count_deletable(deletion))


def request_deletion(deletion: Deletion, *, requested_by: str) -> int:
    """Leave a deletion to a worker and return its id."""
    return queries.ask(
        queries.DATABASE,
        lambda: logs.request_deletion(
            queries.database(), queries.log_store(), deletion, requested_by=requested_by, now=utc_now()
        ),
    )


def get_deletion(deletion_id: int) -> DeletionView:
    """Return one deletion. Raises `NotFoundError`."""
    return queries.read(lambda session: logs.get_deletion(session, deletion_id))


def list_deletions(*, limit: int = 5) -> Sequence[DeletionView]:
    """Return the last deletions, newest first."""
    return queries.read(lambda session: logs.list_deletions(session, limit=limit))
