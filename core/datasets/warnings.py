"""What a person should know about a build before trusting it, in sentences with their numbers.

Nothing here stops a build; what does is a `DatasetError`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.datasets.counts import BuildCounts
from core.datasets.options import BuildOptions
from core.datasets.split import Draw, DrawMethod

NAMES_SHOWN = 5


class WarningCode(StrEnum):
    """What a warning is about."""

    INVALID_RECORDS = "invalid_records"  # malformed records were left out
    LOW_QUALITY = "low_quality"  # records without a usable answer were left out
    CONFLICTING_ANSWERS = "conflicting_answers"  # one request, several answers
    LEAKAGE = "leakage"  # records with an evaluation prompt were kept out of training
    NEAR_DUPLICATES = "near_duplicates"  # records with nearly an evaluation prompt were kept out of training
    UNREADABLE_GOLD = "unreadable_gold"  # gold answers that the answer format cannot read were not used
    VETOED_EVALUATION = "vetoed_evaluation"  # the frozen evaluation set holds records that were vetoed since
    NOT_STRATIFIED = "not_stratified"  # a draw could not represent all classes
    RARE_CLASSES = "rare_classes"  # classes too small to be on both sides
    UNTRAINED_CLASSES = "untrained_classes"  # evaluated, but no record to learn them from
    UNEVALUATED_CLASSES = "unevaluated_classes"  # trained, but no record to test them with


@dataclass(frozen=True, kw_only=True)
class BuildWarning:
    """One thing to know; `message` is a sentence for people."""

    code: WarningCode
    message: str

    def to_dict(self) -> dict[str, object]:
        """Return the warning as plain JSON values."""
        return {"code": self.code.value, "message": self.message}


def list_warnings(
    counts: BuildCounts,
    options: BuildOptions,
    *,
    evaluation: Draw | None,
    validation: Draw | None,
    vetoed_evaluation: int = 0,
) -> tuple[BuildWarning, ...]:
    """Return the warnings of a build, in the order of its steps.

    A draw is None where there was none: `evaluation` of a frozen evaluation set, both of an estimate. Of a frozen set,
    `vetoed_evaluation` is the number of records that are vetoed.
    """
    return (
        *_about_records(counts),
        *_about_corrections(counts, vetoed_evaluation),
        *_about_draws(evaluation, validation),
        *_about_classes(counts, options),
    )


def _about_records(counts: BuildCounts) -> Iterator[BuildWarning]:
    total = _number(counts.total, "record")
    if counts.invalid:
        yield BuildWarning(
            code=WarningCode.INVALID_RECORDS,
            message=f"Malformed and left out: {sum(counts.invalid.values())} of {total} ({_reasons(counts.invalid)}).",
        )
    if counts.quality:
        yield BuildWarning(
            code=WarningCode.LOW_QUALITY,
            message=f"Without a usable answer and left out: {sum(counts.quality.values())} of {total} "
            f"({_reasons(counts.quality)}).",
        )
    if counts.conflicting_requests:
        yield BuildWarning(
            code=WarningCode.CONFLICTING_ANSWERS,
            message=f"Answered in more than one way: {_number(counts.conflicting_requests, 'request')} "
            f"({_number(counts.conflicting_records, 'record')}); the oldest answer was kept.",
        )
    if counts.leaked:
        yield BuildWarning(
            code=WarningCode.LEAKAGE,
            message=f"Kept out of training, as the evaluation set has the same prompt: "
            f"{_number(counts.leaked, 'record')}.",
        )
    if counts.near_duplicates:
        yield BuildWarning(
            code=WarningCode.NEAR_DUPLICATES,
            message=f"Kept out of training, as the evaluation set has nearly the same prompt: "
            f"{_number(counts.near_duplicates, 'record')}.",
        )


def _about_corrections(counts: BuildCounts, vetoed_evaluation: int) -> Iterator[BuildWarning]:
    if counts.unreadable_gold:
        yield BuildWarning(
            code=WarningCode.UNREADABLE_GOLD,
            message=f"Not used, as the workload's answer format cannot read them: "
            f"{_number(counts.unreadable_gold, 'gold answer')}.",
        )
    if vetoed_evaluation:
        yield BuildWarning(
            code=WarningCode.VETOED_EVALUATION,
            message=f"Vetoed after the evaluation set was frozen and still in it: "
            f"{_number(vetoed_evaluation, 'record')}; freeze a new version to leave them out.",
        )


def _about_draws(evaluation: Draw | None, validation: Draw | None) -> Iterator[BuildWarning]:
    for name, draw in (("evaluation", evaluation), ("validation", validation)):
        if draw is not None and draw.method is DrawMethod.RANDOM_TOO_SMALL:
            yield BuildWarning(
                code=WarningCode.NOT_STRATIFIED,
                message=f"The {name} set of {_number(len(draw.taken), 'record')} cannot represent "
                f"{_number(draw.groups, 'class')}; it was drawn at random.",
            )


def _about_classes(counts: BuildCounts, options: BuildOptions) -> Iterator[BuildWarning]:
    if counts.rare_classes:
        yield BuildWarning(
            code=WarningCode.RARE_CLASSES,
            message=f"Drawn as one group, with up to {_number(options.rare_class_threshold, 'record')} each: "
            f"{_names(counts.rare_classes)}.",
        )
    untrained = [label for label, count in counts.classes.items() if count.evaluation and not count.training]
    if untrained:
        yield BuildWarning(
            code=WarningCode.UNTRAINED_CLASSES,
            message=f"Evaluated but not trained, so no customized student can learn them: {_names(untrained)}.",
        )
    unevaluated = [label for label, count in counts.classes.items() if not count.evaluation]
    if unevaluated:
        yield BuildWarning(
            code=WarningCode.UNEVALUATED_CLASSES,
            message=f"Not in the evaluation set, so the scores say nothing about them: {_names(unevaluated)}.",
        )


def _number(count: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def _reasons(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in reasons.items())


def _names(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - NAMES_SHOWN} more" if len(labels) > NAMES_SHOWN else ""
    return f"{_number(len(labels), 'class')} (" + ", ".join(repr(label) for label in labels[:NAMES_SHOWN]) + more + ")"
