"""What could not be removed outside: a visible list, tried again with growing pauses, and at once when a person asks.

A leftover names a resource of ours, why it is still there, since when, and when it is tried next. It disappears with
the resource. Nothing gets on this list that the installation did not create.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, delete, select, update

from core.database import Database
from core.nemo import ModelOps, ServiceError
from core.runs.tables import LeftoverRow

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=1)


class LeftoverKind(StrEnum):
    """What a leftover is."""

    DEPLOYMENT = "deployment"  # a student's deployment; it may hold a GPU
    CUSTOMIZATION = "customization"  # a fine-tuning job that may still run
    EVALUATION = "evaluation"  # an evaluation job that may still run
    MODEL = "model"  # a customized model of a deleted run
    DATASET = "dataset"  # a dataset of a deleted run


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """One thing that is still there. `attempts` counts removals that failed; `error` is the last one's reason."""

    kind: LeftoverKind
    name: str
    run_id: str
    error: str
    attempts: int
    since: datetime
    tried_at: datetime
    next_try_at: datetime


def list_leftovers(session: Session) -> list[Leftover]:
    """Return everything that could not be removed, the oldest first."""
    rows = session.exec(select(LeftoverRow).order_by(col(LeftoverRow.since), col(LeftoverRow.name)))
    return [
        Leftover(
            kind=LeftoverKind(row.kind),
            name=row.name,
            run_id=row.run_id,
            error=row.error,
            attempts=row.attempts,
            since=row.since,
            tried_at=row.tried_at,
            next_try_at=row.next_try_at,
        )
        for row in rows
    ]


def retry_leftovers(database: Database, *, now: datetime) -> int:
    """Let the next sweep try everything again at once; return how many there are."""
    with database.write() as session:
        session.execute(update(LeftoverRow).values(next_try_at=now))
        return len(list_leftovers(session))


def note_leftover(
    session: Session, kind: LeftoverKind, name: str, *, run_id: str, error: str, now: datetime
) -> LeftoverRow:
    """Put a resource on the list in an open transaction, or count one more failed removal; its pause doubles."""
    row = session.get(LeftoverRow, (str(kind), name))
    attempts = row.attempts + 1 if row else 1
    pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
    since = row.since if row else now
    noted = LeftoverRow(
        kind=kind,
        name=name,
        run_id=run_id,
        error=error,
        attempts=attempts,
        since=since,
        tried_at=now,
        next_try_at=now + pause,
    )
    return session.merge(noted)


def forget_leftover(session: Session, kind: LeftoverKind, name: str) -> None:
    """Take a resource off the list: it is gone."""
    session.execute(delete(LeftoverRow).where(col(LeftoverRow.kind) == kind, col(LeftoverRow.name) == name))


def is_due(session: Session, kind: LeftoverKind, name: str, *, now: datetime) -> bool:
    """Tell whether a removal may be tried: always, unless it failed a moment ago."""
    row = session.get(LeftoverRow, (str(kind), name))
    return row is None or row.next_try_at <= now


def remove_leftovers(database: Database, operations: ModelOps, *, now: datetime, limit: int) -> None:
    """Try again what is due. Deployments of steps that are not released are the sweep's: they free slots."""
    with database.read() as session:
        due = [left for left in list_leftovers(session) if left.next_try_at <= now][:limit]
    for left in due:
        remove_or_note(database, operations, left.kind, left.name, run_id=left.run_id, now=now)


def remove_or_note(
    database: Database, operations: ModelOps, kind: LeftoverKind, name: str, *, run_id: str, now: datetime
) -> bool:
    """Remove a resource, or note that it is still there; tells whether it is gone."""
    try:
        _removal(operations)[kind](name)
    except ServiceError as error:
        with database.write() as session:
            note_leftover(session, kind, name, run_id=run_id, error=str(error), now=now)
        return False
    with database.write() as session:
        forget_leftover(session, kind, name)
    return True


def _removal(operations: ModelOps) -> Mapping[LeftoverKind, Callable[[str], None]]:
    return {
        LeftoverKind.DEPLOYMENT: operations.delete_deployment,
        LeftoverKind.CUSTOMIZATION: operations.cancel_customization,
        LeftoverKind.EVALUATION: operations.cancel_evaluation,
        LeftoverKind.MODEL: operations.delete_model,
        LeftoverKind.DATASET: operations.delete_dataset,
    }
