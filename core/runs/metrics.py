"""Figures of an installation for monitoring, read from the state when somebody asks, in OpenMetrics' families.

Every process answers with the same truth, because the state is the database. Labels are closed sets and names from the
settings: no run ids. `docs/operations.md` describes each figure, and a test compares the two.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric, SummaryMetricFamily
from sqlalchemy import ColumnElement, Float, cast, extract, func, select
from sqlmodel import Session, col

from core.database import Database
from core.logs import LogStore, LogStoreUnavailable, WorkloadSummary
from core.runs.health import list_health
from core.runs.leftovers import LeftoverKind, list_leftovers
from core.runs.slots import count_waiting, list_slots
from core.runs.tables import RunRow, RunStatus, ScheduleRow, StepKind, StepRow, StepStatus
from core.runs.views import list_workers

logger = logging.getLogger(__name__)


def read_state_metrics(database: Database, logs: LogStore, *, now: datetime) -> list[Metric]:
    """Return every figure of the state and the log store. Raises what a database that is down raises.

    A log store that is down is told as such and takes no other figure with it.
    """
    with database.read() as session:
        of_state = [
            *_run_metrics(session, now),
            *_step_metrics(session, database),
            *_capacity_metrics(session, database),
            *_trouble_metrics(session),
        ]
    return [*of_state, *_log_metrics(logs, now)]


def _run_metrics(session: Session, now: datetime) -> Iterator[Metric]:
    found = session.execute(select(col(RunRow.status), func.count()).group_by(col(RunRow.status))).all()
    counts = {row[0]: row[1] for row in found}
    yield _gauge("flywheel_runs", "Runs by status.", "status", ((str(s), counts.get(s, 0)) for s in RunStatus))
    oldest = session.execute(
        select(func.min(RunRow.created_at)).where(col(RunRow.status) == RunStatus.PENDING)
    ).scalar_one()
    waits_s = max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0
    yield GaugeMetricFamily("flywheel_queue_oldest_seconds", "How long the longest waiting run waits.", value=waits_s)
    claims, crashes = session.execute(
        select(func.coalesce(func.sum(RunRow.epoch), 0), func.coalesce(func.sum(RunRow.crashes), 0))
    ).one()
    yield GaugeMetricFamily("flywheel_run_claims", "How often runs were taken up by workers, all in all.", value=claims)
    yield GaugeMetricFamily(
        "flywheel_run_crashes", "Workers that died over runs since their last completed step.", value=crashes
    )


def _step_metrics(session: Session, database: Database) -> Iterator[Metric]:
    grouped = select(col(StepRow.kind), col(StepRow.status), func.count()).group_by(
        col(StepRow.kind), col(StepRow.status)
    )
    counts = {(kind, status): count for kind, status, count in session.execute(grouped)}
    steps = GaugeMetricFamily("flywheel_steps", "Steps by kind and status.", labels=["kind", "status"])
    for kind in StepKind:
        for status in StepStatus:
            steps.add_metric([kind, status], counts.get((kind, status), 0))
    yield steps
    times = SummaryMetricFamily("flywheel_step_seconds", "Time that completed steps took.", labels=["kind"])
    finished = (
        select(col(StepRow.kind), func.count(), func.sum(_seconds(database)))
        .where(col(StepRow.status) == StepStatus.COMPLETED, col(StepRow.started_at).is_not(None))
        .group_by(col(StepRow.kind))
    )
    for kind, count, total in session.execute(finished):
        times.add_metric([kind], count_value=count, sum_value=float(total or 0.0))
    yield times


def _seconds(database: Database) -> ColumnElement[float]:
    begun, ended = col(StepRow.started_at), col(StepRow.finished_at)
    if database.is_postgresql:
        return cast(extract("epoch", ended - begun), Float)
    return (func.julianday(ended) - func.julianday(begun)) * 86400.0


def _capacity_metrics(session: Session, database: Database) -> Iterator[Metric]:
    workers = len(list_workers(session, database))
    yield GaugeMetricFamily("flywheel_workers", "Workers that are alive.", value=workers)
    slots = list_slots(session)
    free = sum(slot.run_id is None for slot in slots)
    yield _gauge("flywheel_slots", "Slots by state.", "state", (("free", free), ("held", len(slots) - free)))
    yield GaugeMetricFamily("flywheel_steps_waiting_for_slots", "Steps that wait.", value=count_waiting(session))
    enabled = session.execute(
        select(func.count()).select_from(ScheduleRow).where(col(ScheduleRow.is_enabled))
    ).scalar_one()
    yield GaugeMetricFamily("flywheel_schedules_enabled", "Schedules that are on.", value=enabled)


def _trouble_metrics(session: Session) -> Iterator[Metric]:
    sightings = list_health(session)
    up = ((row.service, int(row.ok)) for row in sightings)
    yield _gauge("flywheel_service_up", "1 when a worker last saw the service answer.", "service", up)
    kinds = [left.kind for left in list_leftovers(session)]
    yield _gauge(
        "flywheel_leftovers", "What could not be removed outside.", "kind", ((k, kinds.count(k)) for k in LeftoverKind)
    )


def _log_metrics(logs: LogStore, now: datetime) -> Iterator[Metric]:
    try:
        summaries: Sequence[WorkloadSummary] | None = logs.workloads()
    except LogStoreUnavailable:
        logger.warning("the log store's figures for /metrics could not be read", exc_info=True)
        summaries = None
    is_up = int(summaries is not None)
    yield GaugeMetricFamily("flywheel_log_store_up", "1 when the log store answered just now.", value=is_up)
    if summaries is None:
        return
    records = sum(summary.records for summary in summaries)
    yield GaugeMetricFamily("flywheel_log_records", "Records in the log store.", value=records)
    newest: dict[str, int] = {}
    for summary in summaries:
        newest[summary.workload_id] = max(summary.last_ms, newest.get(summary.workload_id, 0))
    lags = ((name, now.timestamp() - last_ms / 1000) for name, last_ms in sorted(newest.items()))
    yield _gauge("flywheel_log_lag_seconds", "Age of the newest record.", "workload", lags)


def _gauge(name: str, text: str, label: str, values: Iterable[tuple[str, float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in values:
        family.add_metric([str(value)], number)
    return family
