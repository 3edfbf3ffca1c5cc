"""What clients send: strict models, so that a misspelt field is refused instead of silently ignored.

Names are the blueprint's where it has one. Whether a value fits the logs and the settings is decided in `core`.
"""

from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from core.promotion import Verdict
from core.runs import LaunchRequest

LARGEST_NUMBER = 2**53 - 1
"""Numbers beyond this are not the same in every JSON reader."""

FIELD_NAMES = MappingProxyType(
    {
        "run_id": "job_id",
        "evaluation_size": "data_split_config.eval_size",
        "validation_ratio": "data_split_config.val_ratio",
        "minimum_records": "data_split_config.min_total_records",
        "seed": "data_split_config.random_seed",
        "limit": "data_split_config.limit",
        "stratify": "data_split_config.stratify_enabled",
        "rare_class_threshold": "data_split_config.rare_class_threshold",
        "parse_function_arguments": "data_split_config.parse_function_arguments",
        "since": "selection.since",
        "until": "selection.until",
        "text": "selection.text",
        "models": "selection.models",
        "finish_reasons": "selection.finish_reasons",
        "limit_method": "selection.limit_method",
        "icl.max_examples": "icl_config.max_examples",
        "icl.min_examples": "icl_config.min_examples",
        "icl.reserved_tokens": "icl_config.reserved_tokens",
        "icl.relevance_ratio": "icl_config.relevance_ratio",
        "icl.selection": "icl_config.example_selection",
    }
)
"""What `core` calls a field, and what a client has to correct."""


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not hold the character NUL")
    return text


Name = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_without_nul)]
LongText = Annotated[str, Field(max_length=20_000), AfterValidator(_without_nul)]
Count = Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DataSplitConfig(_Body):
    """How the datasets are built; a field left out (or null) takes this installation's setting."""

    eval_size: Count | None = Field(default=None, description="records of the evaluation set")
    val_ratio: float | None = Field(
        default=None, gt=0, lt=1, allow_inf_nan=False, description="share of training records kept for validation"
    )
    min_total_records: Count | None = Field(default=None, description="fewer usable records than this are refused")
    random_seed: int | None = Field(default=None, ge=0, le=LARGEST_NUMBER, description="0 is a seed like any other")
    limit: Count | None = Field(default=None, description="most records to use; left out takes the setting")
    parse_function_arguments: bool | None = Field(default=None, description="read tool arguments given as text")
    stratify_enabled: bool | None = Field(default=None, description="keep the shares of classes in every part")
    rare_class_threshold: int | None = Field(
        default=None, ge=0, le=LARGEST_NUMBER, description="classes with at most so many records are set aside"
    )


class Selection(_Body):
    """Which of the workload's records a run looks at; what is left out does not narrow."""

    since: AwareDatetime | None = Field(default=None, strict=False, description="first instant, included")
    until: AwareDatetime | None = Field(default=None, strict=False, description="last instant, excluded")
    text: LongText | None = Field(default=None, description="a search as in the log browser")
    models: list[Name] = Field(default=[], max_length=100, description="models that answered")
    finish_reasons: list[Name] = Field(default=[], max_length=20)
    limit_method: Literal["uniform", "newest"] | None = Field(
        default=None, description="which records are used where there are more than `limit`; left out: uniform"
    )


class AnswerFormatBody(_Body):
    """How answers are read, instead of what would be detected."""

    kind: Literal["double_brackets", "json_field", "whole_text", "tool_call"]
    field: Name | None = Field(default=None, description="name of the JSON field, for json_field alone")
    fold_case: bool = True


