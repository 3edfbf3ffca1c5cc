"""Launching, cancelling, retrying and deleting: what a person may do to a run.

Each act is one transaction and needs no worker to be alive; the worker notices the row.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from core.database import Database
from core.datasets import EvaluationSet, check_options, check_sizes, choose_evaluation_set, selection_filter
from core.errors import near_miss
from core.logs import LogStore
from core.runs.errors import LaunchRefused, RunNotFound, RunStateError
from core.runs.health import refuse_when_down
from core.runs.leases import RunEvent, write_events
from core.runs.notices import tell_end
from core.runs.options import build_options
from core.runs.plan import PlannedStep, plan_steps, resource_key
from core.runs.request import CompletedRequest, LaunchRequest, complete_request
from core.runs.tables import RunRow, RunStatus, StepKind, StepRow, StepStatus
from core.settings import Settings

LAUNCH_LOCK = 10
RUN_ID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True, kw_only=True)
class LaunchPlan:
    """What a launch would do, for a dry run. `records` is what the filters match, exactly up to the store's cap.

    `asked_hash` is the request's before an evaluation set was chosen, which differs once others freeze sets.
    `evaluation_set` is the frozen set the candidates would be judged on, None when a new one is drawn.
    """

    request: CompletedRequest
    asked_hash: str
    records: int
    steps: tuple[str, ...]
    evaluation_set: EvaluationSet | None


def plan_launch(database: Database, request: LaunchRequest, *, settings: Settings, logs: LogStore) -> LaunchPlan:
    """Check a launch without starting anything. Raises `InputError` with the field to correct."""
    completed = complete_request(request, settings=settings, logs=logs)
    asked_hash = completed.hash
    chosen = _choose_evaluation_set(database, request)
    if chosen is None:
        completed = replace(completed, evaluation_set=None)
    else:
        completed = replace(completed, evaluation_set=chosen.sha256, evaluation_size=chosen.records)
    _refuse_too_large(completed, settings)
    options = build_options(completed)
    check_options(options)
    count = logs.count(selection_filter(options))
    check_sizes(count.value, options, is_evaluation_given=chosen is not None)
    return LaunchPlan(
        request=completed,
        asked_hash=asked_hash,
        records=count.value,
        steps=tuple(step.key for step in _plan(completed, settings)),
        evaluation_set=chosen,
    )


def launch_run(database: Database, request: LaunchRequest, *, settings: Settings, logs: LogStore, now: datetime) -> str:
    """Queue a run and return its id; the same idempotency key returns the first run's id.

    Raises `InputError` for what cannot work, `UnavailableError` when a worker reports that a service is down, and
    `RunStateError` when the key was used for another request. Nothing is stored in any of these cases.
    """
    plan = plan_launch(database, request, settings=settings, logs=logs)
    with database.write() as session:
        return queue_run(session, database, plan, request, settings=settings, now=now)


def queue_run(
    session: Session, database: Database, plan: LaunchPlan, request: LaunchRequest, *, settings: Settings, now: datetime
) -> str:
    """Store a planned run in an open transaction and return its id; as `launch_run`, but together with other rows."""
    database.serialise(session, LAUNCH_LOCK)  # clicks that arrive at once look for the key one after the other
    existing = _find_by_key(session, request.idempotency_key)
    if existing is not None:
        if existing.request_hash != plan.asked_hash:
            raise RunStateError(
                f"idempotency key {request.idempotency_key!r} belongs to run {existing.id}, which asked for"
                " something else; use a new key"
            )
        return existing.id
    refuse_when_down(session, now=now)
    run_id = new_run_id(now)
    run = RunRow(
        id=run_id,
        workload_id=plan.request.workload_id,
        client_id=plan.request.client_id,
        requested_by=request.requested_by,
        request=plan.request.to_dict(),
        request_hash=plan.asked_hash,
        idempotency_key=request.idempotency_key,
        priority=request.priority,
        event_seq=1,
        created_at=now,
    )
    session.add(run)
    session.flush()
    queued = RunEvent(type="run.queued", data={"by": request.requested_by})
    write_events(session, run_id, first_seq=1, events=(queued,), now=now)
    session.add_all(
        StepRow(
            run_id=run_id,
            key=step.key,
            position=position,
            kind=step.kind,
            student=step.student,
            variant=step.variant,
            idempotency_key=resource_key(run_id, step.key),
        )
        for position, step in enumerate(_plan(plan.request, settings))
    )
    return run_id


def cancel_run(database: Database, run_id: str, *, actor: str, now: datetime, reason: str = "") -> RunStatus:
    """Ask a run to stop and return its status; asking twice changes nothing.

    A pending run is cancelled at once, a running one by its worker. Raises `RunStateError` when it has finished.
    """
    why = f"Cancelled by {actor}" + (f": {reason}" if reason else "")
    with database.write() as session:
        run = locked_run(session, run_id)
        status = RunStatus(run.status)
        if status is RunStatus.CANCELLED or (run.cancel_reason and not status.is_final):
            return status
        if status.is_final:
            raise RunStateError(f"run {run_id} has already finished ({status}); there is nothing to cancel")
        run.cancel_reason = why
        _append_event(session, run, RunEvent(type="run.cancel_requested", data={"by": actor, "reason": reason}), now)
        if status is RunStatus.PENDING:
            run.status, run.error, run.finished_at = RunStatus.CANCELLED, why, now
            for step in session.exec(select(StepRow).where(col(StepRow.run_id) == run_id)):
                if not StepStatus(step.status).is_final:
                    step.status = StepStatus.CANCELLED
            _append_event(session, run, RunEvent(type="run.cancelled", data={"reason": why}), now)
            tell_end(session, run_id, RunStatus.CANCELLED, error=why, now=now)
        return RunStatus(run.status)


def retry_run(database: Database, run_id: str, *, actor: str, now: datetime) -> None:
    """Queue a finished run again from its failed steps; what was completed is kept.

    Raises `RunStateError` when the run is not finished or nothing in it failed.
    """
    with database.write() as session:
        run = locked_run(session, run_id)
        if not RunStatus(run.status).is_final or run.status == RunStatus.COMPLETED:
            raise RunStateError(f"run {run_id} is {run.status}; only a failed or cancelled run can be retried")
        steps = _steps_at_rest(session, run)
        unfinished = {step.student for step in steps if step.status != StepStatus.COMPLETED}
        frames = (StepKind.DEPLOY, StepKind.UNDEPLOY)
        again = [
            step
            for step in steps
            if step.status != StepStatus.COMPLETED or (step.kind in frames and step.student in unfinished)
        ]
        _queue_again(session, run, again, RunEvent(type="run.retried", data={"by": actor}), now)


def rerun_student(
    database: Database,
    run_id: str,
    student: str,
    *,
    actor: str,
    has_decisions: Callable[[Session, str], bool],
    now: datetime,
) -> None:
    """Queue a finished run again for one student, from its deployment to its last evaluation, on the same datasets.

    Its results are replaced when the new ones come. Raises `RunStateError` while the run is at work and when a decision
    rests on its results, `LaunchRefused` when the run has no such student.
    """
    with database.write() as session:
        run = locked_run(session, run_id)
        if not RunStatus(run.status).is_final:
            raise RunStateError(f"run {run_id} is {run.status}; wait for its end, then run a student again")
        if has_decisions(session, run_id):
            raise RunStateError(
                f"a decision rests on the results of run {run_id}, so they stay; launch a new run for {student}"
            )
        steps = _steps_at_rest(session, run)
        names = list(dict.fromkeys(step.student for step in steps if step.student))
        if student not in names:
            hint = near_miss(student, names) or f"; it has {', '.join(names)}"
            raise LaunchRefused(f"run {run_id} has no student {student!r}{hint}", field="student")
        again = [
            step
            for step in steps
            if step.student == student or (step.status != StepStatus.COMPLETED and not step.student)
        ]
        _queue_again(session, run, again, RunEvent(type="run.rerun", data={"by": actor, "student": student}), now)


def delete_run(database: Database, run_id: str, *, actor: str, now: datetime) -> None:
    """Ask for a finished run's removal; a worker deletes its remote artifacts and then its rows.

    The rows of a run with decisions stay: decisions must remain provable. Raises `RunStateError` while it runs.
    """
    with database.write() as session:
        run = locked_run(session, run_id)
        if not RunStatus(run.status).is_final:
            raise RunStateError(f"run {run_id} is {run.status}; cancel it first, then delete it")
        if run.delete_requested_at is None:
            run.delete_requested_at = now
            _append_event(session, run, RunEvent(type="run.delete_requested", data={"by": actor}), now)


def new_run_id(now: datetime) -> str:
    """Return an id that sorts by time and can be read over the telephone: `251125-224848-k3f9`."""
    return f"{now:%y%m%d-%H%M%S}-" + "".join(secrets.choice(RUN_ID_ALPHABET) for _ in range(5))


def locked_run(session: Session, run_id: str) -> RunRow:
    """Return the run's row, locked until the transaction ends. Raises `RunNotFound`."""
    run = session.exec(select(RunRow).where(col(RunRow.id) == run_id).with_for_update()).first()
    if run is None:
        raise RunNotFound(f"no run {run_id!r}; `flywheel runs list` shows the runs there are", field="run_id")
    return run


