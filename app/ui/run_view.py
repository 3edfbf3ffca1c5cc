"""A run in words: its state, how far it is, its steps as stages, losses, outages, and who started it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.ui import numbers
from app.ui.charts import LossSeries
from app.ui.review_view import VARIANT_NAMES
from app.ui.verdicts import Color
from core.runs import RunStatus, RunSummary, RunView, StepKind, StepStatus, StepView, StudentView, all_steps

STATE_LOOK: Mapping[RunStatus, tuple[str, str, Color]] = {
    RunStatus.PENDING: ("Waiting", ":material/hourglass_empty:", "gray"),
    RunStatus.RUNNING: ("Running", ":material/cycle:", "blue"),
    RunStatus.CANCELLING: ("Stopping", ":material/cancel:", "orange"),
    RunStatus.COMPLETED: ("Completed", ":material/check_circle:", "green"),
    RunStatus.COMPLETED_WITH_ERRORS: ("Completed with errors", ":material/error:", "orange"),
    RunStatus.FAILED: ("Failed", ":material/error:", "red"),
    RunStatus.CANCELLED: ("Cancelled", ":material/block:", "gray"),
}
STEP_NAMES = {
    StepKind.PREPARE: "Build datasets",
    StepKind.UPLOAD: "Upload",
    StepKind.DEPLOY: "Deploy",
    StepKind.EVALUATE: "Evaluate",
    StepKind.PROBE: "Probe",
    StepKind.CUSTOMIZE: "Customize",
    StepKind.UNDEPLOY: "Undeploy",
}
STEP_WORDS = {
    StepStatus.PENDING: "waiting",
    StepStatus.RUNNING: "running",
    StepStatus.COMPLETED: "done",
    StepStatus.FAILED: "failed",
    StepStatus.CANCELLED: "cancelled",
    StepStatus.SKIPPED: "skipped",
}
LOSS_NAMES = {"train_loss": "Training", "val_loss": "Validation"}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step as the timeline shows it; `progress` only while it runs, `time_s` once it has begun."""

    name: str
    status: StepStatus
    time_s: float | None
    progress: float | None
    has_outage: bool


@dataclass(frozen=True, kw_only=True)
class Lane:
    """The stages of one student, or those that all students share; `error` is why it stopped."""

    title: str
    stages: tuple[Stage, ...]
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A step that waits for a service: since when, how often it asked, and when it will give up."""

    step: str
    since: datetime
    attempts: int
    gives_up_at: datetime


def name_student(name: str) -> str:
    """Return a student's name without the publisher, for narrow places."""
    return name.rpartition("/")[2]


def list_lanes(run: RunView, *, now: datetime) -> tuple[Lane, ...]:
    """Return the timeline: what all students share first, then student by student."""
    failed = next((step.error for step in run.shared_steps if step.status is StepStatus.FAILED), None)
    shared = Lane(title="For all students", stages=_stages(run.shared_steps, now), error=failed)
    return (shared, *(Lane(title=s.name, stages=_stages(s.steps, now), error=s.error) for s in run.students))


def name_step(step: StepView) -> str:
    """Return what a step does: "Evaluate customized"."""
    variant = f" {VARIANT_NAMES.get(step.variant, step.variant)}" if step.variant else ""
    return f"{STEP_NAMES[step.kind]}{variant}"


def measure_progress(run: RunView) -> float:
    """Return how much of a run is done, 0 to 1: ended steps, and the running one by its own progress."""
    steps = all_steps(run)
    done = sum(1.0 if step.status.is_final else step.progress or 0.0 for step in steps)
    return min(1.0, done / len(steps)) if steps else 0.0


def measure_time_s(summary: RunSummary, *, now: datetime) -> float | None:
    """Return how long a run took, or has been going; None before it began."""
    if summary.started_at is None:
        return None
    return max(0.0, ((summary.finished_at or now) - summary.started_at).total_seconds())


def describe_state(run: RunView) -> str:
    """Return one sentence on where the run stands."""
    summary, steps = run.summary, all_steps(run)
    through = sum(_is_through(student) for student in run.students)
    running = next((step for step in steps if step.status is StepStatus.RUNNING), None)
    if summary.status is RunStatus.RUNNING and running is not None:
        student = f" {running.student}" if running.student else ""
        return f"Step {steps.index(running) + 1} of {len(steps)}: {name_step(running).lower()}{student}."
    students = numbers.quantity(len(run.students), "student")
    sentences = {
        RunStatus.PENDING: "A worker takes it up as soon as one is free.",
        RunStatus.RUNNING: "Between two steps.",
        RunStatus.CANCELLING: "Remote jobs are being stopped and deployments removed.",
        RunStatus.COMPLETED: f"{students} went through every step.",
        RunStatus.COMPLETED_WITH_ERRORS: f"{through} of {students} went through every step.",
        RunStatus.FAILED: "No student got through; nothing can be compared.",
        RunStatus.CANCELLED: "What was measured before the stop stays.",
    }
    return sentences[summary.status]


