"""Who comes next: higher priority first, then fairly among people, then whoever asked first.

Pure; the claim and every page use the same order, so that a shown place is the real one. Fair means: of those with the
highest priority waiting, the person whose last run started longest ago comes first, so that one person who queues
twenty runs does not make the others wait for all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.runs.tables import RunRow, RunStatus

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class WaitingRun:
    """A run in the queue. A higher `priority` comes first; 0 is usual."""

    id: str
    priority: int
    requested_by: str
    created_at: datetime


def order_queue(waiting: Sequence[WaitingRun], last_started: Mapping[str, datetime]) -> list[str]:
    """Return the ids in the order in which they will be claimed.

    `last_started` tells when each person's newest run was started; who is not in it has never had one.
    """
    turns = {name: (started, 0) for name, started in last_started.items()}
    left, order = list(waiting), list[str]()
    while left:
        chosen = min(
            left,
            key=lambda run: (-run.priority, turns.get(run.requested_by, (NEVER, 0)), run.created_at, run.id),
        )
        left.remove(chosen)
        order.append(chosen.id)
        turns[chosen.requested_by] = (datetime.max.replace(tzinfo=UTC), len(order))
    return order


def read_queue(session: Session) -> list[str]:
    """Return the ids of all waiting runs in the order in which they will be claimed."""
    rows = session.execute(
        select(col(RunRow.id), col(RunRow.priority), col(RunRow.requested_by), col(RunRow.created_at)).where(
            col(RunRow.status) == RunStatus.PENDING
        )
    ).all()
    if len(rows) < 2:
        return [row.id for row in rows]
    waiting = [
        WaitingRun(id=row.id, priority=row.priority, requested_by=row.requested_by, created_at=row.created_at)
        for row in rows
    ]
    people = {run.requested_by for run in waiting}
    started = session.execute(
        select(col(RunRow.requested_by), func.max(RunRow.started_at))
        .where(col(RunRow.requested_by).in_(people), col(RunRow.started_at).is_not(None))
        .group_by(col(RunRow.requested_by))
    ).all()
    return order_queue(waiting, {name: last for name, last in started if last is not None})
