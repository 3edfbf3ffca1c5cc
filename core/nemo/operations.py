"""What a run asks of the services outside, in the words of a run.

`ModelOps` is the seam: the v1 adapter (`core.nemo.v1`) implements it over HTTP, later adapters do the same, and
`core.runs` knows no address and no JSON. Every method makes bounded attempts and raises `core.nemo.errors`. Creates are
sent once: whoever calls them stores the intent first and looks up before sending again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class JobState(StrEnum):
    """The life of a remote job or deployment, folded from the vocabularies of the services."""

    WAITING = "waiting"  # created, pending, ready to start
    RUNNING = "running"  # doing its work, or a status this version does not know
    COMPLETED = "completed"  # ended well: results can be read
    FAILED = "failed"  # ended badly: `detail` says why
    CANCELLED = "cancelled"  # ended because somebody asked for it

    @property
    def is_final(self) -> bool:
        """Tell whether the job will never change again."""
        return self in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)


class EvaluationKind(StrEnum):
    """Which task and metrics an evaluation job asks for (blueprint section 1.7)."""

    CLASSIFICATION = "classification"  # task `chat-completion`, metric `f1`
    TOOL_CALLING = "tool_calling"  # task `custom-tool-calling`, metric `tool-calling-accuracy`


@dataclass(frozen=True, kw_only=True)
class DatasetReference:
    """A dataset in the data store, registered in the entity store. `url` is `hf://datasets/{namespace}/{name}`."""

    namespace: str
    name: str
    url: str


@dataclass(frozen=True, kw_only=True)
class DeploymentSpec:
    """A student to put behind the NIM proxy. `name` is a DNS label of ours; `model` is the student's name."""

    name: str
    model: str
    gpus: int
    run_id: str
    image_name: str | None = None
    image_tag: str | None = None
    pvc_size: str | None = None
    additional_envs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment as the service reports it. `run_id` is our mark, None when somebody else made it."""

    name: str
    model: str
    state: JobState  # COMPLETED means ready to answer
    detail: str | None
    run_id: str | None


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Training settings of one customization; the defaults come from settings, a run may override them."""

    epochs: int
    batch_size: int
    learning_rate: float
    adapter_dim: int
    adapter_dropout: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class CustomizationSpec:
    """A LoRA fine-tuning job. `key` is unique per run and step and marks the job as ours.

    `output_model` is `{namespace}/{name}` without revision and unique per run; `target` is the trainable model
    (`meta/llama-3.2-1b-instruct@2.0`), from which the adapter makes or reuses the configuration.
    """

    key: str
    run_id: str
    model: str
    target: str
    dataset: DatasetReference
    output_model: str
    gpus: int
    max_seq_length: int
    hyperparameters: Hyperparameters


@dataclass(frozen=True, kw_only=True)
class LossPoint:
    """One point of a loss curve: `series` is `train_loss` or `val_loss`, `step` counts optimizer steps from 0."""

    series: str
    step: int
    value: float


@dataclass(frozen=True, kw_only=True)
class CustomizationStatus:
    """A customization job as last seen. `output_model` carries its revision once the service named it.

    `progress` is a share from 0 to 1 taken from steps where the service gives them, else from epochs; None if unknown.
    """

    id: str
    state: JobState
    output_model: str | None
    progress: float | None
    epochs_completed: int | None
    steps_completed: int | None
    losses: tuple[LossPoint, ...]
    log: tuple[str, ...]  # newest last
    detail: str | None
    created_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """How the evaluated model writes its answers; two results are comparable only when these agree.

    Temperature 0 is greedy decoding. An answer longer than `max_tokens` is cut off and counts as wrong.
    """

    temperature: float = 0.0
    max_tokens: int = 1024


@dataclass(frozen=True, kw_only=True)
class EvaluationSpec:
    """An evaluation of one model on one uploaded file. `key` is unique per run and step and marks the job as ours.

    `limit` is the number of records in the file, so that the service can report progress.
    """

    key: str
    run_id: str
    model: str
    dataset: DatasetReference
    path: str
    kind: EvaluationKind
    limit: int
    decoding: Decoding = Decoding()


@dataclass(frozen=True, kw_only=True)
class EvaluationStatus:
    """An evaluation job as last seen; `progress` is a share from 0 to 1, None if the service does not say."""

    id: str
    state: JobState
    progress: float | None
    detail: str | None
    created_at: datetime | None


class JobKind(StrEnum):
    """What a remote job does."""

    CUSTOMIZATION = "customization"  # fine-tunes a student
    EVALUATION = "evaluation"  # judges a model