def find_reason(run: RunView) -> str | None:
    """Return why a run ended before its time, unless a lane of the timeline already says it."""
    summary = run.summary
    if summary.status is RunStatus.CANCELLED:
        return summary.error or summary.cancel_reason
    lanes = (*(step.error for step in run.shared_steps), *(student.error for student in run.students))
    is_told = any(lanes)
    return None if is_told or summary.status is RunStatus.COMPLETED else summary.error


def list_outages(run: RunView, *, budget: timedelta) -> tuple[Outage, ...]:
    """Return the steps that wait for a service to answer."""
    return tuple(
        Outage(
            step=f"{name_step(step)} {step.student}" if step.student else name_step(step),
            since=step.outage_since,
            attempts=step.attempts,
            gives_up_at=step.outage_since + budget,
        )
        for step in all_steps(run)
        if step.outage_since is not None and step.status is StepStatus.RUNNING
    )


def find_trained(run: RunView) -> tuple[StepView, ...]:
    """Return the customization steps that have a loss or a log to show."""
    steps = (student.find_step(StepKind.CUSTOMIZE) for student in run.students)
    return tuple(step for step in steps if step and (step.details.get("losses") or step.details.get("log")))


def choose_trained(steps: Sequence[StepView], student: str | None) -> StepView | None:
    """Return the asked student's step, else the one that runs, else the last that trained."""
    asked = [step for step in steps if step.student == student]
    running = [step for step in steps if step.status is StepStatus.RUNNING]
    return next(iter(asked or running or list(steps)[-1:]), None)


def read_losses(step: StepView) -> tuple[LossSeries, ...]:
    """Return the losses a training reported, training before validation."""
    points: dict[str, list[tuple[int, float]]] = {}
    for name, at, value in step.details.get("losses", ()):
        points.setdefault(name, []).append((int(at), float(value)))
    order = sorted(
        points, key=lambda name: (name not in LOSS_NAMES, list(LOSS_NAMES).index(name) if name in LOSS_NAMES else 0)
    )
    return tuple(
        LossSeries(
            name=LOSS_NAMES.get(name, name),
            steps=[at for at, _ in sorted(points[name])],
            values=[value for _, value in sorted(points[name])],
        )
        for name in order
    )


def describe_losses(series: Sequence[LossSeries]) -> str:
    """Return the last loss of each series in words, for those who cannot see the curve."""
    return ", ".join(f"{one.name.lower()} loss {one.values[-1]:.3f} at step {one.steps[-1]:,}" for one in series)


def count_measured(run: RunView) -> int:
    """Return how many candidates have results."""
    return sum(step.status is StepStatus.COMPLETED for step in _evaluations(run))


def count_planned(run: RunView) -> int:
    """Return how many candidates the run was to measure."""
    return len(_evaluations(run))


def can_cancel(run: RunView) -> bool:
    """Tell whether asking the run to stop would change anything."""
    return run.summary.status in (RunStatus.PENDING, RunStatus.RUNNING) and run.summary.cancel_reason is None


def can_retry(run: RunView) -> bool:
    """Tell whether something failed that can be tried again; clean-up must have ended."""
    status = run.summary.status
    return status.is_final and status is not RunStatus.COMPLETED and not run.pending_cleanup


def _evaluations(run: RunView) -> list[StepView]:
    return [step for step in all_steps(run) if step.kind is StepKind.EVALUATE]


def _is_through(student: StudentView) -> bool:
    return student.status is StepStatus.COMPLETED


def _stages(steps: Sequence[StepView], now: datetime) -> tuple[Stage, ...]:
    return tuple(
        Stage(
            name=name_step(step),
            status=step.status,
            time_s=_time_s(step, now),
            progress=step.progress if step.status is StepStatus.RUNNING else None,
            has_outage=step.outage_since is not None and step.status is StepStatus.RUNNING,
        )
        for step in steps
    )


def _time_s(step: StepView, now: datetime) -> float | None:
    if step.started_at is None or step.status is StepStatus.SKIPPED:
        return None
    return max(0.0, ((step.finished_at or now) - step.started_at).total_seconds())
