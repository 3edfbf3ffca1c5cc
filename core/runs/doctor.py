"""What is wrong with the runs of an installation, as findings with a safe thing to do.

Reads the state only; the orphans outside are asked for by `find_orphans`, which a command may add. Each check is one
function over the same facts, so that a new one is a new function. Nothing here changes anything.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func
from sqlmodel import Session, col, select

from core import VERSION
from core.database import Database
from core.evaluation.tables import EvaluationRow
from core.runs.leftovers import list_leftovers
from core.runs.slots import list_slots
from core.runs.tables import EventRow, RunRow, RunStatus, StepKind, StepRow, StepStatus
from core.runs.views import list_workers

LAPSED_FOR_S = 60
"""A lease that lapsed is taken up within seconds while a worker lives."""
STALL_WARNING = timedelta(minutes=10)
LONG_STEP = timedelta(minutes=30)
DELETION_TAKES = timedelta(minutes=10)


class FindingKind(StrEnum):
    """What sort of trouble a finding is."""

    STUCK = "stuck"  # something waits and nothing will move it by itself
    DRIFTED = "drifted"  # two accounts of the same thing differ
    ORPHANED = "orphaned"  # something of ours is left outside


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong: what, since when, and what to do, which is safe to do."""

    kind: FindingKind
    run_id: str | None
    what: str
    advice: str
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class _Facts:
    session: Session
    runs: Sequence[RunRow]
    steps: Sequence[StepRow]
    clock: float
    workers: int
    versions: frozenset[str]
    now: datetime


def examine(session: Session, database: Database, *, now: datetime) -> list[Finding]:
    """Return everything that is wrong as far as the state tells, by kind and then the oldest first."""
    alive = list_workers(session, database)
    facts = _Facts(
        session=session,
        runs=list(session.exec(select(RunRow).where(col(RunRow.deleted_at).is_(None)))),
        steps=list(session.exec(select(StepRow).where(col(StepRow.status) == StepStatus.RUNNING))),
        clock=float(session.execute(select(database.clock)).scalar_one()),
        workers=len(alive),
        versions=frozenset(worker.version for worker in alive),
        now=now,
    )
    found = [finding for check in _CHECKS for finding in check(facts)]
    oldest = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(found, key=lambda finding: (finding.kind, finding.since or oldest, finding.run_id or ""))


def _runs_without_worker(facts: _Facts) -> Iterator[Finding]:
    for run in facts.runs:
        status = RunStatus(run.status)
        if status is RunStatus.PENDING and facts.workers == 0:
            yield Finding(
                kind=FindingKind.STUCK,
                run_id=run.id,
                what="It waits, and no worker is alive to take it up.",
                advice="Start one: `flywheel worker`, or everything with `flywheel up`.",
                since=run.created_at,
            )
        is_open = status in (RunStatus.RUNNING, RunStatus.CANCELLING)
        if is_open and facts.clock - run.lease_until > LAPSED_FOR_S:
            yield Finding(
                kind=FindingKind.STUCK,
                run_id=run.id,
                what=f"Its worker {run.owner or '(none)'} is gone, and no other has taken it up.",
                advice="Start a worker; it goes on where the last one stopped. `flywheel runs cancel` ends it instead.",
                since=run.started_at,
            )


def _outages(facts: _Facts) -> Iterator[Finding]:
    for step in facts.steps:
        if step.outage_since is not None:
            yield Finding(
                kind=FindingKind.STUCK,
                run_id=step.run_id,
                what=f"{step.key} gets no answer from its service ({step.attempts} attempts).",
                advice="Bring the service back; the step goes on by itself. `flywheel config check` tries it.",
                since=step.outage_since,
            )


