"""Schedules: what launches runs by itself."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.api.bodies import Name
from app.api.context import Surroundings
from app.api.errors import describe_errors
from app.api.replies import JobAccepted
from core.runs import (
    LaunchRequest,
    Schedule,
    Timing,
    TimingKind,
    add_schedule,
    delete_schedule,
    get_schedule,
    list_schedules,
    pause_schedule,
    resume_schedule,
    run_schedule_now,
)

ACTOR = "api"
LARGEST_COUNT = 2**31 - 1

router = APIRouter(prefix="/api/schedules", tags=["schedules"])


class ScheduleBody(BaseModel):
    """A schedule to add; the field of its `kind` says when it fires."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=120)]
    workload_id: Name
    client_id: Name | None = None
    students: list[Name] | None = Field(default=None, min_length=1, max_length=100)
    variants: list[Name] | None = Field(default=None, min_length=1, max_length=10)
    kind: TimingKind = Field(strict=False)
    cron: Annotated[str, Field(max_length=200)] | None = Field(default=None, examples=["30 2 * * 1-5"])
    timezone: Annotated[str, Field(max_length=100)] = Field(default="UTC", examples=["Europe/Berlin"])
    interval_s: int | None = Field(default=None, ge=60, le=LARGEST_COUNT)
    every_records: int | None = Field(default=None, ge=1, le=LARGEST_COUNT)
    owner: Name = Field(default=ACTOR, description="recorded, not verified without sign-in")


class ScheduleChange(BaseModel):
    """What to change about a schedule."""

    model_config = ConfigDict(extra="forbid", strict=True)

    is_enabled: bool = Field(description="false pauses it, true resumes it from now on")


class ScheduleReply(BaseModel):
    """A schedule with its next firings, up to three."""

    id: str
    name: str
    workload_id: str
    client_id: str | None
    students: list[str] | None
    variants: list[str] | None
    kind: TimingKind
    cron: str | None
    timezone: str
    interval_s: int | None
    every_records: int | None
    is_enabled: bool
    owner: str
    created_at: datetime
    fires: list[datetime]
    last_fired_at: datetime | None
    last_run_id: str | None
    last_error: str | None


class ScheduleList(BaseModel):
    """All schedules by name."""

    schedules: list[ScheduleReply]


@router.get("", summary="List schedules", responses=describe_errors())
def list_all_schedules(context: Surroundings) -> ScheduleList:
    """Return all schedules by name."""
    with context.installation.database.read() as session:
        return ScheduleList(schedules=[_describe(schedule) for schedule in list_schedules(session)])


@router.post("", summary="Add a schedule", responses=describe_errors(404, 413, 415))
def add_one_schedule(body: ScheduleBody, context: Surroundings) -> ScheduleReply:
    """Check the launch as if it were started now, and store the schedule."""
    parts = context.installation
    timing = Timing(
        kind=body.kind,
        cron=body.cron,
        timezone=body.timezone,
        interval_s=body.interval_s,
        every_records=body.every_records,
    )
    request = LaunchRequest(
        workload_id=body.workload_id,
        client_id=body.client_id,
        students=body.students,
        variants=body.variants,
        requested_by=body.owner,
    )
    schedule_id = add_schedule(
        parts.database, body.name, timing, request, settings=parts.settings, logs=parts.logs, now=context.clock()
    )
    return _read(context, schedule_id)


@router.patch("/{schedule_id}", summary="Pause or resume a schedule", responses=describe_errors(404, 413, 415))
def change_schedule(schedule_id: str, body: ScheduleChange, context: Surroundings) -> ScheduleReply:
    """Pause or resume; what was missed while paused is not made up for."""
    parts = context.installation
    if body.is_enabled:
        resume_schedule(parts.database, schedule_id, logs=parts.logs, now=context.clock())
    else:
        pause_schedule(parts.database, schedule_id)
    return _read(context, schedule_id)


@router.post("/{schedule_id}/run", summary="Run a schedule now", responses=describe_errors(404, 409, 415, 503))
def run_one_schedule(schedule_id: str, context: Surroundings) -> JobAccepted:
    """Queue the schedule's run at once; its firings to come are not changed."""
    parts = context.installation
    run_id = run_schedule_now(
        parts.database, schedule_id, actor=ACTOR, settings=parts.settings, logs=parts.logs, now=context.clock()
    )
    return JobAccepted(id=run_id, message=f"Run {run_id} is queued; a worker takes it up.")


@router.delete("/{schedule_id}", summary="Delete a schedule", responses=describe_errors(404))
def delete_one_schedule(schedule_id: str, context: Surroundings) -> ScheduleReply:
    """Remove a schedule and return it as it was; the runs it launched stay."""
    gone = _read(context, schedule_id)
    delete_schedule(context.installation.database, schedule_id)
    return gone


def _read(context: Surroundings, schedule_id: str) -> ScheduleReply:
    with context.installation.database.read() as session:
        return _describe(get_schedule(session, schedule_id))


def _describe(schedule: Schedule) -> ScheduleReply:
    request, timing = schedule.request, schedule.timing
    return ScheduleReply(
        id=schedule.id,
        name=schedule.name,
        workload_id=request.workload_id,
        client_id=request.client_id,
        students=list(request.students) if request.students is not None else None,
        variants=list(request.variants) if request.variants is not None else None,
        kind=timing.kind,
        cron=timing.cron,
        timezone=timing.timezone,
        interval_s=timing.interval_s,
        every_records=timing.every_records,
        is_enabled=schedule.is_enabled,
        owner=schedule.owner,
        created_at=schedule.created_at,
        fires=list(schedule.fires),
        last_fired_at=schedule.last_fired_at,
        last_run_id=schedule.last_run_id,
        last_error=schedule.last_error,
    )
