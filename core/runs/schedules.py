"""Schedules: rows that launch runs, exactly one run a firing, whoever looks and however long nobody did.

1. A tick reads which schedules are due; idle ticks take no write lock.
2. The launch is planned outside any write transaction, as a person's launch is.
3. One transaction moves the schedule on, if nobody else has (compare and set on what names the firing), and queues the
   run under a key made of the schedule and that name. Downtime over several firings leads to one run.
4. A launch that cannot work is told on the schedule and the firing is over; a service that is down is tried again until
   it answers or the next firing comes.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, or_, update
from sqlmodel import Session, col, select

from core.database import Database
from core.errors import FlywheelError, InputError, NotFoundError, UnavailableError
from core.logs import LogStore
from core.runs.launch import RUN_ID_ALPHABET, plan_launch, queue_run
from core.runs.request import LaunchRequest
from core.runs.tables import ScheduleRow
from core.runs.timing import Timing, TimingKind, check_timing, next_fire, next_fires
from core.settings import Settings

RETRY_AFTER = timedelta(seconds=30)
LOOK_AT_RECORDS_EVERY = timedelta(seconds=5)
MAX_NAME = 120

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A schedule as pages show it. `fires` are its next instants; none while it is paused or waits for records."""

    id: str
    name: str
    request: LaunchRequest
    timing: Timing
    is_enabled: bool
    owner: str
    created_at: datetime
    fires: tuple[datetime, ...]
    counted_records: int
    last_fired_at: datetime | None
    last_run_id: str | None
    last_error: str | None


class ScheduleNotFound(NotFoundError):
    """No schedule has this id."""


def add_schedule(
    database: Database,
    name: str,
    timing: Timing,
    request: LaunchRequest,
    *,
    settings: Settings,
    logs: LogStore,
    now: datetime,
) -> str:
    """Store a schedule and return its id; `request.requested_by` is its owner. Raises `InputError` with the field.

    The launch is checked as if it were started now, so that a wrong student is told to the person and not to the night.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME:
        raise InputError(f"a schedule needs a name of at most {MAX_NAME} characters", field="name")
    check_timing(timing)
    plan_launch(database, request, settings=settings, logs=logs)
    schedule_id = "".join(secrets.choice(RUN_ID_ALPHABET) for _ in range(8))
    with database.write() as session:
        session.add(
            ScheduleRow(
                id=schedule_id,
                name=name,
                request=_store_request(request),
                kind=timing.kind,
                cron=timing.cron,
                timezone=timing.timezone,
                interval_s=timing.interval_s,
                every_records=timing.every_records,
                owner=request.requested_by,
                created_at=now,
                next_fire_at=next_fire(timing, now),
                counted_records=_count_records(logs, request),
            )
        )
    return schedule_id


def pause_schedule(database: Database, schedule_id: str) -> None:
    """Let a schedule fire no more until it is resumed; pausing twice changes nothing. Raises `ScheduleNotFound`."""
    with database.write() as session:
        row = _get_row(session, schedule_id)
        row.is_enabled, row.next_fire_at, row.retry_at = False, None, None


def resume_schedule(database: Database, schedule_id: str, *, logs: LogStore, now: datetime) -> None:
    """Let a schedule fire again from now on; what it missed while paused is not made up for."""
    with database.write() as session:
        row = _get_row(session, schedule_id)
        if row.is_enabled:
            return
        schedule = _view(row)
        row.is_enabled, row.next_fire_at = True, next_fire(schedule.timing, now)
        row.counted_records = _count_records(logs, schedule.request)


def delete_schedule(database: Database, schedule_id: str) -> None:
    """Remove a schedule; the runs it launched stay. Raises `ScheduleNotFound`."""
    with database.write() as session:
        session.delete(_get_row(session, schedule_id))


def run_schedule_now(
    database: Database, schedule_id: str, *, actor: str, settings: Settings, logs: LogStore, now: datetime
) -> str:
    """Launch a schedule's run at once and return its id; its firings to come are not changed."""
    with database.read() as session:
        request = _view(_get_row(session, schedule_id)).request
    asked = LaunchRequest(**{**_as_mapping(request), "requested_by": actor})
    plan = plan_launch(database, asked, settings=settings, logs=logs)
    with database.write() as session:
        run_id = queue_run(session, database, plan, asked, settings=settings, now=now)
        row = _get_row(session, schedule_id)
        row.last_fired_at, row.last_run_id, row.last_error = now, run_id, None
        return run_id


def list_schedules(session: Session) -> list[Schedule]:
    """Return all schedules by name."""
    return [
        _view(row) for row in session.exec(select(ScheduleRow).order_by(col(ScheduleRow.name), col(ScheduleRow.id)))
    ]


def get_schedule(session: Session, schedule_id: str) -> Schedule:
    """Return one schedule. Raises `ScheduleNotFound`."""
    return _view(_get_row(session, schedule_id))


def fire_schedules(database: Database, *, settings: Settings, logs: LogStore, now: datetime) -> list[str]:
    """Launch what is due and return the new runs' ids; safe to call from any number of workers at once."""
    with database.read() as session:
        due = list(session.exec(select(ScheduleRow).where(*_due(now))))
    fired = (_fire(database, row, settings=settings, logs=logs, now=now) for row in due)
    return [run_id for run_id in fired if run_id is not None]


