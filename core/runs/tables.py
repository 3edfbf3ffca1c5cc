"""The tables of runs: the database is all the state a run has.

A run is claimed with a lease and an epoch; steps are planned at launch and remember what they created outside; events
number every change per run without gaps. Tables of other packages refer to `run` by name.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel


class RunStatus(StrEnum):
    """Where a run stands."""

    PENDING = "pending"  # waits for a worker
    RUNNING = "running"  # owned by a worker, or waiting for the next one after its worker died
    CANCELLING = "cancelling"  # somebody asked to stop; remote work is being cleaned up
    COMPLETED = "completed"  # every student went through every step
    COMPLETED_WITH_ERRORS = "completed_with_errors"  # at least one student did, at least one failed
    FAILED = "failed"  # no student got through, or the datasets could not be built
    CANCELLED = "cancelled"  # stopped on request; what was measured stays

    @property
    def is_final(self) -> bool:
        """Tell whether the run will never change by itself again."""
        return self not in (RunStatus.PENDING, RunStatus.RUNNING, RunStatus.CANCELLING)


class StepKind(StrEnum):
    """What a step does."""

    PREPARE = "prepare"  # select records, build the datasets, write the manifest
    UPLOAD = "upload"  # put the datasets into the data store
    DEPLOY = "deploy"  # put the student behind the NIM proxy
    EVALUATE = "evaluate"  # judge one variant on the evaluation set
    PROBE = "probe"  # measure the variant's answer times
    CUSTOMIZE = "customize"  # fine-tune the student
    UNDEPLOY = "undeploy"  # take the student down again

    @property
    def is_harmless(self) -> bool:
        """Tell whether a failure of the step says nothing about the student."""
        return self in (StepKind.PROBE, StepKind.UNDEPLOY)


class StepStatus(StrEnum):
    """Where a step stands."""

    PENDING = "pending"  # not begun
    RUNNING = "running"  # begun; may be attached to remote work
    COMPLETED = "completed"  # done; `output` holds what later steps need
    FAILED = "failed"  # ended for good; `error` says why
    CANCELLED = "cancelled"  # stopped on request
    SKIPPED = "skipped"  # not needed any more because an earlier step of the student failed

    @property
    def is_final(self) -> bool:
        """Tell whether the step will never be entered again."""
        return self not in (StepStatus.PENDING, StepStatus.RUNNING)


class PreviewStatus(StrEnum):
    """Where a preview of datasets stands."""

    PENDING = "pending"  # waits for a worker
    RUNNING = "running"  # a worker computes it; one that dies is followed by the next, which begins anew
    COMPLETED = "completed"  # `result` is there
    FAILED = "failed"  # the datasets could not be built; `error` says why


class RunRow(SQLModel, table=True):
    """One trip of the flywheel over one workload."""

    __tablename__ = "run"
    __table_args__ = (Index("run_claim", "status", "lease_until"), Index("run_created", "created_at"))

    id: str = Field(primary_key=True)
    workload_id: str = Field(index=True)
    client_id: str | None = None
    requested_by: str
    request: dict[str, Any] = Field(sa_type=JSON)
    idempotency_key: str | None = Field(default=None, unique=True)
    request_hash: str = Field(max_length=64)
    status: str = RunStatus.PENDING
    owner: str | None = None
    epoch: int = 0
    lease_until: float = 0.0
    cancel_reason: str | None = None
    event_seq: int = 0
    crashes: int = 0
    retries: int = 0
    priority: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    error: str | None = None
    record_count: int | None = None
    manifest: str | None = Field(default=None, max_length=64)
    evaluation_set: str | None = Field(default=None, max_length=64)
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    delete_requested_at: datetime | None = None
    deleted_at: datetime | None = None


class StepRow(SQLModel, table=True):
    """One resumable piece of a run; `idempotency_key` marks what it creates outside."""

    __tablename__ = "step"

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    key: str = Field(primary_key=True)
    position: int
    kind: str
    student: str | None = None
    variant: str | None = None
    idempotency_key: str = Field(unique=True)
    status: str = StepStatus.PENDING
    remote_id: str | None = None
    intent_at: datetime | None = None
    released: bool = False
    attempts: int = 0
    progress: float | None = None
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    output: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    deadline: datetime | None = None
    stalls_at: datetime | None = None
    slots_asked_at: datetime | None = None
    outage_since: datetime | None = None
    error: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def holds_deployment(self) -> bool:
        """Tell whether the step may have put a deployment up that is not known to be gone."""
        return self.kind == StepKind.DEPLOY and self.intent_at is not None and not self.released


class SlotRow(SQLModel, table=True):
    """One unit of the capacity that deployments take up (a GPU), and the deploy step that holds it."""

    __tablename__ = "slot"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    run_id: str | None = None
    step_key: str | None = None


class LeftoverRow(SQLModel, table=True):
    """Something of ours outside that could not be removed yet; a sweep tries again at `next_try_at`."""

    __tablename__ = "leftover"

    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    run_id: str
    error: str
    attempts: int = 1
    since: datetime
    tried_at: datetime
    next_try_at: datetime


class EventRow(SQLModel, table=True):
    """One change of a run; `seq` counts from 1 without gaps, allocated under the run's fence."""

    __tablename__ = "event"

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    seq: int = Field(primary_key=True)
    type: str
    step: str | None = None
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    at: datetime


class WorkerRow(SQLModel, table=True):
    """A worker process that is alive until `alive_until` on the database's clock."""

    __tablename__ = "worker"

    id: str = Field(primary_key=True)
    host: str
    pid: int
    version: str
    started_at: datetime
    alive_until: float


class ServiceHealthRow(SQLModel, table=True):
    """What a worker last saw of a service outside; web and api read it, they never call the service."""

    __tablename__ = "service_health"

    service: str = Field(primary_key=True)
    url: str
    ok: bool
    detail: str
    since: datetime
    checked_at: datetime


class ScheduleRow(SQLModel, table=True):
    """What launches runs by itself; `next_fire_at` (or `counted_records`) names the firing to come."""

    __tablename__ = "schedule"

    id: str = Field(primary_key=True)
    name: str
    request: dict[str, Any] = Field(sa_type=JSON)
    kind: str
    cron: str | None = None
    timezone: str = "UTC"
    interval_s: int | None = None
    every_records: int | None = None
    is_enabled: bool = True
    owner: str
    created_at: datetime
    next_fire_at: datetime | None = None
    retry_at: datetime | None = None
    counted_records: int = 0
    last_fired_at: datetime | None = None
    last_run_id: str | None = None
    last_error: str | None = None


class NoticeRow(SQLModel, table=True):
    """Something the outside is to be told; `body` is what is sent: None until planned, empty when nobody wants it."""

    __tablename__ = "notice"
    __table_args__ = (Index("notice_open", "body", "created_at"),)

    id: str = Field(primary_key=True)
    type: str
    run_id: str
    student: str | None = None
    variant: str | None = None
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    body: str | None = None
    created_at: datetime


class PreviewRow(SQLModel, table=True):
    """What a planned run's datasets would hold; `id` is a hash of everything the answer depends on."""

    __tablename__ = "dataset_preview"

    id: str = Field(primary_key=True, max_length=64)
    request: dict[str, Any] = Field(sa_type=JSON)
    status: str = Field(default=PreviewStatus.PENDING, index=True)
    lease_until: float = 0.0
    stage: str | None = None
    done: int = 0
    total: int | None = None
    result: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    error: str | None = None
    field: str | None = None
    created_at: datetime
    finished_at: datetime | None = None
