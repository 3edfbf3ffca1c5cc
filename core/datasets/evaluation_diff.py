"""What changed between two versions of an evaluation set: which records came and went, and how the classes moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.datasets.frames import last_user_text
from core.datasets.frozen import EvaluationRecord, FrozenEvaluationSet, read_evaluation_file


@dataclass(frozen=True, kw_only=True)
class DiffRecord:
    """One record of a difference: its key, what was asked, and the answers before and after; None where it is not."""

    key: str
    asked: str
    answer_before: str | None
    answer_after: str | None


@dataclass(frozen=True, kw_only=True)
class ClassChange:
    """How many records of a class each version holds."""

    before: int
    after: int


@dataclass(frozen=True, kw_only=True)
class EvaluationSetDiff:
    """Records only in the newer version, only in the older, and in both with another answer; `kept` counts all in both.

    `classes` are those whose number of records changed, by label.
    """

    added: tuple[DiffRecord, ...]
    removed: tuple[DiffRecord, ...]
    changed: tuple[DiffRecord, ...]
    kept: int
    classes: Mapping[str, ClassChange]


def diff_evaluation_sets(older: FrozenEvaluationSet, newer: FrozenEvaluationSet) -> EvaluationSetDiff:
    """Return the difference; each version's answers are read in its own format, records compared by request."""
    before = {record.key: record for record in read_evaluation_file(older.content, older.answer_format)}
    after = {record.key: record for record in read_evaluation_file(newer.content, newer.answer_format)}
    both = [key for key in after if key in before]
    return EvaluationSetDiff(
        added=tuple(_describe(key, before, after) for key in after if key not in before),
        removed=tuple(_describe(key, before, after) for key in before if key not in after),
        changed=tuple(_describe(key, before, after) for key in both if before[key].answer.key != after[key].answer.key),
        kept=len(both),
        classes=_compare_classes(list(before.values()), list(after.values())),
    )


def _describe(key: str, before: Mapping[str, EvaluationRecord], after: Mapping[str, EvaluationRecord]) -> DiffRecord:
    old, new = before.get(key), after.get(key)
    request = (new or before[key]).request
    return DiffRecord(
        key=key,
        asked=last_user_text(request),
        answer_before=old.answer.text if old else None,
        answer_after=new.answer.text if new else None,
    )


def _compare_classes(before: Sequence[EvaluationRecord], after: Sequence[EvaluationRecord]) -> dict[str, ClassChange]:
    labels = [[record.answer.label for record in records] for records in (before, after)]
    names = sorted({label for side in labels for label in side if label is not None})
    changes = {name: ClassChange(before=labels[0].count(name), after=labels[1].count(name)) for name in names}
    return {name: change for name, change in changes.items() if change.before != change.after}
