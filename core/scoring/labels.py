"""Scores of a classification: accuracy, F1 per class, their macro and weighted means, the confusion matrix.

Labels are compared as they are: fold them before (`Answer.key`). A prediction of None (missing or unreadable) and a
label that no record expects are wrong answers that belong to no class, so they cost recall and never precision. The
values equal scikit-learn's with `labels=sorted(set(expected))` and `zero_division=0`; a test holds them together.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from core.scoring.errors import ScoringError


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """One class: scores from 0 to 1, `support` records that expect it and `predicted` outputs that name it.

    Precision is 0 where nothing was predicted, as in scikit-learn; `predicted` tells that case apart.
    """

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int


@dataclass(frozen=True, kw_only=True)
class ConfusionMatrix:
    """How often each expected label (row) got each predicted label (column), both in the order of `labels`.

    `foreign[row]` counts predictions of a label that no record expects, `unreadable[row]` those of None.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    foreign: tuple[int, ...]
    unreadable: tuple[int, ...]


def accuracy(expected: Sequence[str], predicted: Sequence[str | None]) -> float:
    """Return the share of exact matches. Raises `ScoringError` without records."""
    _check_pairs(expected, predicted)
    return sum(wanted == got for wanted, got in zip(expected, predicted, strict=True)) / len(expected)


def macro_f1(expected: Sequence[str], predicted: Sequence[str | None]) -> float:
    """Return the plain mean of the F1 of all expected classes. Raises `ScoringError` without records."""
    scores = per_class(expected, predicted)
    return fsum(score.f1 for score in scores) / len(scores)


def weighted_f1(expected: Sequence[str], predicted: Sequence[str | None]) -> float:
    """Return the mean F1 of all expected classes, weighted by support. Raises `ScoringError` without records."""
    scores = per_class(expected, predicted)
    return fsum(score.f1 * score.support for score in scores) / len(expected)


def per_class(expected: Sequence[str], predicted: Sequence[str | None]) -> tuple[ClassScore, ...]:
    """Return the scores of every expected label, sorted by label. Raises `ScoringError` without records."""
    _check_pairs(expected, predicted)
    support = Counter(expected)
    named = Counter(predicted)
    correct = Counter(wanted for wanted, got in zip(expected, predicted, strict=True) if wanted == got)
    return tuple(
        ClassScore(
            label=label,
            precision=correct[label] / named[label] if named[label] else 0.0,
            recall=correct[label] / support[label],
            f1=2 * correct[label] / (support[label] + named[label]),
            support=support[label],
            predicted=named[label],
        )
        for label in sorted(support)
    )


def confusion(expected: Sequence[str], predicted: Sequence[str | None]) -> ConfusionMatrix:
    """Return the confusion matrix over the expected labels. Raises `ScoringError` without records."""
    _check_pairs(expected, predicted)
    labels = tuple(sorted(set(expected)))
    pairs = Counter(zip(expected, predicted, strict=True))
    support = Counter(expected)
    counts = tuple(tuple(pairs[row, column] for column in labels) for row in labels)
    unreadable = tuple(pairs[row, None] for row in labels)
    foreign = tuple(
        support[row] - sum(known) - missing for row, known, missing in zip(labels, counts, unreadable, strict=True)
    )
    return ConfusionMatrix(labels=labels, counts=counts, foreign=foreign, unreadable=unreadable)


def _check_pairs(expected: Sequence[str], predicted: Sequence[str | None]) -> None:
    if len(expected) != len(predicted):
        raise ScoringError(
            f"There are {len(expected)} expected labels but {len(predicted)} predicted ones; give one prediction per "
            "record, None where there is none."
        )
    if not expected:
        raise ScoringError("There are no records to score; check the number of records before asking for a score.")
