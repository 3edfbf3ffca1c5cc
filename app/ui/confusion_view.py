"""A confusion matrix small enough to read: the classes with the most errors, the others together. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.scoring import ConfusionMatrix

MAX_CLASSES = 14
OTHERS = "other classes"
NOT_A_CLASS = "no class"


@dataclass(frozen=True, kw_only=True)
class ReadableMatrix:
    """Counts by expected class (row) and answered class (column). The last column may be no expected class."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    left_out: int  # classes that stand together as "other classes"


def make_readable(matrix: ConfusionMatrix, *, max_classes: int = MAX_CLASSES) -> ReadableMatrix:
    """Return the matrix with at most `max_classes` classes by name, those with the most errors first kept.

    Answers that name no expected class, or none at all, stand in a column of their own.
    """
    shown = _most_confused(matrix, max_classes)
    rest = [at for at in range(len(matrix.labels)) if at not in shown]
    groups = [[at] for at in shown] + ([rest] if rest else [])
    names = [matrix.labels[at] for at in shown] + ([OTHERS] if rest else [])
    counts = [
        [sum(matrix.counts[row][column] for row in rows for column in columns) for columns in groups] for rows in groups
    ]
    outside = [sum(matrix.foreign[row] + matrix.unreadable[row] for row in rows) for rows in groups]
    if any(outside):
        counts = [[*row, extra] for row, extra in zip(counts, outside, strict=True)]
    return ReadableMatrix(
        rows=tuple(names),
        columns=(*names, NOT_A_CLASS) if any(outside) else tuple(names),
        counts=tuple(tuple(row) for row in counts),
        left_out=len(rest),
    )


def _most_confused(matrix: ConfusionMatrix, max_classes: int) -> Sequence[int]:
    """Return the places of the classes to show, in the matrix's order."""
    every = range(len(matrix.labels))
    if len(matrix.labels) <= max_classes:
        return list(every)
    columns = list(zip(*matrix.counts, strict=True))
    errors = [
        sum(matrix.counts[at])
        + sum(columns[at])
        - 2 * matrix.counts[at][at]
        + matrix.foreign[at]
        + matrix.unreadable[at]
        for at in every
    ]
    return sorted(sorted(every, key=lambda at: -errors[at])[:max_classes])
