"""What clients get about runs, and every error: the blueprint's bodies with its names, and what we say beyond them.

Every instant is UTC with a `Z`. What is not known (yet) is null, never 0.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from core.runs import RunStatus


class ErrorFacts(BaseModel):
    """What is wrong and where. `reference` finds an unexpected error in the log of this process."""

    message: str
    field: str | None = None
    line: int | None = None
    reference: str | None = None


class ErrorReply(BaseModel):
    """The one shape of every error."""

    error: ErrorFacts


class JobAccepted(BaseModel):
    """A run that was queued, or the first run's id when the same idempotency key came again."""

    id: str
    status: Literal["queued"] = "queued"
    message: str


class EvaluationSetName(BaseModel):
    """A frozen evaluation set: its version among those of its workload, and its address."""

    version: int
    sha256: str
    records: int


class JobPlan(BaseModel):
    """What a run would do; nothing was started."""

    dry_run: Literal[True] = True
    request: dict[str, Any] = Field(description="every effective value")
    records: int = Field(description="records that match, counted up to 10,000")
    steps: list[str]
    evaluation_set: EvaluationSetName | None = Field(description="the frozen set it is judged on; null: a new one")
    forecast: dict[str, Any] = Field(description="what its size can show, expected seconds, cost, place in the queue")
    datasets: dict[str, Any] = Field(description="counts at each step, classes, first rows of each file, what is wrong")
    icl: dict[str, Any] | None = Field(description="first in-context rows by student; null without that variant")


class JobMessage(BaseModel):
    """What became of a request about a run."""

    id: str
    message: str


class Dataset(BaseModel):
    """A dataset in the data store; the training one counts its training records without validation."""

    name: str
    num_records: int
    nmp_uri: str


class JobSummary(BaseModel):
    """A run in a list. Beyond the blueprint: `created_at`, `progress`, `requested_by`, `students`, `variants`."""

    id: str
    workload_id: str
    client_id: str | None = Field(description="null: the records of all clients")
    status: RunStatus
    created_at: datetime
    started_at: datetime | None = Field(description="when a worker took it up")
    finished_at: datetime | None
    datasets: list[Dataset]
    error: str | None
    progress: float = Field(description="0 to 100, by steps")
    requested_by: str
    students: list[str]
    variants: list[str]


class JobList(BaseModel):
    """Runs, newest first; `next_before` is the `before` of the next page, null on the last."""

    jobs: list[JobSummary]
    next_before: str | None


class Bounds(BaseModel):
    """A confidence interval of a proportion."""

    low: float
    high: float
    method: Literal["wilson"] = "wilson"
    confidence: float = 0.95


class Evaluation(BaseModel):
    """One variant's evaluation. `scores` holds the blueprint's key and our `accuracy`, agreement with the teacher.

    `f1_score`, `function_name` and `function_name_and_args_accuracy` are the evaluator's own numbers; everything in
    `metrics` is computed from the samples. Without a result yet, `scores` is empty and the rest null.
    """

    eval_type: str = Field(description="base-eval, icl-eval or customized-eval")
    candidate: str
    scores: dict[str, float]
    started_at: datetime | None
    finished_at: datetime | None
    runtime_seconds: float
    progress: float | None = Field(description="0 to 100")
    nmp_uri: str | None
    mlflow_uri: None = None
    error: str | None
    status: str
    n: int | None = Field(description="records judged; a missing or failed answer counts as wrong")
    accuracy_interval: Bounds | None
    metrics: dict[str, Any] | None
    service_scores: dict[str, float] | None
    scorer_version: str | None
    samples_hash: str | None = Field(description="SHA-256 of the ordered samples")


class Customization(BaseModel):
    """A fine-tuning job."""

    started_at: datetime | None
    finished_at: datetime | None
    runtime_seconds: float
    progress: float | None = Field(description="0 to 100")
    epochs_completed: int | None
    steps_completed: int | None
    nmp_uri: str | None
    customized_model: str | None
    error: str | None
    status: str


class Nim(BaseModel):
    """What the run did with one student."""

    model_name: str
    status: Literal["pending", "deploying-nim", "running-evals", "completed", "failed", "cancelled"]
    deployment_status: str | None = Field(description="pending, ready, completed (taken down), failed or cancelled")
    runtime_seconds: float
    evaluations: list[Evaluation]
    customizations: list[Customization]
    error: str | None


class JobDetail(JobSummary):
    """A run with everything measured so far."""

    num_records: int | None
    llm_judge: None = None
    nims: list[Nim]
    cancel_reason: str | None
    request: dict[str, Any] = Field(description="every effective value it was launched with")
    evaluation_set: str | None = Field(description="SHA-256 of the evaluation file")
    pending_cleanup: list[str] = Field(description="deployments of a finished run that are still up")
