"""The customizer: the jobs that train a student's adapter, beside targets and configurations.

A job is checked completely before it is accepted. It trains in a job process with supervised LoRA; its adapter becomes
a model of the entity store and answers on the NIM proxy as soon as the job has completed.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from core.backend.answers import check_body, read_json
from core.backend.context import Context
from core.backend.customization_bodies import JobBody
from core.backend.customization_configs import CONFIGS, ConfigCalls
from core.backend.customization_job import JOB, STATUS, CustomizationJob, end_customization, first_status
from core.backend.customization_plan import plan_job
from core.backend.customization_targets import TARGETS, TargetCalls
from core.backend.identity import new_id, write_time
from core.backend.job_records import explain_interruption, get_job, refuse_ended
from core.backend.lists import ListRules, answer_list, read_query
from core.backend.routes import make_router
from core.backend.state import Document

JOBS_PATH = "/v1/customization/jobs"
JOB_RULES = ListRules(
    readings={
        "base_model": lambda job: job["config_snapshot"]["base_model"],
        "epochs": lambda job: job["hyperparameters"]["epochs"],
        "batch_size": lambda job: job["hyperparameters"]["batch_size"],
        "finetuning_type": lambda job: job["hyperparameters"]["finetuning_type"],
        "training_type": lambda job: job["hyperparameters"]["training_type"],
        "log_every_n_steps": lambda job: job["hyperparameters"]["log_every_n_steps"],
    }
)


class CustomizationJobs:
    """The calls on customization jobs."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._state = context.state

    def router(self) -> APIRouter:
        """Return the routes of jobs."""
        one = JOBS_PATH + "/{job_id}"
        return make_router(
            [
                ("POST", JOBS_PATH, self.create),
                ("GET", JOBS_PATH, self.list_jobs),
                ("GET", one, self.get),
                ("GET", one + "/status", self.get_status),
                ("POST", one + "/cancel", self.cancel),
                ("GET", one + "/container-logs", self.get_logs),
            ]
        )

    def create(self, raw: Annotated[object, Depends(read_json)]) -> Document:
        """Check everything the job needs, then put it into the queue."""
        job_id = new_id("cust")
        planned = plan_job(self._context, job_id, check_body(JobBody, raw))
        now = write_time(self._context.clock())
        job = planned.record | {"id": job_id, "status": "created", "created_at": now, "updated_at": now}
        with self._state.transaction():
            self._state.insert(JOB, "", job_id, job)
            self._state.insert(STATUS, "", job_id, first_status(now))
        self._context.jobs.submit(CustomizationJob(id=job_id, context=self._context, plan=planned.plan))
        return self._show(job)

    def list_jobs(self, request: Request) -> Document:
        """List jobs."""
        query = read_query(request.query_params.multi_items(), JOB_RULES)
        return answer_list(self._state.documents(JOB), query, JOB_RULES, show=self._show)

    def get(self, job_id: str) -> Document:
        """Return a job with its status details."""
        return self._show(get_job(self._state, JOB, job_id))

    def get_status(self, job_id: str) -> Document:
        """Return a job's status details with its loss curves."""
        return self._details(get_job(self._state, JOB, job_id))

    def cancel(self, job_id: str) -> Document:
        """End a living job at once. 409 when it has ended."""
        refuse_ended(get_job(self._state, JOB, job_id), JOB)
        end_customization(self._context, job_id, status="cancelled", detail="cancelled on request")
        self._context.jobs.stop(job_id)
        self._context.adapters.discard(job_id)
        return self.get(job_id)

    def get_logs(self, job_id: str) -> Document:
        """Return the job's log as the log of its one container."""
        details = self._details(get_job(self._state, JOB, job_id))
        lines = [
            " ".join(filter(None, (entry["updated_at"], entry["message"], entry["detail"])))
            for entry in details["status_logs"]
        ]
        entry = {
            "object": f"pod/{job_id}",
            "logs": {"main": "\n".join(lines)},
            "events": [],
            "status": {"phase": details["status"]},
        }
        return {"entries": {job_id: entry}, "error": None}

    def _show(self, job: Document) -> Document:
        return job | {"status_details": self._details(job)}

    def _details(self, job: Document) -> Document:
        details = self._state.find(STATUS, "", job["id"]) or first_status(job["created_at"])
        details.pop("started_at", None)
        return details


def customizer_routers(context: Context) -> list[APIRouter]:
    """Return the routes of this service."""
    return [
        TargetCalls(context, TARGETS).router(),
        ConfigCalls(context, CONFIGS).router(),
        CustomizationJobs(context).router(),
    ]


def fail_interrupted_customizations(context: Context) -> None:
    """Mark the jobs that the last end of the server cut off."""
    for job in context.state.documents(JOB):
        reason = explain_interruption(job)
        if reason:
            end_customization(context, job["id"], status="failed", detail=reason)
            context.adapters.discard(job["id"])