def _steps_at_rest(session: Session, run: RunRow) -> list[StepRow]:
    """Return the steps of a run that can be queued again. Raises `RunStateError` when it cannot."""
    if run.delete_requested_at is not None:
        raise RunStateError(f"run {run.id} is being deleted; launch a new one")
    steps = list(session.exec(select(StepRow).where(col(StepRow.run_id) == run.id)))
    if any(step.holds_deployment for step in steps):
        raise RunStateError(f"run {run.id} is still being cleaned up; retry when its deployments are gone")
    return steps


def _queue_again(session: Session, run: RunRow, steps: Sequence[StepRow], event: RunEvent, now: datetime) -> None:
    run.retries += 1
    for step in steps:
        _reopen(step, run)
    run.status, run.error, run.finished_at, run.cancel_reason = RunStatus.PENDING, None, None, None
    run.crashes, run.owner, run.lease_until = 0, None, 0.0
    _append_event(session, run, event, now)


def _choose_evaluation_set(database: Database, request: LaunchRequest) -> EvaluationSet | None:
    """Return the frozen set a launch is judged on: the one it names, else the newest of the size asked for."""
    with database.read() as session:
        chosen = choose_evaluation_set(
            session,
            request.workload_id,
            request.client_id,
            wanted=request.evaluation_set,
            evaluation_size=request.evaluation_size,
        )
    if chosen is not None and request.evaluation_size not in (None, chosen.records):
        raise LaunchRefused(
            f"evaluation_size is {request.evaluation_size}, but evaluation set {chosen.name} has {chosen.records}"
            "; leave one of the two out",
            field="evaluation_size",
        )
    return chosen


