"""Deletions from the log store, each with its row in the state database: who, when, what, how many records.

The row is there before the first record goes. A page leaves it to a worker, the command line deletes at once; a worker
takes up what was left in the middle. What is frozen (evaluation sets, samples, evidence) and gold hold what they need
and do not change.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, update
from sqlmodel import Session, col, select

from core.database import Database
from core.errors import FlywheelError, NotFoundError
from core.logs.store import Deletion, LogStore
from core.logs.tables import DeletionRow, DeletionStatus

LEASE_S = 300
"""Longer than giving the space of a large store back takes between two reports."""
DELETION_LOCK = 21


@dataclass(frozen=True, kw_only=True)
class DeletionView:
    """A deletion as its page shows it; `expected` is how many records matched when it was asked for."""

    id: int
    deletion: Deletion
    expected: int
    deleted: int
    requested_by: str
    status: DeletionStatus
    error: str | None
    requested_at: datetime
    finished_at: datetime | None


def request_deletion(
    database: Database, store: LogStore, deletion: Deletion, *, requested_by: str, now: datetime
) -> int:
    """Leave a deletion to a worker and return its id. Raises `NotFoundError` for an import that is not there."""
    expected = store.count_deletable(deletion)
    return _add(database, deletion, expected, requested_by=requested_by, now=now, status=DeletionStatus.PENDING)


def delete_records(
    database: Database, store: LogStore, deletion: Deletion, *, requested_by: str, clock: Callable[[], datetime]
) -> Generator[DeletionView, None, None]:
    """Delete at once and yield the state after each batch; the last is final.

    A caller that stops early leaves the deletion failed, with what is gone counted.
    """
    expected = store.count_deletable(deletion)
    status = DeletionStatus.RUNNING
    deletion_id = _add(database, deletion, expected, requested_by=requested_by, now=clock(), status=status)
    for _ in _execute(database, store, deletion_id, deletion, done=0, clock=clock):
        with database.read() as session:
            yield get_deletion(session, deletion_id)
    with database.read() as session:
        yield get_deletion(session, deletion_id)


def run_waiting_deletion(database: Database, store: LogStore, *, clock: Callable[[], datetime]) -> bool:
    """Do the oldest deletion that waits, or whose process died; False when none does."""
    row = _claim(database)
    if row is None:
        return False
    deletion = _read_conditions(row.conditions)
    try:
        for _ in _execute(database, store, _known(row.id), deletion, done=row.deleted, clock=clock):
            pass
    except NotFoundError:
        pass  # its import is unknown; the row says so
    return True


def get_deletion(session: Session, deletion_id: int) -> DeletionView:
    """Return one deletion. Raises `NotFoundError`."""
    row = session.get(DeletionRow, deletion_id)
    if row is None:
        raise NotFoundError(f"no deletion {deletion_id}", field="deletion")
    return _view(row)


def list_deletions(session: Session, *, limit: int = 50) -> list[DeletionView]:
    """Return deletions, newest first."""
    return [_view(row) for row in session.exec(select(DeletionRow).order_by(col(DeletionRow.id).desc()).limit(limit))]


def _add(
    database: Database,
    deletion: Deletion,
    expected: int,
    *,
    requested_by: str,
    now: datetime,
    status: DeletionStatus,
) -> int:
    conditions: dict[str, Any] = {name: value for name, value in asdict(deletion).items() if value is not None}
    if deletion.before is not None:
        conditions["before"] = deletion.before.isoformat()
    with database.write() as session:
        row = DeletionRow(
            conditions=conditions, expected=expected, requested_by=requested_by, status=status, requested_at=now
        )
        session.add(row)
        session.flush()
        deletion_id = _known(row.id)
        _update(session, deletion_id, lease_until=database.clock + LEASE_S)
    return deletion_id


def _execute(
    database: Database,
    store: LogStore,
    deletion_id: int,
    deletion: Deletion,
    *,
    done: int,
    clock: Callable[[], datetime],
) -> Iterator[int]:
    """Delete, storing how far it is after each batch and how it ended."""
    total = done
    status, error = DeletionStatus.FAILED, "it was stopped before its end"
    try:
        for deleted in store.delete(deletion):
            total = done + deleted
            with database.write() as session:
                _update(session, deletion_id, deleted=total, lease_until=database.clock + LEASE_S)
            yield total
        status, error = DeletionStatus.COMPLETED, ""
    except FlywheelError as failure:
        error = str(failure)
        raise
    finally:
        with database.write() as session:
            _update(session, deletion_id, deleted=total, status=status, error=error or None, finished_at=clock())


def _claim(database: Database) -> DeletionRow | None:
    waits = or_(
        col(DeletionRow.status) == DeletionStatus.PENDING,
        and_(col(DeletionRow.status) == DeletionStatus.RUNNING, col(DeletionRow.lease_until) < database.clock),
    )
    oldest = select(DeletionRow).where(waits).order_by(col(DeletionRow.id)).limit(1)
    with database.read() as session:  # an idle tick takes no write lock
        if session.exec(oldest).first() is None:
            return None
    with database.write() as session:
        database.serialise(session, DELETION_LOCK)
        row = session.exec(oldest.with_for_update(skip_locked=True)).first()
        if row is not None:
            _update(session, _known(row.id), status=DeletionStatus.RUNNING, lease_until=database.clock + LEASE_S)
    return row


def _update(session: Session, deletion_id: int, **values: Any) -> None:
    session.execute(update(DeletionRow).where(col(DeletionRow.id) == deletion_id).values(**values))


def _view(row: DeletionRow) -> DeletionView:
    return DeletionView(
        id=_known(row.id),
        deletion=_read_conditions(row.conditions),
        expected=row.expected,
        deleted=row.deleted,
        requested_by=row.requested_by,
        status=DeletionStatus(row.status),
        error=row.error,
        requested_at=row.requested_at,
        finished_at=row.finished_at,
    )


def _read_conditions(conditions: dict[str, Any]) -> Deletion:
    before, ids = conditions.get("before"), conditions.get("ids")
    return Deletion(
        client_id=conditions.get("client_id"),
        workload_id=conditions.get("workload_id"),
        import_id=conditions.get("import_id"),
        before=None if before is None else datetime.fromisoformat(before),
        ids=None if ids is None else tuple(ids),
    )


def _known(deletion_id: int | None) -> int:
    assert deletion_id is not None  # stored rows have one
    return deletion_id
