"""Deletions: who, when, what and how many are kept; a worker takes up what waits or was left in the middle."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from core.database import Database
from core.errors import NotFoundError
from core.logs import (
    Deletion,
    DeletionStatus,
    DeletionView,
    LogFilter,
    LogStore,
    LogStoreUnavailable,
    delete_records,
    get_deletion,
    list_deletions,
    open_log_store,
    request_deletion,
    run_waiting_deletion,
)
from core.logs.tables import DeletionRow
from core.settings import load_settings
from tests.logs.samples import START_S, put, record

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    """A log store with 2,400 records of two clients."""
    with closing(open_log_store(load_settings(tmp_path, environ={}))) as store:
        put(store, *[record(START_S + n, user=f"u{n}", client="ab"[n % 2]) for n in range(2400)])
        yield store


def seen(database: Database) -> list[DeletionView]:
    with database.read() as session:
        return list_deletions(session)


def clock() -> datetime:
    return NOW + timedelta(minutes=1)


def test_a_requested_deletion_is_done_by_the_worker_and_kept_as_a_row(database: Database, store: LogStore) -> None:
    before = datetime.fromtimestamp(START_S + 100, UTC)
    deletion = Deletion(client_id="a", before=before)
    asked = request_deletion(database, store, deletion, requested_by="rita", now=NOW)
    (waiting,) = seen(database)
    assert (waiting.status, waiting.expected, waiting.deleted) == (DeletionStatus.PENDING, 50, 0)
    assert store.count(LogFilter()).value == 2400
    assert run_waiting_deletion(database, store, clock=clock)
    assert not run_waiting_deletion(database, store, clock=clock)
    (done,) = seen(database)
    assert done == DeletionView(
        id=asked,
        deletion=deletion,
        expected=50,
        deleted=50,
        requested_by="rita",
        status=DeletionStatus.COMPLETED,
        error=None,
        requested_at=NOW,
        finished_at=clock(),
    )
    assert str(done.deletion) == "records of client 'a' from before 2025-06-15 15:08:20 UTC"
    assert store.count(LogFilter()).value == 2350


def test_deleting_at_once_tells_how_far_it_is(database: Database, store: LogStore) -> None:
    progress = list(delete_records(database, store, Deletion(client_id="a"), requested_by="sam", clock=clock))
    assert [view.deleted for view in progress] == [1000, 1200, 1200, 1200]
    assert [view.status for view in progress][-2:] == [DeletionStatus.RUNNING, DeletionStatus.COMPLETED]
    assert store.count(LogFilter()).value == 1200


def test_a_deletion_stopped_in_the_middle_says_what_is_gone(database: Database, store: LogStore) -> None:
    progress = delete_records(database, store, Deletion(client_id="a"), requested_by="sam", clock=clock)
    next(progress)
    progress.close()
    (stopped,) = seen(database)
    assert (stopped.status, stopped.deleted, stopped.expected) == (DeletionStatus.FAILED, 1000, 1200)
    assert stopped.error == "it was stopped before its end"
    assert store.count(LogFilter()).value == 1400
    assert not run_waiting_deletion(database, store, clock=clock)


def test_a_worker_goes_on_with_what_another_process_left(database: Database, store: LogStore) -> None:
    request_deletion(database, store, Deletion(client_id="a"), requested_by="rita", now=NOW)
    next(store.delete(Deletion(client_id="a")))  # a worker that died after its first batch
    with database.write() as session:
        session.execute(update(DeletionRow).values(status=DeletionStatus.RUNNING, deleted=1000, lease_until=1.0))
    assert run_waiting_deletion(database, store, clock=clock)
    (done,) = seen(database)
    assert (done.status, done.deleted) == (DeletionStatus.COMPLETED, 1200)


def test_one_that_lives_is_left_alone(database: Database, store: LogStore) -> None:
    progress = delete_records(database, store, Deletion(client_id="a"), requested_by="sam", clock=clock)
    next(progress)
    assert not run_waiting_deletion(database, store, clock=clock)
    assert [view.deleted for view in progress][-1] == 1200


def test_an_unknown_import_is_refused_before_anything_is_stored(database: Database, store: LogStore) -> None:
    with pytest.raises(NotFoundError, match="no import '99'"):
        request_deletion(database, store, Deletion(import_id="99"), requested_by="rita", now=NOW)
    assert seen(database) == []
    with database.read() as session, pytest.raises(NotFoundError):
        get_deletion(session, 7)


def test_a_store_that_fails_leaves_the_reason(database: Database, tmp_path: Path, store: LogStore) -> None:
    ids = tuple(found.id for found in store.browse(LogFilter(), limit=3).records)
    request_deletion(database, store, Deletion(ids=ids), requested_by="rita", now=NOW)
    closed: Any = open_log_store(load_settings(tmp_path, environ={}))
    closed.close()
    with pytest.raises(LogStoreUnavailable):
        run_waiting_deletion(database, closed, clock=clock)
    (failed,) = seen(database)
    assert (failed.status, failed.deleted) == (DeletionStatus.FAILED, 0)
    assert "has been closed" in str(failed.error)
