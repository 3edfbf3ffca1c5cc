"""What the pages about runs ask `core`, beside `queries`: runs, their results and events, decisions, launches.

Uses the handles and the error translation of `queries`. A run's own parameter in a URL is `id`, so that is the field
its errors name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from app.ui import overview_view, queries
from app.ui.overview_view import Task
from core import runs
from core.database import utc_now
from core.errors import NotFoundError
from core.evaluation import StoredEvaluation, list_evaluations
from core.promotion import Decision, has_decisions, list_decisions, list_waiting
from core.runs import EventView, LaunchPlan, LaunchRequest, RunStatus, RunSummary, RunView, WorkerView

EVENTS_AT_ONCE = 1_000
FINISHED = (RunStatus.COMPLETED, RunStatus.COMPLETED_WITH_ERRORS)
OPEN = tuple(status for status in RunStatus if not status.is_final)


@dataclass(frozen=True, kw_only=True)
class ServiceSighting:
    """What a worker last saw of a service outside."""

    service: str
    url: str
    is_up: bool
    detail: str
    since: datetime
    checked_at: datetime


@dataclass(frozen=True, kw_only=True)
class RunPage:
    """Some runs, newest first; `next_before` leads to older ones."""

    runs: tuple[RunSummary, ...]
    next_before: str | None


def list_runs(
    *,
    workload_id: str | None = None,
    statuses: Sequence[RunStatus] | None = None,
    before: str | None = None,
    limit: int = 50,
) -> RunPage:
    """Return a page of runs, newest first. Raises `RunNotFound` about the URL's `before`."""
    try:
        found = queries.read(
            lambda session: runs.list_runs(
                session, workload_id=workload_id, statuses=statuses, limit=limit + 1, before=before
            )
        )
    except NotFoundError as error:
        raise NotFoundError(str(error), field="before") from error
    shown = tuple(found[:limit])
    return RunPage(runs=shown, next_before=shown[-1].id if len(found) > limit else None)


def has_runs() -> bool:
    """Tell whether there is any run at all."""
    return bool(list_runs(limit=1).runs)


def list_run_workloads() -> list[str]:
    """Return the workloads that have traffic or were run, by name."""
    logged = {row.workload_id for row in queries.list_workloads()}
    return sorted(logged | {run.workload_id for run in list_runs(limit=200).runs})


def get_run(run_id: str) -> RunView:
    """Return one run. Raises `NotFoundError` about the URL's `id`."""
    try:
        return queries.read(lambda session: runs.get_run(session, run_id))
    except NotFoundError as error:
        raise NotFoundError(str(error), field="id") from error


def list_results(run_id: str) -> Sequence[StoredEvaluation]:
    """Return what a run has measured so far, one result a candidate."""
    return queries.read(lambda session: list_evaluations(session, run_id))


@st.cache_resource(max_entries=200, show_spinner=False)
def list_final_results(run_id: str, finished_at: datetime) -> tuple[StoredEvaluation, ...]:  # noqa: ARG001 - cache key
    """Return what a finished run has measured; a retried run finishes at another time."""
    return tuple(list_results(run_id))


def list_run_decisions(run_id: str) -> Sequence[Decision]:
    """Return the acts on a run's candidates that hold now."""
    return queries.read(lambda session: list_decisions(session, run_id=run_id, only_current=True))


def list_recent_decisions(limit: int) -> Sequence[Decision]:
    """Return the newest acts, newest first."""
    return queries.read(lambda session: list_decisions(session, limit=limit))


def list_tasks() -> Sequence[Task]:
    """Return what waits for a person, newest first: reviews, and failures among the newest runs."""
    waiting = queries.read(list_waiting)
    results = {review.run_id: list_final_results(review.run_id, review.finished_at) for review in waiting}
    failed = list_runs(statuses=(RunStatus.FAILED,)).runs
    finished = list_runs(statuses=FINISHED).runs
    return overview_view.list_tasks(waiting, results, failed=failed, finished=finished)


def list_events(run_id: str) -> Sequence[EventView]:
    """Return every event of a run in order."""
    events: list[EventView] = []
    while True:
        after = events[-1].seq if events else 0
        page = queries.read(
            lambda session, after=after: runs.list_events(session, run_id, after=after, limit=EVENTS_AT_ONCE)  # type: ignore[misc]
        )
        events += page
        if len(page) < EVENTS_AT_ONCE:
            return events


@st.cache_resource(max_entries=60, show_spinner=False)
def load_manifest(run_id: str, sha256: str) -> bytes:  # noqa: ARG001 - a retried run may build another manifest
    """Return a run's manifest as JSON."""
    return queries.read(lambda session: runs.get_manifest(session, run_id))


@st.cache_data(ttl=30, max_entries=50, show_spinner=False)
def learn_pace(workload_id: str) -> Mapping[str, float]:
    """Return how long steps took in the last finished runs of a workload, or of all where it has none yet."""
    return queries.read(lambda session: runs.load_pace(session, workload_id))


def list_workers() -> Sequence[WorkerView]:
    """Return the workers that are alive."""
    return queries.read(lambda session: runs.list_workers(session, queries.database()))


def list_sightings() -> Sequence[ServiceSighting]:
    """Return what a worker last saw of every service, by name."""
    return queries.read(
        lambda session: [
            ServiceSighting(
                service=row.service,
                url=row.url,
                is_up=row.ok,
                detail=row.detail,
                since=row.since,
                checked_at=row.checked_at,
            )
            for row in runs.list_health(session)
        ]
    )


def plan_launch(request: LaunchRequest) -> LaunchPlan:
    """Check a launch without starting anything. Raises `InputError` with the field to correct."""
    return queries.ask(
        queries.LOG_STORE,
        lambda: runs.plan_launch(queries.database(), request, settings=queries.settings(), logs=queries.log_store()),
    )


def launch(request: LaunchRequest) -> str:
    """Queue a run and return its id. Raises what `core.runs.launch_run` raises."""
    return queries.ask(
        queries.DATABASE,
        lambda: runs.launch_run(
            queries.database(), request, settings=queries.settings(), logs=queries.log_store(), now=utc_now()
        ),
    )


def cancel(run_id: str, *, actor: str, reason: str) -> RunStatus:
    """Ask a run to stop. Raises `RunStateError` when it has finished meanwhile."""
    return queries.ask(
        queries.DATABASE,
        lambda: runs.cancel_run(queries.database(), run_id, actor=actor, reason=reason, now=utc_now()),
    )


def retry(run_id: str, *, actor: str) -> None:
    """Queue a finished run again from what failed. Raises `RunStateError` when that cannot be."""
    queries.ask(queries.DATABASE, lambda: runs.retry_run(queries.database(), run_id, actor=actor, now=utc_now()))


def rerun_student(run_id: str, student: str, *, actor: str) -> None:
    """Queue a finished run again for one student. Raises `RunStateError` when that cannot be."""
    queries.ask(
        queries.DATABASE,
        lambda: runs.rerun_student(
            queries.database(), run_id, student, actor=actor, has_decisions=has_decisions, now=utc_now()
        ),
    )


def delete(run_id: str, *, actor: str) -> None:
    """Ask for a finished run's removal. Raises `RunStateError` while it runs."""
    queries.ask(queries.DATABASE, lambda: runs.delete_run(queries.database(), run_id, actor=actor, now=utc_now()))
