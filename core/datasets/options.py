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


class WorkloadType(StrEnum):
    """What a workload asks for; decides how it is scored and what its training rows hold."""

    CLASSIFICATION = "classification"  # one of a closed set of labels
    TOOL_CALLING = "tool_calling"  # calls of the tools offered in the request
    FREE_TEXT = "free_text"  # anything else


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """How datasets are built from one workload's records.

    `since` (included) and `until` (excluded) are aware. `limit` caps the records used, drawn at random. Classes of up
    to `rare_class_threshold` records are drawn as one group. `answer_format` and `workload_type` None mean detect.
    """

    workload_id: str
    client_id: str | None = None
    evaluation_size: int = 100
    validation_ratio: float = 0.1
    minimum_records: int = 50
    seed: int = 42
    limit: int | None = None
    stratify: bool = True
    rare_class_threshold: int = 1
    parse_function_arguments: bool = True
    since: datetime | None = None
    until: datetime | None = None
    answer_format: AnswerFormat | None = None
    workload_type: WorkloadType | None = None

    @property
    def selection_text(self) -> str:
        """The selection in words, for messages: workload, client and time window."""
        parts = [f"workload {self.workload_id!r}"]
        if self.client_id is not None:
            parts.append(f"client {self.client_id!r}")
        if self.since is not None:
            parts.append(f"from {self.since.isoformat()}")
        if self.until is not None:
            parts.append(f"before {self.until.isoformat()}")
        return ", ".join(parts)


def check_options(options: BuildOptions) -> None:
    """Refuse options that no number of records can satisfy. Raises `DatasetError` with the option in `field`."""
    _check_count("evaluation_size", options.evaluation_size, at_least=1)
    _check_count("minimum_records", options.minimum_records, at_least=1)
    _check_count("rare_class_threshold", options.rare_class_threshold, at_least=0)
    if options.limit is not None:
        _check_count("limit", options.limit, at_least=1)
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


def check_sizes(total: int, options: BuildOptions) -> None:
    """Refuse what `total` selected records cannot give, before anything is built. Raises `DatasetError`.

    Filtering may leave fewer records than `total`; the builder checks again then.
    """
    check_options(options)
    if total < 1:
        raise DatasetError(
            f"There are no records of {options.selection_text}; import logs of it, or choose another workload, client "
            "or time window.",
            field="since" if options.since or options.until else "workload_id",
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
