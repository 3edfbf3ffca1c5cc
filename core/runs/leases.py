"""Who works on a run: claim with lease and epoch, and the fence in front of every write.

The first statement of every write transaction proves (owner, epoch), renews the lease and allocates event numbers, so a
worker that lost its run cannot write, and state and events commit together. Leases are judged on the database's clock.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlmodel import Session, col

from core.database import Database
from core.runs.errors import LeaseLost
from core.runs.queue import read_queue
from core.runs.tables import EventRow, RunRow, RunStatus

CLAIM_LOCK = 8
_OPEN = (RunStatus.RUNNING, RunStatus.CANCELLING)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to work on a run until it lapses or another epoch begins."""

    run_id: str
    owner: str
    epoch: int
    lease_s: float


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A run just claimed. `crashes` counts takeovers from dead workers since the last completed step."""

    lease: Lease
    crashes: int
    cancel_reason: str | None


@dataclass(frozen=True, kw_only=True)
class RunEvent:
    """An event about to be written; its number is allocated by the fence."""

    type: str
    step: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def claim_run(database: Database, *, owner: str, lease_s: float, now: datetime) -> Claim | None:
    """Take over a run whose worker died, else start the first of the queue; None when nothing waits."""
    claimable = _claimable(database)
    with database.read() as session:  # an idle tick takes no write lock
        if session.execute(select(col(RunRow.id)).where(claimable).limit(1)).first() is None:
            return None
    with database.write() as session:
        database.serialise(session, CLAIM_LOCK)
        run_id = _choose(session, database)
        if run_id is None:
            return None
        is_takeover = and_(col(RunRow.status) != RunStatus.PENDING, col(RunRow.lease_until) > 0)
        row = session.execute(
            update(RunRow)
            .where(col(RunRow.id) == run_id, claimable)
            .values(
                owner=owner,
                epoch=RunRow.epoch + 1,
                lease_until=database.clock + lease_s,
                crashes=RunRow.crashes + case((is_takeover, 1), else_=0),
                started_at=func.coalesce(RunRow.started_at, now),
                status=case((col(RunRow.status) == RunStatus.PENDING, RunStatus.RUNNING), else_=RunRow.status),
                event_seq=RunRow.event_seq + 1,
            )
            .returning(col(RunRow.epoch), col(RunRow.crashes), col(RunRow.cancel_reason), col(RunRow.event_seq))
        ).first()
        if row is None:  # cancelled since it was chosen
            return None
        event = RunEvent(type="run.claimed", data={"worker": owner, "epoch": row.epoch})
        write_events(session, run_id, first_seq=row.event_seq, events=(event,), now=now)
    lease = Lease(run_id=run_id, owner=owner, epoch=row.epoch, lease_s=lease_s)
    return Claim(lease=lease, crashes=row.crashes, cancel_reason=row.cancel_reason)


@contextmanager
def fenced_write(
    database: Database, lease: Lease, *events: RunEvent, now: datetime, **run_values: Any
) -> Iterator[Session]:
    """Open a write transaction that only the owner of the run can commit; raises `LeaseLost` for anybody else."""
    with database.write() as session:
        row = session.execute(
            update(RunRow)
            .where(*_held(lease))
            .values(
                {
                    "lease_until": database.clock + lease.lease_s,
                    "event_seq": RunRow.event_seq + len(events),
                    **run_values,
                }
            )
            .returning(col(RunRow.event_seq))
        ).first()
        if row is None:
            raise LeaseLost(lease.run_id)
        write_events(session, lease.run_id, first_seq=row.event_seq - len(events) + 1, events=events, now=now)
        yield session


def renew_leases(database: Database, leases: list[Lease]) -> None:
    """Prolong the leases of runs that are really being executed; without any, nothing is written."""
    if not leases:
        return
    with database.write() as session:
        for lease in leases:
            session.execute(update(RunRow).where(*_held(lease)).values(lease_until=database.clock + lease.lease_s))


def release_lease(database: Database, lease: Lease) -> None:
    """Give the run back so that another worker may claim it at once; not counted as a crash."""
    with database.write() as session:
        session.execute(update(RunRow).where(*_held(lease)).values(owner=None, lease_until=0.0))


def write_events(session: Session, run_id: str, *, first_seq: int, events: tuple[RunEvent, ...], now: datetime) -> None:
    """Insert events under numbers that the caller allocated in the same transaction."""
    for offset, event in enumerate(events):
        session.add(
            EventRow(
                run_id=run_id, seq=first_seq + offset, type=event.type, step=event.step, data=dict(event.data), at=now
            )
        )


def _choose(session: Session, database: Database) -> str | None:
    """Return the run to work on next: what a dead worker left comes first, because it may hold capacity."""
    lapsed = select(col(RunRow.id)).where(_lapsed(database)).order_by(col(RunRow.created_at), col(RunRow.id)).limit(1)
    left = session.execute(lapsed.with_for_update(skip_locked=True)).scalar()
    return left or next(iter(read_queue(session)), None)


def _claimable(database: Database) -> ColumnElement[bool]:
    return or_(col(RunRow.status) == RunStatus.PENDING, _lapsed(database))


def _lapsed(database: Database) -> ColumnElement[bool]:
    return and_(col(RunRow.status).in_(_OPEN), col(RunRow.lease_until) < database.clock)


def _held(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return (col(RunRow.id) == lease.run_id, col(RunRow.owner) == lease.owner, col(RunRow.epoch) == lease.epoch)
