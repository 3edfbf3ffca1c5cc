"""Classes one by one: what a candidate answers for each, with intervals, the teacher's answers being the truth."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.evaluation.shares import Share
from core.scoring import per_class


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """One class with the teacher's answers as the truth. `predicted` counts the candidate's answers that name it."""

    label: str
    support: int
    predicted: int
    precision: Share
    recall: Share
    f1: float


def list_classes(expected: Sequence[str], predicted: Sequence[str | None]) -> tuple[ClassRow, ...]:
    """Return the rows of all expected labels, sorted by label."""
    correct = Counter(wanted for wanted, got in zip(expected, predicted, strict=True) if wanted == got)
    return tuple(
        ClassRow(
            label=score.label,
            support=score.support,
            predicted=score.predicted,
            precision=Share.of(correct[score.label], score.predicted),
            recall=Share.of(correct[score.label], score.support),
            f1=score.f1,
        )
        for score in per_class(expected, predicted)
    )