class IclConfig(_Body):
    """How in-context examples are chosen; a field left out takes this installation's setting."""

    max_examples: Count | None = None
    min_examples: Count | None = None
    reserved_tokens: int | None = Field(default=None, ge=0, le=LARGEST_NUMBER)
    example_selection: Literal["uniform_distribution", "semantic_similarity"] | None = None
    relevance_ratio: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)

    def to_options(self) -> dict[str, object]:
        """Return the options in the words of `core.datasets`."""
        options = self.model_dump(exclude_none=True)
        selection = options.pop("example_selection", None)
        return {**options, **({"selection": selection.partition("_")[0]} if selection else {})}


class Training(_Body):
    """Hyperparameters of the customization; a field left out takes the student's setting."""

    epochs: Count | None = None
    batch_size: Count | None = None
    learning_rate: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    adapter_dim: Count | None = None
    adapter_dropout: float | None = Field(default=None, ge=0, lt=1, allow_inf_nan=False)


class JobRequest(_Body):
    """A run to start. Without `students` or `variants`: all configured students in all variants."""

    workload_id: Name
    client_id: Name | None = Field(default=None, description="left out takes the records of all clients")
    data_split_config: DataSplitConfig | None = None
    evaluation_set: Name | None = Field(
        default=None,
        description="a frozen set to be judged on: its version (`v3`), the beginning of its address, or `new`; left out"
        " takes the newest, or a new one of the size asked for",
        examples=["v3"],
    )
    selection: Selection | None = None
    answer_format: AnswerFormatBody | None = None
    workload_type: Literal["classification", "tool_calling", "free_text"] | None = None
    icl_config: IclConfig | None = None
    students: list[Name] | None = Field(default=None, min_length=1, max_length=100)
    variants: list[Name] | None = Field(default=None, min_length=1, max_length=10)
    training: Training | None = None
    priority: int = Field(default=0, ge=-100, le=100, description="a higher one is served first")
    requested_by: Name = Field(default="api", description="who asks; recorded, not verified without sign-in")

    def to_launch(self, idempotency_key: str | None) -> LaunchRequest:
        """Return the request in the words of `core.runs`."""
        split, selection = self.data_split_config or DataSplitConfig(), self.selection or Selection()
        return LaunchRequest(
            workload_id=self.workload_id,
            client_id=self.client_id,
            students=self.students,
            variants=self.variants,
            evaluation_size=split.eval_size,
            validation_ratio=split.val_ratio,
            minimum_records=split.min_total_records,
            limit=split.limit,
            seed=split.random_seed,
            stratify=split.stratify_enabled,
            rare_class_threshold=split.rare_class_threshold,
            parse_function_arguments=split.parse_function_arguments,
            evaluation_set=self.evaluation_set,
            since=selection.since,
            until=selection.until,
            text=selection.text,
            models=selection.models,
            finish_reasons=selection.finish_reasons,
            limit_method=selection.limit_method,
            answer_format=self.answer_format.model_dump() if self.answer_format else None,
            workload_type=self.workload_type,
            icl=self.icl_config.to_options() if self.icl_config else None,
            training=self.training.model_dump(exclude_none=True) if self.training else None,
            priority=self.priority,
            requested_by=self.requested_by,
            idempotency_key=idempotency_key,
        )


class DecisionBody(_Body):
    """One act on a candidate. `expected_sequence` is the number of acts on it that the person saw, 0 for none."""

    candidate: Name = Field(description="`student:variant`", examples=["local/linear-large:customized"])
    verdict: Verdict = Field(strict=False)
    reason: LongText = Field(min_length=1, description="what convinced the person; kept with the decision")
    decided_by: Name = Field(description="who decides; recorded, not verified without sign-in")
    expected_sequence: int = Field(ge=0, le=LARGEST_NUMBER)
    expected_results_hash: str | None = Field(
        default=None, pattern="^[0-9a-f]{64}$", description="refuse when the results are not these"
    )
    expected_basis: dict[str, Name] | None = Field(
        default=None, max_length=10, description="the `basis` that was seen: a refusal then says what changed"
    )
    override_reason: LongText | None = Field(
        default=None, description="why failing gates are overridden, where the policy allows it"
    )