def _fire(database: Database, row: ScheduleRow, *, settings: Settings, logs: LogStore, now: datetime) -> str | None:
    schedule = _view(row)
    counted = row.counted_records
    if schedule.timing.kind is TimingKind.RECORDS:
        counted = _count_records(logs, schedule.request)
        if counted - row.counted_records < (schedule.timing.every_records or 1):
            _look_later(database, row, counted, now=now)
            return None
    firing = row.next_fire_at.isoformat() if row.next_fire_at else str(row.counted_records)
    request = LaunchRequest(**{**_as_mapping(schedule.request), "idempotency_key": f"schedule:{schedule.id}:{firing}"})

    def move_on(session: Session, **values: Any) -> bool:
        told: Mapping[str, Any] = {
            "next_fire_at": next_fire(schedule.timing, now),
            "counted_records": counted,
            "last_fired_at": now,
            "retry_at": None,
            **values,
        }
        done = session.execute(update(ScheduleRow).where(*_still(row)).values(told))
        assert isinstance(done, CursorResult)
        return done.rowcount == 1

    try:
        return _launch(database, row.id, request, move_on, settings=settings, logs=logs, now=now)
    except UnavailableError as error:
        with database.write() as session:
            later = {"retry_at": now + RETRY_AFTER, "last_error": str(error)}
            session.execute(update(ScheduleRow).where(*_still(row)).values(later))
    except FlywheelError as error:
        with database.write() as session:
            move_on(session, last_error=str(error), last_run_id=None)
        logger.warning("schedule %s (%s) could not launch: %s", schedule.name, schedule.id, error)
    return None


def _launch(
    database: Database,
    schedule_id: str,
    request: LaunchRequest,
    move_on: Callable[..., bool],
    *,
    settings: Settings,
    logs: LogStore,
    now: datetime,
) -> str | None:
    plan = plan_launch(database, request, settings=settings, logs=logs)
    with database.write() as session:
        if not move_on(session, last_error=None):
            return None  # another worker has it
        run_id = queue_run(session, database, plan, request, settings=settings, now=now)
        session.execute(update(ScheduleRow).where(col(ScheduleRow.id) == schedule_id).values(last_run_id=run_id))
        return run_id


def _due(now: datetime) -> tuple[Any, ...]:
    by_time = (col(ScheduleRow.next_fire_at) <= now) | (col(ScheduleRow.kind) == TimingKind.RECORDS)
    is_retry = or_(col(ScheduleRow.retry_at).is_(None), col(ScheduleRow.retry_at) <= now)
    return col(ScheduleRow.is_enabled).is_(True), by_time, is_retry


def _still(row: ScheduleRow) -> tuple[Any, ...]:
    """Return what must still hold for this firing to be ours."""
    same_time = (
        col(ScheduleRow.next_fire_at).is_(None)
        if row.next_fire_at is None
        else col(ScheduleRow.next_fire_at) == row.next_fire_at
    )
    same_count = col(ScheduleRow.counted_records) == row.counted_records
    return col(ScheduleRow.id) == row.id, col(ScheduleRow.is_enabled).is_(True), same_time, same_count


def _look_later(database: Database, row: ScheduleRow, counted: int, *, now: datetime) -> None:
    """Note when to count again; records that were deleted meanwhile must not count as missing for ever."""
    values: dict[str, Any] = {"retry_at": now + LOOK_AT_RECORDS_EVERY}
    if counted < row.counted_records:
        values["counted_records"] = counted
    with database.write() as session:
        session.execute(update(ScheduleRow).where(*_still(row)).values(values))


def _count_records(logs: LogStore, request: LaunchRequest) -> int:
    return sum(
        summary.records
        for summary in logs.workloads()
        if summary.workload_id == request.workload_id and request.client_id in (None, summary.client_id)
    )


def _get_row(session: Session, schedule_id: str) -> ScheduleRow:
    row = session.get(ScheduleRow, schedule_id)
    if row is None:
        raise ScheduleNotFound(
            f"no schedule {schedule_id!r}; `flywheel schedules list` shows those there are", field="schedule_id"
        )
    return row


def _view(row: ScheduleRow) -> Schedule:
    timing = Timing(
        kind=TimingKind(row.kind),
        cron=row.cron,
        timezone=row.timezone,
        interval_s=row.interval_s,
        every_records=row.every_records,
    )
    return Schedule(
        id=row.id,
        name=row.name,
        request=LaunchRequest(**{**row.request, "requested_by": row.owner}),
        timing=timing,
        is_enabled=row.is_enabled,
        owner=row.owner,
        created_at=row.created_at,
        fires=tuple(next_fires(timing, row.next_fire_at)) if row.is_enabled else (),
        counted_records=row.counted_records,
        last_fired_at=row.last_fired_at,
        last_run_id=row.last_run_id,
        last_error=row.last_error,
    )


_NOT_STORED = frozenset({"requested_by", "idempotency_key", "since", "until"})


def _store_request(request: LaunchRequest) -> dict[str, Any]:
    """Return what was asked for, without what was left out: defaults are those of the day it fires."""
    if request.since or request.until:
        raise InputError("a schedule takes the newest records; leave since and until out", field="since")
    given = _as_mapping(request)
    usual = _as_mapping(LaunchRequest(workload_id=request.workload_id))
    plain = {name: value for name, value in given.items() if name not in _NOT_STORED and value != usual[name]}
    kept = {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
    return {"workload_id": request.workload_id, **kept}


def _as_mapping(request: LaunchRequest) -> dict[str, Any]:
    return {each.name: getattr(request, each.name) for each in fields(request)}