def _refuse_too_large(request: CompletedRequest, settings: Settings) -> None:
    """Refuse a student that would wait for ever for more slots than there are."""
    for student in map(settings.find_student, request.students):
        if settings.slots is not None and student.gpus > settings.slots:
            raise LaunchRefused(
                f"student {student.name} takes {student.gpus} GPUs, but there are {settings.slots} slots in all;"
                " raise `slots` in the settings, or leave the student out",
                field="students",
            )


def _plan(request: CompletedRequest, settings: Settings) -> tuple[PlannedStep, ...]:
    fixed = frozenset(student.name for student in settings.students if not student.customizable)
    return plan_steps(request.students, request.variants, not_customizable=fixed, is_probed=settings.probe.requests > 0)


def _find_by_key(session: Session, key: str | None) -> RunRow | None:
    if key is None:
        return None
    return session.exec(select(RunRow).where(col(RunRow.idempotency_key) == key)).first()


def _append_event(session: Session, run: RunRow, event: RunEvent, now: datetime) -> None:
    run.event_seq += 1
    session.add(run)
    session.flush()
    write_events(session, run.id, first_seq=run.event_seq, events=(event,), now=now)


def _reopen(step: StepRow, run: RunRow) -> None:
    step.idempotency_key = resource_key(run.id, step.key, run.retries)
    step.status, step.error, step.remote_id, step.intent_at = StepStatus.PENDING, None, None, None
    step.released, step.attempts, step.progress, step.deadline = False, 0, None, None
    step.outage_since, step.started_at, step.finished_at = None, None, None
    step.stalls_at, step.slots_asked_at = None, None
    step.details, step.output = {}, {}
