"""A run in the blueprint's words: pure, from what `core` knows to what the API replies."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from app.api.replies import Bounds, Customization, Dataset, Evaluation, JobDetail, JobSummary, Nim
from core.evaluation import StoredEvaluation
from core.runs import RunStatus, RunSummary, RunView, StepKind, StepStatus, StepView, StudentView

NimStatus = Literal["pending", "deploying-nim", "running-evals", "completed", "failed", "cancelled"]

BLUEPRINT_SCORES = MappingProxyType(
    {
        "chat-completion.f1.f1_score": "f1_score",
        "custom-tool-calling.tool-calling-accuracy.function_name_accuracy": "function_name",
        "custom-tool-calling.tool-calling-accuracy.function_name_and_args_accuracy": "function_name_and_args_accuracy",
    }
)
"""The evaluator's aggregate scores under the keys that the blueprint's clients read."""


def describe_summary(summary: RunSummary) -> JobSummary:
    """Return a run as a line of the list."""
    return JobSummary(
        id=summary.id,
        workload_id=summary.workload_id,
        client_id=summary.client_id,
        status=summary.status,
        created_at=summary.created_at,
        started_at=summary.started_at,
        finished_at=summary.finished_at,
        datasets=[
            Dataset(name=entry["name"], num_records=entry["records"], nmp_uri=entry["url"])
            for entry in summary.datasets
        ],
        error=summary.error,
        progress=round(100 * summary.progress, 2),
        requested_by=summary.requested_by,
        students=list(summary.students),
        variants=list(summary.variants),
    )


def describe_run(
    run: RunView, evaluations: Sequence[StoredEvaluation], *, services_url: str, now: datetime
) -> JobDetail:
    """Return a run with its students' evaluations and customizations."""
    results = {(result.candidate.student, result.candidate.variant): result for result in evaluations}
    view = _JobView(results=results, services_url=services_url, run_status=run.summary.status, now=now)
    return JobDetail(
        **describe_summary(run.summary).model_dump(),
        num_records=run.summary.record_count,
        nims=[view.describe_student(student) for student in run.students],
        cancel_reason=run.summary.cancel_reason,
        request=dict(run.request),
        evaluation_set=run.evaluation_set,
        pending_cleanup=list(run.pending_cleanup),
    )


class _JobView:
    """The students of one run, with what all of them need to be described."""

    def __init__(
        self,
        *,
        results: Mapping[tuple[str, str], StoredEvaluation],
        services_url: str,
        run_status: RunStatus,
        now: datetime,
    ) -> None:
        self.results = results
        self.services_url = services_url
        self.run_status = run_status
        self.now = now

    def describe_student(self, student: StudentView) -> Nim:
        begun = [step for step in student.steps if step.status not in (StepStatus.PENDING, StepStatus.SKIPPED)]
        return Nim(
            model_name=student.name,
            status=nim_status(student, self.run_status),
            deployment_status=deployment_status(student),
            runtime_seconds=_seconds(student.started_at, student.finished_at, self.now),
            evaluations=[self._describe_evaluation(step) for step in begun if step.kind is StepKind.EVALUATE],
            customizations=[self._describe_customization(step) for step in begun if step.kind is StepKind.CUSTOMIZE],
            error=student.error,
        )

    def _describe_evaluation(self, step: StepView) -> Evaluation:
        result = self.results.get((str(step.student), str(step.variant)))
        interval = result.agreement if result else None
        return Evaluation(
            eval_type=f"{step.variant}-eval",
            candidate=f"{step.student}:{step.variant}",
            scores=blueprint_scores(result) if result else {},
            started_at=step.started_at,
            finished_at=step.finished_at,
            runtime_seconds=_seconds(step.started_at, step.finished_at, self.now),
            progress=_per_cent(step.progress),
            nmp_uri=self._job_url("evaluation", step),
            error=step.error,
            status=step.status,
            n=result.metrics.n if result else None,
            accuracy_interval=Bounds(low=interval.low, high=interval.high) if interval else None,
            metrics=result.metrics.to_dict() if result else None,
            service_scores=dict(result.service_scores) if result else None,
            scorer_version=result.scorer_version if result else None,
            samples_hash=result.samples_hash if result else None,
        )

    def _describe_customization(self, step: StepView) -> Customization:
        return Customization(
            started_at=step.started_at,
            finished_at=step.finished_at,
            runtime_seconds=_seconds(step.started_at, step.finished_at, self.now),
            progress=_per_cent(step.progress),
            epochs_completed=step.details.get("epochs_completed"),
            steps_completed=step.details.get("steps_completed"),
            nmp_uri=self._job_url("customization", step),
            customized_model=step.output.get("model"),
            error=step.error,
            status=step.status,
        )

    def _job_url(self, service: str, step: StepView) -> str | None:
        return f"{self.services_url}/v1/{service}/jobs/{step.remote_id}" if step.remote_id else None


def blueprint_scores(result: StoredEvaluation) -> dict[str, float]:
    """Return the evaluator's own score under the blueprint's key, and our accuracy beside it."""
    own = {key: result.service_scores[name] for name, key in BLUEPRINT_SCORES.items() if name in result.service_scores}
    return {**own, "accuracy": result.metrics.accuracy}


def nim_status(student: StudentView, run_status: RunStatus) -> NimStatus:
    """Return the blueprint's word for where a student stands; one that was never reached shares the run's fate."""
    if student.status is StepStatus.RUNNING:
        deploy = student.find_step(StepKind.DEPLOY)
        is_deployed = deploy is not None and deploy.status is StepStatus.COMPLETED
        return "running-evals" if is_deployed else "deploying-nim"
    if student.status is StepStatus.SKIPPED:
        return "cancelled" if run_status is RunStatus.CANCELLED else "failed"
    words: dict[StepStatus, NimStatus] = {
        StepStatus.PENDING: "pending",
        StepStatus.COMPLETED: "completed",
        StepStatus.FAILED: "failed",
        StepStatus.CANCELLED: "cancelled",
    }
    return words[student.status]


def deployment_status(student: StudentView) -> str | None:
    """Return the blueprint's word for the student's deployment; None before it was asked for."""
    deploy = student.find_step(StepKind.DEPLOY)
    if deploy is None or deploy.status in (StepStatus.PENDING, StepStatus.SKIPPED):
        return None
    if deploy.status is StepStatus.COMPLETED:
        return "completed" if deploy.released else "ready"
    return "pending" if deploy.status is StepStatus.RUNNING else str(deploy.status)


def _seconds(started_at: datetime | None, finished_at: datetime | None, now: datetime) -> float:
    if started_at is None:
        return 0.0
    return max(0.0, ((finished_at or now) - started_at).total_seconds())


def _per_cent(share: float | None) -> float | None:
    return None if share is None else round(100 * min(max(share, 0.0), 1.0), 2)
