"""Cleaning up one run: stop its remote jobs, remove its deployments, mark its rows.

Every action is idempotent; a failure is recorded and does not stop the others. What could not be removed stays visible
as a leftover and is tried again by `sweep`. Nothing that the run did not create is touched.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, delete, select, update

from core.artifacts import delete_artifact
from core.database import Database
from core.datasets import find_evaluation_set
from core.evaluation.tables import EvaluationRow, SampleRow
from core.nemo import ModelOps, ServiceError
from core.runs.attachment import settle
from core.runs.execution import Execution
from core.runs.leases import RunEvent
from core.runs.leftovers import LeftoverKind, is_due, note_leftover, remove_leftovers, remove_or_note
from core.runs.notices import tell_end
from core.runs.orphans import sweep_orphans
from core.runs.service_steps import find_remote_job
from core.runs.slots import free_idle_slots, note_removed, release_deployment
from core.runs.tables import EventRow, RunRow, RunStatus, StepKind, StepRow, StepStatus

SWEEP_LIMIT = 20
_JOB_KINDS = {StepKind.CUSTOMIZE: LeftoverKind.CUSTOMIZATION, StepKind.EVALUATE: LeftoverKind.EVALUATION}
_FINAL = tuple(status for status in RunStatus if status.is_final)

logger = logging.getLogger(__name__)


def clean_up(execution: Execution, reason: str, status: RunStatus) -> None:
    """Undo what the run has running outside, then end it as `status` with its reason and what went wrong."""
    execution.is_cleaning_up = True
    with execution.write(RunEvent(type="run.cleaning_up", data={"reason": reason}), status=RunStatus.CANCELLING):
        pass
    steps = execution.steps()
    problems: list[str] = []
    for step in steps:
        is_open_job = step.kind in (StepKind.CUSTOMIZE, StepKind.EVALUATE) and step.status == StepStatus.RUNNING
        if is_open_job and step.intent_at is not None:
            _attempt(execution, step, lambda s=step: _cancel_job(execution, s), problems)  # type: ignore[misc]
    for step in steps:
        if step.holds_deployment:
            _attempt(execution, step, lambda s=step: _remove_deployment(execution, s), problems)  # type: ignore[misc]
    _mark(execution, reason, status, problems)


def sweep(database: Database, operations: ModelOps, *, now: datetime) -> None:
    """Remove what finished runs left outside: their deployments, what is on the list of leftovers, and orphans.

    A failure of one removal puts it on the list and does not stop the others. Raises `ServiceError` when the services
    cannot even be asked what there is.
    """
    for step in _unreleased(database, now=now):
        name = step.idempotency_key
        if not remove_or_note(database, operations, LeftoverKind.DEPLOYMENT, name, run_id=step.run_id, now=now):
            logger.warning("deployment %s of finished run %s is still up", name, step.run_id)
            continue
        with database.write() as session:
            release_deployment(session, step.run_id, step.key)
        logger.info("removed deployment %s of finished run %s", name, step.run_id)
    remove_leftovers(database, operations, now=now, limit=SWEEP_LIMIT)
    sweep_orphans(database, operations, now=now)


def remove_deleted_runs(
    database: Database, operations: ModelOps, *, has_decisions: Callable[[str], bool], now: datetime
) -> None:
    """Carry out requested deletions: remote artifacts first, then the rows; a decided run keeps its evidence.

    What cannot be removed outside becomes a leftover, so that the run itself is gone for those who look.
    """
    with database.read() as session:
        asked = select(RunRow.id).where(col(RunRow.delete_requested_at).is_not(None), col(RunRow.deleted_at).is_(None))
        run_ids = list(session.exec(asked.limit(SWEEP_LIMIT)))
    for run_id in run_ids:
        _remove_remote(database, operations, run_id, now=now)
        _remove_rows(database, run_id, keep_evidence=has_decisions(run_id))


def _attempt(execution: Execution, step: StepRow, action: Callable[[], None], problems: list[str]) -> None:
    try:
        action()
    except ServiceError as error:
        problems.append(f"{step.key}: {error}")
        logger.warning("could not clean up %s of run %s: %s", step.key, step.run_id, error)
        kind = _JOB_KINDS.get(StepKind(step.kind), LeftoverKind.DEPLOYMENT)
        name = step.idempotency_key if kind is LeftoverKind.DEPLOYMENT else step.remote_id
        if name is not None:  # a job whose id nobody knows is found by its mark: see `orphans`
            with execution.write() as session:
                note_leftover(session, kind, name, run_id=step.run_id, error=str(error), now=execution.now())


def _cancel_job(execution: Execution, step: StepRow) -> None:
    find, cancel = find_remote_job(execution, step)
    remote_id = step.remote_id or settle(execution, step, find)
    if remote_id is not None:
        execution.call(lambda: cancel(remote_id))
        logger.info("cancelled job %s of run %s", remote_id, step.run_id)


def _remove_deployment(execution: Execution, step: StepRow) -> None:
    operations, name = execution.around.operations, step.idempotency_key
    execution.call(lambda: operations.delete_deployment(name))
    if step.remote_id is None:  # a create may still be under way: wait until it cannot take effect any more
        settle(execution, step, lambda: name if operations.find_deployment(name) else None)
        execution.call(lambda: operations.delete_deployment(name))
    note_removed(execution, step.key, deployment=name)
    logger.info("removed deployment %s of run %s", name, step.run_id)


def _mark(execution: Execution, reason: str, status: RunStatus, problems: Sequence[str]) -> None:
    error = reason + (f" (not cleaned up yet: {'; '.join(problems)})" if problems else "")
    now = execution.now()
    event = RunEvent(type=f"run.{status}", data={"reason": reason, "problems": list(problems)})
    with execution.write(event, status=status, error=error, finished_at=now, owner=None) as session:
        for before, after in ((StepStatus.RUNNING, StepStatus.CANCELLED), (StepStatus.PENDING, StepStatus.SKIPPED)):
            session.execute(
                update(StepRow)
                .where(col(StepRow.run_id) == execution.run_id, col(StepRow.status) == before)
                .values(status=after, error=reason if before is StepStatus.RUNNING else None, finished_at=now)
            )
        session.flush()
        free_idle_slots(session, execution.run_id)
        tell_end(session, execution.run_id, status, error=error, now=now)
    logger.info("run %s %s: %s", execution.run_id, status, error)


def _unreleased(database: Database, *, now: datetime) -> list[StepRow]:
    with database.read() as session:
        rows = (
            select(StepRow)
            .join(RunRow, col(RunRow.id) == col(StepRow.run_id))
            .where(
                col(StepRow.kind) == StepKind.DEPLOY,
                col(StepRow.intent_at).is_not(None),
                col(StepRow.released).is_(False),
                col(RunRow.status).in_(_FINAL),
            )
        )
        found = [
            step
            for step in session.exec(rows)
            if is_due(session, LeftoverKind.DEPLOYMENT, step.idempotency_key, now=now)
        ]
        return found[:SWEEP_LIMIT]


def _remove_remote(database: Database, operations: ModelOps, run_id: str, *, now: datetime) -> None:
    with database.read() as session:
        steps = list(session.exec(select(StepRow).where(col(StepRow.run_id) == run_id)))
    for step in steps:
        if step.kind == StepKind.CUSTOMIZE and "model" in step.output:
            remove_or_note(database, operations, LeftoverKind.MODEL, step.output["model"], run_id=run_id, now=now)
        if step.kind == StepKind.UPLOAD:
            for entry in step.output.get("datasets", ()):
                remove_or_note(database, operations, LeftoverKind.DATASET, entry["name"], run_id=run_id, now=now)


def _remove_rows(database: Database, run_id: str, *, keep_evidence: bool) -> None:
    with database.write() as session:
        run = session.get_one(RunRow, run_id)
        if keep_evidence:
            run.deleted_at = run.delete_requested_at
            return
        prepared = session.get(StepRow, (run_id, "prepare"))
        for table in (SampleRow, EvaluationRow, EventRow, StepRow):
            session.execute(delete(table).where(col(table.run_id) == run_id))
        session.delete(run)
        session.flush()
        own = _list_files(prepared.output) if prepared else set()
        for sha256 in own - _find_used_elsewhere(session):
            if find_evaluation_set(session, sha256) is None:
                delete_artifact(session, sha256)


def _find_used_elsewhere(session: Session) -> set[str]:
    """Return the files of all runs there are: the same records and seed give runs the same files."""
    outputs = session.exec(select(StepRow.output).where(col(StepRow.kind) == StepKind.PREPARE))
    return set().union(*map(_list_files, outputs))


def _list_files(prepared: Mapping[str, Any]) -> set[str]:
    return {sha256 for entry in prepared.get("datasets", ()) for sha256 in entry["files"].values()}
