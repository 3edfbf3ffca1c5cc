"""One evaluation while it runs: its order, its progress, its end and its result.

The model is looked up when the job begins and again with every progress message: an evaluation whose model was taken
away in the middle fails and says so, as calls to the NIM proxy would.
"""

from dataclasses import dataclass
from pathlib import Path

from core.backend.context import Context
from core.backend.errors import JobFailedError, MissingError
from core.backend.identity import new_id, write_time
from core.backend.job_records import move_job
from core.backend.serving import ServedModel, find_served
from core.backend.state import Document

JOB = "evaluation job"
RESULT = "evaluation result"


def first_status(tasks: list[str]) -> Document:
    """Return the status details of a job that was just created."""
    return {"message": None, "task_status": dict.fromkeys(tasks, "pending"), "progress": 0.0, "samples_processed": 0}


def archive_path(context: Context, job_id: str) -> Path:
    """Return where a job's per-record results are."""
    return context.folder / "evaluations" / f"{job_id}.zip"


def end_evaluation(context: Context, job_id: str, *, status: str, message: str) -> bool:
    """Move a living job to its end with a message; False when it had ended before. Tasks not completed are failed."""

    def close(job: Document) -> Document:
        details = job["status_details"]
        tasks = {name: state if state == "completed" else "failed" for name, state in details["task_status"].items()}
        return job | {"status": status, "status_details": details | {"message": message, "task_status": tasks}}

    return move_job(context.state, JOB, job_id, edit=close, clock=context.clock) is not None


@dataclass(frozen=True, kw_only=True)
class EvaluationJob:
    """A job in the queue (`core.backend.jobs.Job`)."""

    id: str
    context: Context
    model: str
    tasks: list[Document]

    def begin(self) -> Document | None:
        """Find the model and mark the job as running."""
        served = self._find_model()
        moved = move_job(
            self.context.state, JOB, self.id, edit=lambda job: job | {"status": "running"}, clock=self.context.clock
        )
        if moved is None:
            return None
        return {
            "work": "evaluate",
            "model": served.id,
            "student": served.student,
            "adapter": str(served.adapter) if served.adapter else None,
            "created": int(self.context.clock().timestamp()),
            "tasks": self.tasks,
            "archive": str(archive_path(self.context, self.id)),
        }

    def progress(self, message: Document) -> None:
        """Take how far the work has come."""
        self._find_model()

        def note(job: Document) -> Document:
            details = job["status_details"]
            earlier = [task["name"] for task in self.tasks]
            earlier = earlier[: earlier.index(message["task"])]
            tasks = details["task_status"] | dict.fromkeys(earlier, "completed") | {message["task"]: "running"}
            share = message["samples_processed"] / max(1, message["samples"])
            return job | {
                "status_details": details
                | {
                    "task_status": tasks,
                    "progress": round(100 * share, 1),
                    "samples_processed": message["samples_processed"],
                }
            }

        move_job(self.context.state, JOB, self.id, edit=note, clock=self.context.clock)

    def finish(self, result: Document) -> None:
        """Store the scores and mark the job as completed."""
        result_id = new_id("evaluation_result")

        def close(job: Document) -> Document:
            details = {
                "message": "Job completed successfully.",
                "task_status": dict.fromkeys(job["status_details"]["task_status"], "completed"),
                "progress": 100.0,
                "samples_processed": result["samples"],
            }
            return job | {"status": "completed", "status_details": details, "result": result_id}

        with self.context.state.transaction():
            job = move_job(self.context.state, JOB, self.id, edit=close, clock=self.context.clock)
            if job is not None:
                self.context.state.insert(RESULT, "", self.id, self._describe_result(result_id, job, result["tasks"]))
                return
        archive_path(self.context, self.id).unlink(missing_ok=True)

    def fail(self, reason: str) -> None:
        """Mark the job as failed, unless it has ended already."""
        end_evaluation(self.context, self.id, status="failed", message=reason)

    def _find_model(self) -> ServedModel:
        try:
            return find_served(self.context, self.model)
        except MissingError as error:
            raise JobFailedError(str(error)) from error

    def _describe_result(self, result_id: str, job: Document, tasks: Document) -> Document:
        now = write_time(self.context.clock())
        return {
            "id": result_id,
            "job": self.id,
            "namespace": job["namespace"],
            "project": job["project"],
            "custom_fields": job["custom_fields"],
            "description": None,
            "ownership": None,
            "files_url": None,
            "created_at": now,
            "updated_at": now,
            "tasks": tasks,
            "groups": {},
        }
