"""Orphans: what carries our mark outside, but is not what any step recorded.

A worker that was frozen between its fence and its request, or a request that took effect after everybody stopped
waiting for it, leaves a second job or a deployment nobody remembers. A sweep reads what the services list first and
the state after it, so that whatever a step recorded meanwhile is known. Marks that name no run of ours are left alone.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.database import Database
from core.nemo import JobKind, ModelOps
from core.runs.leftovers import LeftoverKind, is_due, remove_or_note
from core.runs.plan import resource_key
from core.runs.tables import RunRow, RunStatus, StepRow

LOOK_BACK = timedelta(hours=24)
"""A request does not live longer; whatever a run began earlier has been looked at many times."""
CLOCK_SKEW = timedelta(minutes=2)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """One resource of ours that nothing remembers."""

    kind: LeftoverKind
    name: str
    run_id: str


def sweep_orphans(database: Database, operations: ModelOps, *, now: datetime) -> None:
    """Cancel jobs and remove deployments that are ours but not recorded. Raises `ServiceError` when lists fail."""
    for orphan in find_orphans(database, operations, now=now):
        with database.read() as session:
            if not is_due(session, orphan.kind, orphan.name, now=now):
                continue
        logger.warning("%s %s of run %s is recorded nowhere; removing it", orphan.kind, orphan.name, orphan.run_id)
        remove_or_note(database, operations, orphan.kind, orphan.name, run_id=orphan.run_id, now=now)


def find_orphans(database: Database, operations: ModelOps, *, now: datetime) -> list[Orphan]:
    """Return what is ours outside but recorded nowhere, without touching it. Raises `ServiceError`."""
    with database.read() as session:
        oldest = _oldest_intent(session, since=now - LOOK_BACK)
    if oldest is None:
        return []
    jobs = [job for job in operations.list_marked_jobs(since=oldest - CLOCK_SKEW) if not job.state.is_final]
    deployments = operations.list_deployments()
    with database.read() as session:
        owners = _list_owners(session, since=now - LOOK_BACK)
    return [
        Orphan(kind=_KINDS[job.kind], name=job.id, run_id=owners[job.key].run_id)
        for job in jobs
        if job.key in owners and not owners[job.key].may_run(job.key, job.id)
    ] + [
        Orphan(kind=LeftoverKind.DEPLOYMENT, name=deployment.name, run_id=owners[deployment.name].run_id)
        for deployment in deployments
        if deployment.name in owners and not owners[deployment.name].may_be_up(deployment.name)
    ]


@dataclass(frozen=True, kw_only=True)
class _Owner:
    """The step whose mark a resource carries, now or before a retry."""

    run_id: str
    is_run_final: bool
    key: str
    remote_id: str | None
    is_open: bool
    is_released: bool

    def may_run(self, key: str, job_id: str) -> bool:
        """Tell whether a live job is the step's own, or may become it: a create whose answer is not known yet."""
        if self.is_run_final or not self.is_open or key != self.key:
            return False
        return self.remote_id in (None, job_id)

    def may_be_up(self, name: str) -> bool:
        """Tell whether a deployment is the step's own and not known to be gone."""
        return name == self.key and not self.is_released


_KINDS: Mapping[JobKind, LeftoverKind] = {
    JobKind.CUSTOMIZATION: LeftoverKind.CUSTOMIZATION,
    JobKind.EVALUATION: LeftoverKind.EVALUATION,
}


def _oldest_intent(session: Session, *, since: datetime) -> datetime | None:
    intents = select(StepRow.intent_at).where(col(StepRow.intent_at) >= since).order_by(col(StepRow.intent_at))
    return session.exec(intents.limit(1)).first()


def _list_owners(session: Session, *, since: datetime) -> dict[str, _Owner]:
    """Return who may own a resource, by every mark that a step has used, those before its retries too."""
    recent = select(StepRow.run_id).where(col(StepRow.intent_at) >= since)
    rows = session.exec(
        select(StepRow, RunRow).join(RunRow, col(RunRow.id) == col(StepRow.run_id)).where(col(RunRow.id).in_(recent))
    ).all()
    owners: dict[str, _Owner] = {}
    for step, run in rows:
        owner = _Owner(
            run_id=run.id,
            is_run_final=RunStatus(run.status).is_final,
            key=step.idempotency_key,
            remote_id=step.remote_id,
            is_open=step.finished_at is None and step.intent_at is not None,
            is_released=not step.holds_deployment,
        )
        keys = {resource_key(run.id, step.key, retry) for retry in range(run.retries + 1)}
        owners |= dict.fromkeys(keys | {step.idempotency_key}, owner)
    return owners
