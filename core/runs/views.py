"""Runs as pages, API and command line read them: plain values, no rows, no open transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, tuple_
from sqlmodel import Session, col, select

from core.artifacts import open_artifact
from core.database import Database
from core.runs.errors import RunNotFound
from core.runs.tables import EventRow, RunRow, RunStatus, StepKind, StepRow, StepStatus, WorkerRow


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """One line of a list of runs. `client_id` None means all clients; `progress` is the share of steps done."""

    id: str
    workload_id: str
    client_id: str | None
    requested_by: str
    status: RunStatus
    error: str | None
    cancel_reason: str | None
    students: tuple[str, ...]
    variants: tuple[str, ...]
    record_count: int | None
    datasets: tuple[Mapping[str, Any], ...]  # kind, name, namespace, url, records; empty before the upload
    progress: float
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class StepView:
    """One step with its progress; `details` holds losses, log lines and the remote state while it runs."""

    key: str
    kind: StepKind
    student: str | None
    variant: str | None
    status: StepStatus
    progress: float | None
    remote_id: str | None
    attempts: int
    details: Mapping[str, Any]
    output: Mapping[str, Any]
    error: str | None
    started_at: datetime | None
    finished_at: datetime | None
    outage_since: datetime | None
    released: bool


@dataclass(frozen=True, kw_only=True)
class StudentView:
    """What a run did with one student. `error` is the first failure's reason."""

    name: str
    status: StepStatus
    error: str | None
    steps: tuple[StepView, ...]
    started_at: datetime | None
    finished_at: datetime | None

    def find_step(self, kind: StepKind, variant: str | None = None) -> StepView | None:
        """Return the student's step of this kind (and variant), or None."""
        return next((s for s in self.steps if s.kind is kind and (variant is None or s.variant == variant)), None)


@dataclass(frozen=True, kw_only=True)
class RunView:
    """A run with everything that its page shows."""

    summary: RunSummary
    request: Mapping[str, Any]
    manifest: str | None
    evaluation_set: str | None
    shared_steps: tuple[StepView, ...]
    students: tuple[StudentView, ...]
    pending_cleanup: tuple[str, ...]  # deployments of a finished run that are still up


@dataclass(frozen=True, kw_only=True)
class EventView:
    """One change of a run."""

    seq: int
    type: str
    step: str | None
    data: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class WorkerView:
    """A worker that is alive."""

    id: str
    host: str
    pid: int
    version: str
    started_at: datetime


def list_runs(
    session: Session,
    *,
    workload_id: str | None = None,
    statuses: Sequence[RunStatus] | None = None,
    limit: int = 200,
    before: str | None = None,
) -> list[RunSummary]:
    """Return runs, newest first; `before` is the id of the last run of the page before."""
    rows = select(RunRow).where(col(RunRow.deleted_at).is_(None))
    if workload_id is not None:
        rows = rows.where(col(RunRow.workload_id) == workload_id)
    if statuses is not None:
        rows = rows.where(col(RunRow.status).in_(statuses))
    if before is not None:
        anchor = get_run_row(session, before)
        rows = rows.where(tuple_(col(RunRow.created_at), col(RunRow.id)) < (anchor.created_at, anchor.id))
    rows = rows.order_by(col(RunRow.created_at).desc(), col(RunRow.id).desc()).limit(limit)
    found = list(session.exec(rows))
    progress = _progress(session, [row.id for row in found])
    uploaded = _datasets(session, [row.id for row in found])
    return [_summary(row, progress=progress.get(row.id, 0.0), datasets=uploaded.get(row.id, ())) for row in found]


def get_run(session: Session, run_id: str) -> RunView:
    """Return one run. Raises `RunNotFound`."""
    row = get_run_row(session, run_id)
    rows = _step_rows(session, run_id)
    steps = [_step(step) for step in rows]
    shared = tuple(step for step in steps if step.student is None)
    names = list(dict.fromkeys(step.student for step in steps if step.student is not None))
    status = RunStatus(row.status)
    uploaded = _datasets(session, [run_id]).get(run_id, ())
    return RunView(
        summary=_summary(row, progress=_progress(session, [run_id]).get(run_id, 0.0), datasets=uploaded),
        request=row.request,
        manifest=row.manifest,
        evaluation_set=row.evaluation_set,
        shared_steps=shared,
        students=tuple(_student(name, tuple(s for s in steps if s.student == name)) for name in names),
        pending_cleanup=tuple(_still_up(rows)) if status.is_final else (),
    )


def get_manifest(session: Session, run_id: str) -> bytes:
    """Return the run's manifest as JSON. Raises `RunNotFound` when there is none (yet)."""
    row = get_run_row(session, run_id)
    if row.manifest is None:
        raise RunNotFound(f"run {run_id} has built no datasets yet; its manifest appears when it has", field="run_id")
    return open_artifact(session, row.manifest)


