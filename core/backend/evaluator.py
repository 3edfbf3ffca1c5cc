"""The evaluator: configurations, targets, and the jobs that ask a model and score its answers.

Inline configurations and targets become entities of their own, named by their ids, and go with their job.
"""

import io
import zipfile
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse

from core.backend.answers import check_body, read_json
from core.backend.context import Context
from core.backend.entities import EntityBody, EntityCalls, EntityKind, name_near_miss
from core.backend.errors import InvalidError, MissingError
from core.backend.evaluation_bodies import ConfigBody, JobBody, TargetBody
from core.backend.evaluation_job import JOB, RESULT, EvaluationJob, archive_path, end_evaluation, first_status
from core.backend.evaluation_plan import model_of, plan_tasks
from core.backend.identity import new_id, write_time
from core.backend.job_records import explain_interruption, get_job, refuse_ended
from core.backend.lists import ListRules, answer_list, read_query
from core.backend.routes import deleted_answer, make_router
from core.backend.state import Document

JOBS_PATH = "/v1/evaluation/jobs"
CONFIGS = EntityKind(
    title="evaluation config",
    path="/v1/evaluation/configs",
    id_prefix="eval-config",
    body=ConfigBody,
    rules=ListRules(),
)
TARGETS = EntityKind(
    title="evaluation target",
    path="/v1/evaluation/targets",
    id_prefix="eval-target",
    body=TargetBody,
    rules=ListRules(),
)
JOB_RULES = ListRules(
    readings={
        "config": lambda job: f"{job['config']['namespace']}/{job['config']['name']}",
        "target": lambda job: f"{job['target']['namespace']}/{job['target']['name']}",
    }
)


class DescribedCalls(EntityCalls):
    """Configurations and targets of evaluations, which carry the version and prefix of their schema."""

    def complete(self, document: Document) -> Document:
        """Return the entity with its schema named."""
        return document | {"schema_version": "1.0", "type_prefix": self._kind.id_prefix}

    def resolve(self, given: str | Document, *, field: str) -> tuple[Document, bool]:
        """Return the entity that a job names or brings, and whether it was brought. Raises `InvalidError`."""
        if isinstance(given, str):
            namespace, _, name = given.partition("/")
            known = self._state.find(self._kind.title, namespace, name)
            if known is None:
                message = f"no {self._kind.title} {given!r}{name_near_miss(self._state, self._kind.title, given)}"
                raise InvalidError.at("body", field, message=message)
            return known, False
        body: EntityBody = check_body(self._kind.body, given, location=("body", field))
        return self.add(body.model_copy(update={"name": None})), True