@dataclass(frozen=True, kw_only=True)
class MarkedJob:
    """A job that carries our mark, as a list shows it. `key` is the mark of the step that made it."""

    kind: JobKind
    id: str
    key: str
    state: JobState


@dataclass(frozen=True, kw_only=True)
class RemoteSample:
    """One record of an evaluation's downloaded results.

    `request` is the request of the record that was evaluated, as the service returned it; `message` is the assistant
    message of the model, None when the call failed and `error` says why. Token counts are None where not reported;
    `scores` holds the service's own per-record scores as `metric.score`.
    """

    request: Mapping[str, object]
    message: Mapping[str, object] | None
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_ms: float | None
    scores: Mapping[str, float]
    error: str | None


@dataclass(frozen=True, kw_only=True)
class TimedAnswer:
    """How long one request to a model took, from sending it to the last byte; tokens are None where not reported."""

    latency_ms: float
    prompt_tokens: int | None
    completion_tokens: int | None


@dataclass(frozen=True, kw_only=True)
class ServiceHealth:
    """One probe of one service, for `flywheel config check` and the System page."""

    service: str
    url: str
    ok: bool
    detail: str


class ModelOps(Protocol):
    """Everything a run does outside. Implementations are thread-safe and hold no state of runs."""

    def put_dataset(self, name: str, files: Mapping[str, bytes], *, run_id: str) -> DatasetReference:
        """Create or overwrite dataset `name` with `files` (path in repository to bytes) and register it; repeatable."""

    def delete_dataset(self, name: str) -> None:
        """Remove a dataset from both stores; nothing happens when it is gone."""

    def create_deployment(self, spec: DeploymentSpec) -> None:
        """Ask for a deployment. Raises `ResourceExists` when the name is taken."""

    def find_deployment(self, name: str) -> Deployment | None:
        """Return the deployment of this name, or None."""

    def list_deployments(self) -> Sequence[Deployment]:
        """Return all deployments of the namespace, ours and others'."""

    def delete_deployment(self, name: str) -> None:
        """Remove a deployment; nothing happens when it is gone."""

    def list_models(self) -> frozenset[str]:
        """Return the ids that the NIM proxy answers for; an adapter appears here some time after its training."""

    def create_customization(self, spec: CustomizationSpec) -> str:
        """Start a fine-tuning job and return its id. Raises `ResourceExists` when the service knows the name."""

    def find_customizations(self, spec: CustomizationSpec, *, since: datetime) -> Sequence[CustomizationStatus]:
        """Return the jobs with the spec's key or output model that were created after `since`, oldest first."""

    def get_customization(self, job_id: str) -> CustomizationStatus:
        """Return the job's state, losses and log. Raises `ResourceMissing` when it vanished."""

    def cancel_customization(self, job_id: str) -> None:
        """Ask the job to stop; nothing happens when it has ended or vanished."""

    def delete_model(self, model: str) -> None:
        """Remove a customized model (`namespace/name@revision`); nothing happens when it is gone."""

    def create_evaluation(self, spec: EvaluationSpec) -> str:
        """Start an evaluation job and return its id."""

    def find_evaluations(self, spec: EvaluationSpec, *, since: datetime) -> Sequence[EvaluationStatus]:
        """Return the evaluation jobs that carry the spec's key, oldest first."""

    def get_evaluation(self, job_id: str) -> EvaluationStatus:
        """Return the job's state. Raises `ResourceMissing` when it vanished."""

    def cancel_evaluation(self, job_id: str) -> None:
        """Ask the job to stop; nothing happens when it has ended or vanished."""

    def list_marked_jobs(self, *, since: datetime) -> Sequence[MarkedJob]:
        """Return the jobs that carry our mark and were created after `since`, customizations and evaluations."""

    def evaluation_scores(self, job_id: str) -> Mapping[str, float]:
        """Return the service's own aggregate scores as `task.metric.score`; a score without a value is left out.

        Token F1 is always `chat-completion.f1.f1_score`, though some builds call the score `f1`.
        """

    def evaluation_samples(self, job_id: str) -> Iterator[RemoteSample]:
        """Stream the per-record results of a completed evaluation."""

    def ask(self, model: str, request: Mapping[str, object], *, decoding: Decoding) -> TimedAnswer:
        """Send one request to a model that answers, exactly once, and return how long it took."""

    def probe(self) -> Sequence[ServiceHealth]:
        """Ask each service for its health; never raises for a service that is down."""

    def close(self) -> None:
        """Close the connections; nothing can be asked afterwards."""