def _stalls(facts: _Facts) -> Iterator[Finding]:
    for step in facts.steps:
        if step.stalls_at is None or step.started_at is None or step.slots_asked_at is not None:
            continue
        left = step.stalls_at - facts.now
        if left < timedelta(0) or (
            left < timedelta(minutes=10) and facts.now - step.started_at > timedelta(minutes=30)
        ):
            yield Finding(
                kind=FindingKind.STUCK,
                run_id=step.run_id,
                what=f"{step.key} shows no progress and is given up at {step.stalls_at:%Y-%m-%d %H:%M} UTC.",
                advice=f"Look at job {step.remote_id} on the service. Cancel the run if it will not move.",
                since=step.started_at,
            )


def _held_slots(facts: _Facts) -> Iterator[Finding]:
    open_runs = {run.id for run in facts.runs if not RunStatus(run.status).is_final}
    for slot in list_slots(facts.session):
        if slot.run_id is not None and slot.run_id not in open_runs:
            yield Finding(
                kind=FindingKind.ORPHANED,
                run_id=slot.run_id,
                what=f"Slot {slot.number} is still held by {slot.step_key}, though the run has ended.",
                advice="A worker frees it once the deployment is gone. If the deployment is gone, retry the removals.",
            )


def _leftovers(facts: _Facts) -> Iterator[Finding]:
    for left in list_leftovers(facts.session):
        yield Finding(
            kind=FindingKind.ORPHANED,
            run_id=left.run_id,
            what=f"The {left.kind} {left.name} could not be removed ({left.attempts} attempts): {left.error}",
            advice="Mend what the message says; workers try again by themselves, and at once on request.",
            since=left.since,
        )


def _deletions(facts: _Facts) -> Iterator[Finding]:
    for run in facts.runs:
        if run.delete_requested_at is not None and facts.now - run.delete_requested_at > DELETION_TAKES:
            yield Finding(
                kind=FindingKind.STUCK,
                run_id=run.id,
                what="Its deletion was asked for and has not been carried out.",
                advice="Workers do it; start one if none is alive.",
                since=run.delete_requested_at,
            )


def _versions(facts: _Facts) -> Iterator[Finding]:
    for version in sorted(facts.versions - {VERSION}):
        yield Finding(
            kind=FindingKind.DRIFTED,
            run_id=None,
            what=f"A worker of version {version} is alive; this program is version {VERSION}.",
            advice='Finish the upgrade: restart the workers, with `worker.on_shutdown = "release"` to keep their runs.',
        )


def _events(facts: _Facts) -> Iterator[Finding]:
    counted = dict(facts.session.exec(select(EventRow.run_id, func.count()).group_by(EventRow.run_id)).all())
    for run in facts.runs:
        if counted.get(run.id, 0) != run.event_seq:
            yield Finding(
                kind=FindingKind.DRIFTED,
                run_id=run.id,
                what=f"It counts {run.event_seq} events, but {counted.get(run.id, 0)} are stored.",
                advice="Somebody changed the database by hand, or a backup is incomplete: compare with a backup.",
                since=run.created_at,
            )


def _results(facts: _Facts) -> Iterator[Finding]:
    measured = set(facts.session.exec(select(EvaluationRow.run_id, EvaluationRow.student, EvaluationRow.variant)).all())
    done = select(StepRow).where(col(StepRow.kind) == StepKind.EVALUATE, col(StepRow.status) == StepStatus.COMPLETED)
    known = {run.id: run for run in facts.runs}
    for step in facts.session.exec(done):
        if step.run_id in known and (step.run_id, str(step.student), str(step.variant)) not in measured:
            yield Finding(
                kind=FindingKind.DRIFTED,
                run_id=step.run_id,
                what=f"{step.key} is completed, but its results are not stored.",
                advice=f"Run the student again: `flywheel runs retry {step.run_id} --student {step.student}`.",
                since=step.finished_at,
            )


_CHECKS: tuple[Callable[[_Facts], Iterator[Finding]], ...] = (
    _runs_without_worker,
    _outages,
    _stalls,
    _held_slots,
    _leftovers,
    _deletions,
    _versions,
    _events,
    _results,
)
