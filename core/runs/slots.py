"""Slots: how many deployments fit at once, as unit rows that a deploy step takes and holds until it is undeployed.

A step takes as many as its student has GPUs, all or none, in one fenced transaction and in the order of their numbers.
Steps are served in the order in which they asked, so that a large student is not passed by small ones for ever. Slots
stay with a run whose worker died: its deployment is still up. A run holds the slots of one student at a time, so two
runs never wait for each other.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, update
from sqlmodel import Session, col, delete, select

from core.database import Database
from core.runs.execution import Execution
from core.runs.leases import RunEvent
from core.runs.tables import SlotRow, StepKind, StepRow, StepStatus

SLOT_LOCK = 11


@dataclass(frozen=True, kw_only=True)
class SlotView:
    """One slot and who holds it."""

    number: int
    run_id: str | None
    step_key: str | None


def provide_slots(database: Database, count: int | None) -> None:
    """Make the slots as many as the settings say; surplus ones go when nobody holds them. None means no limit."""
    with database.write() as session:
        database.serialise(session, SLOT_LOCK)
        wanted = count or 0
        there = set(session.exec(select(SlotRow.number)))
        session.add_all(SlotRow(number=number) for number in range(1, wanted + 1) if number not in there)
        session.execute(delete(SlotRow).where(col(SlotRow.number) > wanted, col(SlotRow.run_id).is_(None)))


def list_slots(session: Session) -> list[SlotView]:
    """Return all slots by number; none when capacity is not limited."""
    rows = session.exec(select(SlotRow).order_by(col(SlotRow.number)))
    return [SlotView(number=row.number, run_id=row.run_id, step_key=row.step_key) for row in rows]


def take_slots(execution: Execution, step: StepRow, count: int) -> bool:
    """Take `count` slots for a step, or remember that it waits and return False; safe to ask again.

    Without a limit in the settings, and for students without GPUs, there is nothing to take.
    """
    limit = execution.around.settings.slots
    if limit is None or count == 0:
        return True
    database = execution.around.database
    with execution.write() as session:
        database.serialise(session, SLOT_LOCK)
        if session.exec(select(SlotRow.number).where(*_held_by(step.run_id, step.key))).first() is not None:
            return True
        asked_at = step.slots_asked_at or execution.now()
        free = list(session.exec(select(SlotRow.number).where(col(SlotRow.run_id).is_(None)).order_by("number")))
        free = [number for number in free if number <= limit][:count]
        if len(free) < count or _is_somebody_before(session, step, asked_at):
            session.execute(update(StepRow).where(*_is(step.run_id, step.key)).values(slots_asked_at=asked_at))
            step.slots_asked_at = asked_at
            return False
        taken = update(SlotRow).where(col(SlotRow.number).in_(free))
        session.execute(taken.values(run_id=step.run_id, step_key=step.key))
        if step.slots_asked_at is not None:  # the time limit is the deployment's: it starts when waiting ends
            deadline = execution.now() + execution.around.timeout(StepKind(step.kind))
            session.execute(
                update(StepRow).where(*_is(step.run_id, step.key)).values(slots_asked_at=None, deadline=deadline)
            )
            step.slots_asked_at, step.deadline = None, deadline
    return True


def release_deployment(session: Session, run_id: str, key: str) -> None:
    """Note in an open transaction that a deploy step's deployment is gone, and free its slots."""
    session.execute(update(StepRow).where(*_is(run_id, key)).values(released=True, slots_asked_at=None))
    session.execute(update(SlotRow).where(*_held_by(run_id, key)).values(run_id=None, step_key=None))


def note_removed(execution: Execution, key: str, *, deployment: str) -> None:
    """Store that a deployment is gone, with its event, under the run's fence."""
    event = RunEvent(type="deployment.removed", step=key, data={"deployment": deployment})
    with execution.write(event) as session:
        release_deployment(session, execution.run_id, key)


def free_idle_slots(session: Session, run_id: str) -> None:
    """Free the slots of a run's steps that have no deployment up, in an open transaction: a create that never left."""
    holding = select(StepRow.key).where(
        col(StepRow.run_id) == run_id, col(StepRow.intent_at).is_not(None), col(StepRow.released).is_(False)
    )
    idle = update(SlotRow).where(col(SlotRow.run_id) == run_id, col(SlotRow.step_key).not_in(holding))
    session.execute(idle.values(run_id=None, step_key=None))


def count_waiting(session: Session) -> int:
    """Return how many steps wait for slots."""
    waiting = select(func.count()).select_from(StepRow).where(*_WAITING)
    return int(session.execute(waiting).scalar_one())


_WAITING = (col(StepRow.slots_asked_at).is_not(None), col(StepRow.status) == StepStatus.RUNNING)


def _is_somebody_before(session: Session, step: StepRow, asked_at: object) -> bool:
    first = (
        select(StepRow.run_id, StepRow.key)
        .where(*_WAITING, col(StepRow.slots_asked_at) <= asked_at)
        .order_by(col(StepRow.slots_asked_at), col(StepRow.run_id), col(StepRow.key))
    )
    found = session.exec(first).first()
    return found is not None and tuple(found) != (step.run_id, step.key)


def _is(run_id: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return col(StepRow.run_id) == run_id, col(StepRow.key) == key


def _held_by(run_id: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return col(SlotRow.run_id) == run_id, col(SlotRow.step_key) == key
