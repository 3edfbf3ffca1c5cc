"""One customization while it runs: its order, its losses, its end.

The record of the job and the details of its status are two documents, so that a list of jobs need not read loss curves.
Loss curves are written a few times a second, not at every step.
"""

import math
from dataclasses import dataclass, field
from typing import Any

from core.backend.context import Context
from core.backend.entity_store import MODEL
from core.backend.errors import TakenError
from core.backend.identity import new_id, read_time, write_time
from core.backend.job_records import FINAL, move_job
from core.backend.state import Document

JOB = "customization job"
STATUS = "customization status"
SAVE_EVERY_S = 0.3


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """What a job is to do: the order for its process and, if it keeps its adapter, the model entity it makes."""

    order: Document
    epochs: int
    log_every_n_steps: int
    model: Document | None


def first_status(now: str) -> Document:
    """Return the status details of a job that was just created."""
    return {
        "created_at": now,
        "updated_at": now,
        "status": "created",
        "elapsed_time": 0.0,
        "epochs_completed": 0,
        "steps_completed": 0,
        "steps_per_epoch": None,
        "percentage_done": 0.0,
        "best_epoch": None,
        "train_loss": None,
        "val_loss": None,
        "metrics": {"keys": ["train_loss", "val_loss"], "metrics": {"train_loss": [], "val_loss": []}},
        "status_logs": [{"updated_at": now, "message": "created", "detail": None}],
    }


def end_customization(context: Context, job_id: str, *, status: str, detail: str | None) -> bool:
    """Move a living job to its end and log it; False when it had ended before."""
    with context.state.transaction():
        moved = move_job(context.state, JOB, job_id, edit=lambda job: job | {"status": status}, clock=context.clock)
        if moved is None:
            return False
        now = write_time(context.clock())
        entry = {"updated_at": now, "message": status, "detail": detail}

        def close(details: Document) -> Document:
            done = {"percentage_done": 100.0} if status == "completed" else {}
            logs = [*details["status_logs"], entry]
            return details | {"status": status, "updated_at": now, "status_logs": logs} | done

        context.state.change(STATUS, "", job_id, change=close)
        return True


@dataclass
class CustomizationJob:
    """A job in the queue (`core.backend.jobs.Job`)."""

    id: str
    context: Context
    plan: TrainingPlan
    details: Document = field(default_factory=dict)
    saved_at_s: float = 0.0

    def begin(self) -> Document | None:
        """Mark the job as running."""
        with self.context.state.transaction():
            moved = move_job(
                self.context.state,
                JOB,
                self.id,
                edit=lambda job: job | {"status": "running"},
                clock=self.context.clock,
            )
            if moved is None:
                return None
            now = write_time(self.context.clock())
            self.details = self.context.state.find(STATUS, "", self.id) or first_status(now)
            self.details["status_logs"].append({"updated_at": now, "message": "TrainingJobRunning", "detail": None})
            self.details["status"] = "running"
            self._save(started=now)
        return self.plan.order

    def progress(self, message: Document) -> None:
        """Take one point of a loss curve."""
        steps_per_epoch = message["steps_per_epoch"]
        steps = max(self.details["steps_completed"], message["step"] + 1)
        total = max(1, steps_per_epoch * self.plan.epochs)
        self.details |= {
            "steps_completed": steps,
            "steps_per_epoch": steps_per_epoch,
            "epochs_completed": steps // max(1, steps_per_epoch),
            "percentage_done": min(100.0, round(100 * steps / total, 2)),
        }
        if math.isfinite(message["value"]):
            self._add_point(message)
        if self.context.clock().timestamp() - self.saved_at_s >= SAVE_EVERY_S:
            self._save()

    def finish(self, result: Document) -> None:
        """Keep the adapter under the model's name and mark the job as completed."""
        self._save()
        summary = f"trained on {result['training']} rows, validated on {result['validation']}"
        try:
            with self.context.state.transaction():
                if end_customization(self.context, self.id, status="completed", detail=summary) and self.plan.model:
                    self._register(self.plan.model)
                    return
        except TakenError as error:  # another job of the same output model was faster
            self.fail(str(error))
            return
        self.context.adapters.discard(self.id)

    def fail(self, reason: str) -> None:
        """Mark the job as failed, unless it has ended already."""
        self._save()
        end_customization(self.context, self.id, status="failed", detail=reason)
        self.context.adapters.discard(self.id)

    def _register(self, model: Document) -> None:
        now = write_time(self.context.clock())
        entity = model | {"id": new_id("model"), "created_at": now, "updated_at": now}
        self.context.state.insert(MODEL, entity["namespace"], entity["name"], entity)
        self.context.adapters.register(
            entity["namespace"], entity["name"], student=self.plan.order["student"], job_id=self.id
        )

    def _add_point(self, message: Document) -> None:
        series, value = message["series"], message["value"]
        points: list[Any] = self.details["metrics"]["metrics"].setdefault(series, [])
        is_last = message["step"] + 1 == message["steps_per_epoch"] * self.plan.epochs
        since = message["step"] - (points[-1]["step"] if points else -1)
        if series == "train_loss" and since < self.plan.log_every_n_steps and not is_last:
            return
        points.append({"step": message["step"], "timestamp": write_time(self.context.clock()), "value": value})
        self.details[series] = value
        if series == "val_loss" and value <= min(point["value"] for point in points):
            self.details["best_epoch"] = message["epoch"] + 1

    def _save(self, *, started: str | None = None) -> None:
        now = self.context.clock()
        self.saved_at_s = now.timestamp()
        if started:
            self.details["started_at"] = started
        if "started_at" not in self.details:
            return
        elapsed_s = (now - read_time(self.details["started_at"])).total_seconds()
        self.details |= {"elapsed_time": elapsed_s, "updated_at": write_time(now)}
        # A cancel may have ended the job meanwhile: its status and log stand.
        self.context.state.change(
            STATUS, "", self.id, change=lambda stored: stored if stored["status"] in FINAL else dict(self.details)
        )