def list_events(session: Session, run_id: str, *, after: int = 0, limit: int = 1000) -> list[EventView]:
    """Return a run's events numbered above `after`, in order."""
    rows = select(EventRow).where(col(EventRow.run_id) == run_id, col(EventRow.seq) > after)
    return [
        EventView(seq=row.seq, type=row.type, step=row.step, data=row.data, at=row.at)
        for row in session.exec(rows.order_by(col(EventRow.seq)).limit(limit))
    ]


def list_workers(session: Session, database: Database) -> list[WorkerView]:
    """Return the workers that are alive on the database's clock."""
    rows = select(WorkerRow).where(col(WorkerRow.alive_until) > database.clock)
    return [
        WorkerView(id=row.id, host=row.host, pid=row.pid, version=row.version, started_at=row.started_at)
        for row in session.exec(rows.order_by(col(WorkerRow.started_at)))
    ]


def get_run_row(session: Session, run_id: str) -> RunRow:
    """Return the row of a run that is not deleted. Raises `RunNotFound`."""
    row = session.get(RunRow, run_id)
    if row is None or row.deleted_at is not None:
        raise RunNotFound(f"no run {run_id!r}; `flywheel runs list` shows the runs there are", field="run_id")
    return row


def _summary(row: RunRow, *, progress: float, datasets: tuple[Mapping[str, Any], ...]) -> RunSummary:
    return RunSummary(
        id=row.id,
        workload_id=row.workload_id,
        client_id=row.client_id,
        requested_by=row.requested_by,
        status=RunStatus(row.status),
        error=row.error,
        cancel_reason=row.cancel_reason,
        students=tuple(row.request["students"]),
        variants=tuple(row.request["variants"]),
        record_count=row.record_count,
        datasets=datasets,
        progress=progress,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _progress(session: Session, run_ids: Sequence[str]) -> dict[str, float]:
    """Return the share of each run's steps that are done; steps that failed or were skipped are not."""
    rows = session.execute(
        select(col(StepRow.run_id), col(StepRow.status), func.count())
        .where(col(StepRow.run_id).in_(run_ids))
        .group_by(col(StepRow.run_id), col(StepRow.status))
    )
    ended: dict[str, int] = {}
    total: dict[str, int] = {}
    for run_id, status, count in rows:
        total[run_id] = total.get(run_id, 0) + count
        ended[run_id] = ended.get(run_id, 0) + (count if status == StepStatus.COMPLETED else 0)
    return {run_id: ended[run_id] / total[run_id] for run_id in total}


def _datasets(session: Session, run_ids: Sequence[str]) -> dict[str, tuple[Mapping[str, Any], ...]]:
    rows = session.execute(
        select(col(StepRow.run_id), col(StepRow.output)).where(
            col(StepRow.run_id).in_(run_ids), col(StepRow.kind) == StepKind.UPLOAD
        )
    )
    return {run_id: tuple(output.get("datasets", ())) for run_id, output in rows}


def _step_rows(session: Session, run_id: str) -> list[StepRow]:
    return list(session.exec(select(StepRow).where(col(StepRow.run_id) == run_id).order_by(col(StepRow.position))))


def _still_up(rows: Sequence[StepRow]) -> list[str]:
    return [step.idempotency_key for step in rows if step.holds_deployment]


def _step(row: StepRow) -> StepView:
    return StepView(
        key=row.key,
        kind=StepKind(row.kind),
        student=row.student,
        variant=row.variant,
        status=StepStatus(row.status),
        progress=row.progress,
        remote_id=row.remote_id,
        attempts=row.attempts,
        details=row.details,
        output=row.output,
        error=row.error,
        started_at=row.started_at,
        finished_at=row.finished_at,
        outage_since=row.outage_since,
        released=row.released,
    )


def _student(name: str, steps: tuple[StepView, ...]) -> StudentView:
    started = [step.started_at for step in steps if step.started_at is not None]
    finished = [step.finished_at for step in steps if step.finished_at is not None]
    status = _student_status(steps)
    return StudentView(
        name=name,
        status=status,
        error=next(
            (step.error for step in steps if step.status is StepStatus.FAILED and not step.kind.is_harmless), None
        ),
        steps=steps,
        started_at=min(started, default=None),
        finished_at=max(finished, default=None) if status.is_final else None,
    )


def _student_status(steps: Sequence[StepView]) -> StepStatus:
    statuses = {step.status for step in steps}
    work = {step.status for step in steps if not step.kind.is_harmless}
    for status in (StepStatus.FAILED, StepStatus.CANCELLED):
        if status in work and not statuses & {StepStatus.RUNNING, StepStatus.PENDING}:
            return status
    if statuses <= {StepStatus.PENDING}:
        return StepStatus.PENDING
    if statuses & {StepStatus.PENDING, StepStatus.RUNNING}:
        return StepStatus.RUNNING
    return StepStatus.SKIPPED if work <= {StepStatus.SKIPPED} else StepStatus.COMPLETED
