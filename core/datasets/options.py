"""What a person chooses about datasets, and the checks that need nothing but a number of records.

`check_sizes` runs before anything starts; the builder repeats it on what is left after filtering.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from core.datasets.errors import DatasetError
from core.scoring import AnswerFormat

MINIMUM_TRAINING_DATA = 2  # one record to train on, one to validate with
LARGEST_SEED = 2**53 - 1  # the manifest is canonical JSON, which holds no larger integer
NEAR_DUPLICATE_THRESHOLD = 0.8


class WorkloadType(StrEnum):
    """What a workload asks for; decides how it is scored and what its training rows hold."""

    CLASSIFICATION = "classification"  # one of a closed set of labels
    TOOL_CALLING = "tool_calling"  # calls of the tools offered in the request
    FREE_TEXT = "free_text"  # anything else


class LimitMethod(StrEnum):
    """Which records are used when there are more than the limit."""

    UNIFORM = "uniform"  # drawn at random from all of the selection
    NEWEST = "newest"  # the last ones


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """How datasets are built from one workload's records.

    `since` (included) and `until` (excluded) are aware. `text` is a search as in the log browser; `models` and
    `finish_reasons` keep records with one of them, empty ones keep all. `limit` caps the records used, evaluation
    included. Classes of up to `rare_class_threshold` records are drawn as one group. `property_limit` is the number of
    parameters a tool may have before the services fail on it, None where they do not. Prompts whose words agree with
    one of the evaluation set by `near_duplicate_threshold` (Jaccard's index) do not train; None looks for equal prompts
    only. `answer_format` and `workload_type` None mean detect.
    """

    workload_id: str
    client_id: str | None = None
    evaluation_size: int = 100
    validation_ratio: float = 0.1
    minimum_records: int = 50
    seed: int = 42
    limit: int | None = None
    limit_method: LimitMethod = LimitMethod.UNIFORM
    stratify: bool = True
    rare_class_threshold: int = 1
    parse_function_arguments: bool = True
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    models: tuple[str, ...] = ()
    finish_reasons: tuple[str, ...] = ()
    property_limit: int | None = None
    near_duplicate_threshold: float | None = NEAR_DUPLICATE_THRESHOLD
    answer_format: AnswerFormat | None = None
    workload_type: WorkloadType | None = None

    @property
    def selection_text(self) -> str:
        """The selection in words, for messages: workload, client, time window and filters."""
        parts = [f"workload {self.workload_id!r}"]
        if self.client_id is not None:
            parts.append(f"client {self.client_id!r}")
        if self.since is not None:
            parts.append(f"from {self.since.isoformat()}")
        if self.until is not None:
            parts.append(f"before {self.until.isoformat()}")
        if self.text is not None:
            parts.append(f"with {self.text!r}")
        if self.models:
            parts.append(f"answered by {' or '.join(self.models)}")
        if self.finish_reasons:
            parts.append(f"finished by {' or '.join(self.finish_reasons)}")
        return ", ".join(parts)

    @property
    def narrowing_field(self) -> str | None:
        """The first option that narrows the workload's records, None when all of them are taken."""
        narrowing = (
            ("since", self.since or self.until),
            ("text", self.text),
            ("models", self.models),
            ("finish_reasons", self.finish_reasons),
        )
        return next((name for name, value in narrowing if value), None)


def check_options(options: BuildOptions) -> None:
    """Refuse options that no number of records can satisfy. Raises `DatasetError` with the option in `field`."""
    _check_count("evaluation_size", options.evaluation_size, at_least=1)
    _check_count("minimum_records", options.minimum_records, at_least=1)
    _check_count("rare_class_threshold", options.rare_class_threshold, at_least=0)
    for field in ("limit", "property_limit"):
        if getattr(options, field) is not None:
            _check_count(field, getattr(options, field), at_least=1)
    _check_threshold(options.near_duplicate_threshold)
    ratio: object = options.validation_ratio
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 0 < ratio < 1:
        raise DatasetError(
            f"validation_ratio is {ratio!r}, but it must lie between 0 and 1, both excluded: training needs records "
            "to learn from and records to validate with. Use 0.1.",
            field="validation_ratio",
        )
    seed: object = options.seed
    if isinstance(seed, bool) or not isinstance(seed, int) or abs(seed) > LARGEST_SEED:
        raise DatasetError(f"seed is {seed!r}, but it must be a whole number of up to 15 digits; use 42.", field="seed")
    _check_window(options)


def check_sizes(total: int, options: BuildOptions, *, is_evaluation_given: bool = False) -> None:
    """Refuse what `total` selected records cannot give, before anything is built. Raises `DatasetError`.

    With a frozen evaluation set the records are for training only, and its size is not asked of them. Filtering may
    leave fewer records than `total`; the builder checks again then.
    """
    check_options(options)
    if total < 1:
        raise DatasetError(
            f"There are no records of {options.selection_text}; import logs of it, or choose another workload, client, "
            "time window or filter.",
            field=options.narrowing_field or "workload_id",
        )
    if total < options.minimum_records:
        raise DatasetError(
            f"There are {total} records of {options.selection_text}, fewer than the minimum of "
            f"{options.minimum_records}; import more traffic, or lower minimum_records.",
            field="minimum_records",
        )
    if options.limit is not None and options.limit < options.minimum_records:
        raise DatasetError(
            f"limit is {options.limit}, below the minimum of {options.minimum_records} records; raise limit, or lower "
            "minimum_records.",
            field="limit",
        )
    if not is_evaluation_given:
        check_evaluation_size(total if options.limit is None else min(total, options.limit), options)


def check_evaluation_size(usable: int, options: BuildOptions) -> None:
    """Refuse an evaluation set that leaves nothing to train on. Raises `DatasetError`."""
    largest = usable - MINIMUM_TRAINING_DATA
    if largest < 1:
        raise DatasetError(
            f"There are only {usable} usable records of {options.selection_text}; an evaluation set with training and "
            "validation data needs at least 3. Import more traffic, or raise limit.",
            field="minimum_records",
        )
    if options.evaluation_size > largest:
        raise DatasetError(
            f"evaluation_size is {options.evaluation_size}, but there are {usable} usable records and training needs "
            f"the rest; choose {largest} or less (100 to 500 is usual), or import more traffic.",
            field="evaluation_size",
        )


def validation_size(records: int, ratio: float) -> int:
    """Return how many of the records left after evaluation validate: the ratio rounded up, one to train on spared.

    Computed in exact fractions of the decimal ratio: in floats, 0.07 of 100 rounds up to 8.
    """
    return max(1, min(math.ceil(Fraction(str(ratio)) * records), records - 1))


def _check_count(field: str, value: object, *, at_least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise DatasetError(f"{field} is {value!r}, but it must be a whole number of at least {at_least}.", field=field)


def _check_threshold(threshold: object) -> None:
    if threshold is None:
        return
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 < threshold <= 1:
        raise DatasetError(
            f"near_duplicate_threshold is {threshold!r}, but it must lie above 0 and at most at 1: the share of words "
            f"that makes two prompts nearly the same. Use {NEAR_DUPLICATE_THRESHOLD}, or none to compare exactly.",
            field="near_duplicate_threshold",
        )


def _check_window(options: BuildOptions) -> None:
    for field, moment in (("since", options.since), ("until", options.until)):
        if moment is not None and moment.tzinfo is None:
            raise DatasetError(
                f"{field} is {moment.isoformat()}, a time without a zone; add one, for example +00:00.", field=field
            )
    if options.since is not None and options.until is not None and options.since >= options.until:
        raise DatasetError(
            f"The time window is empty: since ({options.since.isoformat()}) is not before until "
            f"({options.until.isoformat()}); swap or widen them.",
            field="since",
        )
