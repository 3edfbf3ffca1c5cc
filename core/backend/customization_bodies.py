"""Request bodies of the customizer. Documented keys are kept and given back; what is not used here earns a warning."""

from typing import Annotated, Any, Literal

from pydantic import Field

from core.backend.answers import Body
from core.backend.entities import EntityBody, EntityName
from core.backend.students import TrainingParameters

Precision = Literal["int8", "bf16", "fp16", "fp32", "fp8-mixed", "bf16-mixed"]
TrainingType = Literal["sft", "dpo", "distillation", "grpo"]
FinetuningType = Literal["lora", "lora_merged", "all_weights"]
Positive = Annotated[int, Field(ge=1)]
MODEL_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9@+._-]*$"


class TargetBody(EntityBody):
    """`POST /v1/customization/targets`."""

    num_parameters: Positive
    precision: Precision
    base_model: str | None = None
    enabled: bool = True
    hf_endpoint: str | None = None
    model_path: str = ""
    model_uri: str | None = None
    tokenizer: dict[str, Any] | None = None


class TrainingKind(Body):
    """What tells the training options of a configuration apart."""

    training_type: TrainingType
    finetuning_type: FinetuningType

    @property
    def kind(self) -> tuple[str, str]:
        """Both types together."""
        return (self.training_type, self.finetuning_type)


class TrainingOption(TrainingKind):
    """One way of training that a configuration offers."""

    num_gpus: Annotated[int, Field(ge=0)]
    micro_batch_size: Positive
    num_nodes: Positive = 1
    tensor_parallel_size: Positive = 1
    pipeline_parallel_size: Positive = 1
    data_parallel_size: Positive = 1
    expert_model_parallel_size: Positive | None = None
    use_sequence_parallel: bool = False


class ConfigBody(EntityBody):
    """`POST /v1/customization/configs`, and the inline `config` of a job."""

    max_seq_length: Positive
    training_options: Annotated[list[TrainingOption], Field(min_length=1)]
    target: str | dict[str, Any]
    training_precision: Precision = "fp32"
    prompt_template: str | None = None
    chat_prompt_template: str | None = None
    dataset_schemas: list[dict[str, Any]] | None = None
    pod_spec: dict[str, Any] | None = None


class ConfigChanges(Body):
    """What `PATCH /v1/customization/configs/...` takes beside the fields of a configuration."""

    add_training_options: list[TrainingOption] = Field(default_factory=list)
    remove_training_options: list[TrainingKind] = Field(default_factory=list)


class Lora(Body):
    """Parameters of the adapter."""

    adapter_dim: Positive = TrainingParameters.adapter_dim
    adapter_dropout: Annotated[float, Field(ge=0, lt=1)] = TrainingParameters.adapter_dropout
    alpha: Positive | None = None
    target_modules: list[str] | None = None


class HyperparametersBody(Body):
    """Training settings of a job."""

    finetuning_type: FinetuningType
    training_type: TrainingType = "sft"
    epochs: Annotated[int, Field(ge=1, le=1000)] = TrainingParameters.epochs
    batch_size: Positive = TrainingParameters.batch_size
    learning_rate: Annotated[float, Field(gt=0)] = TrainingParameters.learning_rate
    seed: Annotated[int, Field(ge=0)] = 42
    log_every_n_steps: Positive = 10
    lora: Lora = Field(default_factory=Lora)
    adam_beta1: float | None = None
    adam_beta2: float | None = None
    max_steps: int | None = None
    min_learning_rate: float | None = None
    optimizer: str | None = None
    sequence_packing_enabled: bool | None = None
    val_check_interval: float | None = None
    warmup_steps: int | None = None
    weight_decay: float | None = None
    sft: dict[str, Any] | None = None
    dpo: dict[str, Any] | None = None
    distillation: dict[str, Any] | None = None
    grpo: dict[str, Any] | None = None


UNUSED_HYPERPARAMETERS = (
    "adam_beta1",
    "adam_beta2",
    "max_steps",
    "min_learning_rate",
    "optimizer",
    "sequence_packing_enabled",
    "sft",
    "val_check_interval",
    "warmup_steps",
    "weight_decay",
)
"""What the local students have no use for; a job that sets one is told so in `warnings`."""


class JobBody(Body):
    """`POST /v1/customization/jobs`."""

    config: str | dict[str, Any]
    dataset: str | dict[str, Any]
    hyperparameters: HyperparametersBody
    output_model: Annotated[str, Field(pattern=MODEL_NAME)] | None = None
    name: str | None = None
    namespace: EntityName = "default"
    description: str | None = None
    project: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)
    ownership: dict[str, Any] | None = None
    dataset_parameters: dict[str, Any] | None = None
    integrations: list[dict[str, Any]] | None = None
