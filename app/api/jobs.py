"""The blueprint's calls under `/api/jobs`, and ours on the same runs."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response

from app.api.bodies import JobRequest
from app.api.context import Context, IdempotencyKey, Surroundings
from app.api.errors import describe_errors
from app.api.job_views import describe_run, describe_summary
from app.api.replies import EvaluationSetName, JobAccepted, JobDetail, JobList, JobMessage, JobPlan
from app.api.result_replies import EventList, EventReply
from core.evaluation import list_evaluations
from core.promotion import has_decisions
from core.runs import (
    LaunchPlan,
    RunStateError,
    RunStatus,
    cancel_run,
    compose_datasets,
    delete_run,
    forecast_launch,
    get_manifest,
    get_run,
    launch_run,
    list_events,
    list_runs,
    plan_launch,
    rerun_student,
    retry_run,
)

ACTOR = "api"
"""Who acted, while requests carry no sign-in."""

router = APIRouter(prefix="/api/jobs", tags=["jobs"])


@router.post("", summary="Start a run", responses=describe_errors(404, 409, 413, 415, 503))
def start_job(
    body: JobRequest, context: Surroundings, *, idempotency_key: IdempotencyKey = None, dry_run: bool = False
) -> JobAccepted | JobPlan:
    """Queue a run, or with `dry_run` say what it would do. Everything is checked before anything is stored."""
    request = body.to_launch(idempotency_key)
    parts = context.installation
    if dry_run:
        plan = plan_launch(parts.database, request, settings=parts.settings, logs=parts.logs)
        return _describe_plan(context, plan)
    run_id = launch_run(parts.database, request, settings=parts.settings, logs=parts.logs, now=context.clock())
    return JobAccepted(id=run_id, message=f"Run {run_id} is queued; a worker takes it up.")


def _describe_plan(context: Context, plan: LaunchPlan) -> JobPlan:
    parts = context.installation
    with parts.database.read() as session:
        forecast = forecast_launch(session, plan, settings=parts.settings, policy=parts.policy, logs=parts.logs)
    composed = compose_datasets(parts.database, plan.request, settings=parts.settings, logs=parts.logs)
    chosen = plan.evaluation_set
    return JobPlan(
        request=plan.request.to_dict(),
        records=plan.records,
        steps=list(plan.steps),
        evaluation_set=EvaluationSetName(version=chosen.version, sha256=chosen.sha256, records=chosen.records)
        if chosen
        else None,
        forecast=forecast.to_dict(),
        **composed,
    )


@router.get("", summary="List runs", responses=describe_errors(404))
def list_jobs(
    context: Surroundings,
    workload_id: str | None = None,
    status: Annotated[list[RunStatus] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(description="id of the last run of the page before")] = None,
) -> JobList:
    """Return runs, newest first, one page at a time."""
    with context.installation.database.read() as session:
        found = list_runs(session, workload_id=workload_id, statuses=status, limit=limit + 1, before=before)
    jobs = [describe_summary(run) for run in found[:limit]]
    return JobList(jobs=jobs, next_before=jobs[-1].id if len(found) > limit else None)


@router.get("/{job_id}", summary="One run with its results", responses=describe_errors(404))
def get_job(job_id: str, context: Surroundings) -> JobDetail:
    """Return a run with everything measured so far."""
    parts = context.installation
    with parts.database.read() as session:
        run, evaluations = get_run(session, job_id), list_evaluations(session, job_id)
    return describe_run(run, evaluations, services_url=parts.settings.nemo.services_url, now=context.clock())


@router.post("/{job_id}/cancel", summary="Cancel a run", responses=describe_errors(400, 404, 415))
def cancel_job(job_id: str, context: Surroundings) -> JobMessage:
    """Ask a run to stop; asking again changes nothing. A finished run gives 400, as in the blueprint."""
    try:
        status = cancel_run(context.installation.database, job_id, actor=ACTOR, now=context.clock())
    except RunStateError as error:
        raise HTTPException(status_code=400, detail=str(error)) from error
    if status is RunStatus.CANCELLED:
        return JobMessage(id=job_id, message="Job is cancelled.")
    return JobMessage(id=job_id, message="Job cancellation initiated successfully.")


@router.post("/{job_id}/retry", summary="Try a failed run again", responses=describe_errors(404, 409, 415))
def retry_job(
    job_id: str,
    context: Surroundings,
    student: Annotated[str | None, Query(description="run this student again, whatever came of it")] = None,
) -> JobMessage:
    """Queue a failed or cancelled run again; what was completed is kept. With `student`, a finished one for it."""
    database, now = context.installation.database, context.clock()
    if student is not None:
        rerun_student(database, job_id, student, actor=ACTOR, has_decisions=has_decisions, now=now)
        return JobMessage(id=job_id, message=f"{student} is queued again in this run.")
    retry_run(database, job_id, actor=ACTOR, now=now)
    return JobMessage(id=job_id, message="Job is queued again; what was completed is kept.")


@router.delete("/{job_id}", summary="Delete a finished run", responses=describe_errors(400, 404))
def delete_job(job_id: str, context: Surroundings) -> JobMessage:
    """Ask for a finished run's removal. A run that is not finished gives 400, as in the blueprint."""
    try:
        delete_run(context.installation.database, job_id, actor=ACTOR, now=context.clock())
    except RunStateError as error:
        raise HTTPException(status_code=400, detail=str(error)) from error
    return JobMessage(id=job_id, message="Job deletion started. Resources will be cleaned up in the background.")


@router.get("/{job_id}/events", summary="What happened to a run", responses=describe_errors(404))
def list_job_events(
    job_id: str,
    context: Surroundings,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> EventList:
    """Return a run's events numbered above `after`, in order."""
    with context.installation.database.read() as session:
        get_run(session, job_id)
        events = list_events(session, job_id, after=after, limit=limit)
    return EventList(
        events=[
            EventReply(seq=event.seq, type=event.type, step=event.step, data=dict(event.data), at=event.at)
            for event in events
        ]
    )


@router.get(
    "/{job_id}/manifest",
    summary="How the datasets were built",
    responses={200: {"description": "the manifest, as it was stored", "model": dict[str, Any]}, **describe_errors(404)},
    response_class=Response,
)
def get_job_manifest(job_id: str, context: Surroundings) -> Response:
    """Return the manifest's bytes: every count, hash and option. It appears when the datasets are built."""
    with context.installation.database.read() as session:
        return Response(get_manifest(session, job_id), media_type="application/json")