class EvaluationJobs:
    """The calls on evaluation jobs."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._state = context.state
        self._configs = DescribedCalls(context, CONFIGS)
        self._targets = DescribedCalls(context, TARGETS)

    def router(self) -> APIRouter:
        """Return the routes of jobs."""
        one = JOBS_PATH + "/{job_id}"
        return make_router(
            [
                ("POST", JOBS_PATH, self.create),
                ("GET", JOBS_PATH, self.list_jobs),
                ("GET", one, self.get),
                ("DELETE", one, self.delete),
                ("GET", one + "/status", self.get_status),
                ("POST", one + "/cancel", self.cancel),
                ("GET", one + "/results", self.get_results),
                ("GET", one + "/download-results", self.download_results),
                ("GET", one + "/logs", self.download_logs),
            ]
        )

    def create(self, raw: Annotated[object, Depends(read_json)]) -> Document:
        """Check everything the job needs, then put it into the queue."""
        body = check_body(JobBody, raw)
        job_id = new_id("eval")
        with self._state.transaction():  # a refusal leaves no configuration or target behind
            config, owns_config = self._configs.resolve(body.config, field="config")
            target, owns_target = self._targets.resolve(body.target, field="target")
            model = model_of(TargetBody.model_validate(target))
            tasks = plan_tasks(self._context, ConfigBody.model_validate(config))
            job = self._describe(job_id, body, config=config, target=target)
            job["status_details"] = first_status([task["name"] for task in tasks])
            job["owned"] = {"config": owns_config, "target": owns_target}
            self._state.insert(JOB, "", job_id, job)
        self._context.jobs.submit(EvaluationJob(id=job_id, context=self._context, model=model, tasks=tasks))
        return _show(job)

    def list_jobs(self, request: Request) -> Document:
        """List jobs."""
        query = read_query(request.query_params.multi_items(), JOB_RULES)
        return answer_list(self._state.documents(JOB), query, JOB_RULES, show=_show)

    def get(self, job_id: str) -> Document:
        """Return a job with its configuration, target and status details."""
        return _show(get_job(self._state, JOB, job_id))

    def get_status(self, job_id: str) -> Document:
        """Return how far a job's tasks have come."""
        details: Document = get_job(self._state, JOB, job_id)["status_details"]
        return details

    def cancel(self, job_id: str) -> Document:
        """End a living job at once. 409 when it has ended."""
        refuse_ended(get_job(self._state, JOB, job_id), JOB)
        end_evaluation(self._context, job_id, status="cancelled", message="Job was cancelled on request.")
        self._context.jobs.stop(job_id)
        return self.get(job_id)

    def delete(self, job_id: str) -> Document:
        """Remove a job with its results; a living one is ended first."""
        job = get_job(self._state, JOB, job_id)
        end_evaluation(self._context, job_id, status="cancelled", message="Job was deleted.")
        self._context.jobs.stop(job_id)
        with self._state.transaction():
            for calls, kind, field in ((self._configs, CONFIGS, "config"), (self._targets, TARGETS, "target")):
                if job["owned"][field] and self._state.find(kind.title, job[field]["namespace"], job[field]["name"]):
                    calls.delete(job[field]["namespace"], job[field]["name"])
            self._state.delete(RESULT, "", job_id)
            self._state.delete(JOB, "", job_id)
        archive_path(self._context, job_id).unlink(missing_ok=True)
        return deleted_answer(job_id, write_time(self._context.clock()))

    def get_results(self, job_id: str) -> Document:
        """Return the scores of a completed job. 404 before that."""
        self._refuse_incomplete(job_id)
        return get_job(self._state, RESULT, job_id)

    def download_results(self, job_id: str) -> Response:
        """Send the per-record results of a completed job as a zip. 404 before that."""
        self._refuse_incomplete(job_id)
        return FileResponse(
            archive_path(self._context, job_id), media_type="application/zip", filename=f"{job_id}-results.zip"
        )

    def download_logs(self, job_id: str) -> Response:
        """Send what is known about a job's course as a zip with one text."""
        job = get_job(self._state, JOB, job_id)
        details = job["status_details"]
        tasks = ", ".join(f"{name} {state}" for name, state in details["task_status"].items())
        lines = [
            f"{job['created_at']} created",
            f"{job['updated_at']} {job['status']}: {details['message'] or 'no message'}",
            f"tasks: {tasks}; {details['samples_processed']} records",
        ]
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("logs/evaluation.log", "\n".join(lines) + "\n")
        return Response(content.getvalue(), media_type="application/zip")

    def _refuse_incomplete(self, job_id: str) -> None:
        job = get_job(self._state, JOB, job_id)
        if job["status"] != "completed":
            raise MissingError(f"{JOB} {job_id!r} is {job['status']} and has no results")

    def _describe(self, job_id: str, body: JobBody, *, config: Document, target: Document) -> Document:
        now = write_time(self._context.clock())
        return {
            "id": job_id,
            "created_at": now,
            "updated_at": now,
            "namespace": body.namespace,
            "description": body.description,
            "project": body.project,
            "custom_fields": body.custom_fields,
            "ownership": body.ownership,
            "config": config,
            "target": target,
            "status": "created",
            "output_files_url": None,
            "result": None,
        }


def evaluator_routers(context: Context) -> list[APIRouter]:
    """Return the routes of this service."""
    return [
        DescribedCalls(context, CONFIGS).router(),
        DescribedCalls(context, TARGETS).router(),
        EvaluationJobs(context).router(),
    ]


def fail_interrupted_evaluations(context: Context) -> None:
    """Mark the jobs that the last end of the server cut off."""
    for job in context.state.documents(JOB):
        reason = explain_interruption(job)
        if reason:
            end_evaluation(context, job["id"], status="failed", message=reason)


def _show(job: Document) -> Document:
    return {key: value for key, value in job.items() if key != "owned"}
