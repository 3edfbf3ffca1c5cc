"""Candidates side by side: each against the teacher and against gold, and each variant against its base.

Numbers only, from samples alone, without a policy: `core.evaluation.gates` holds them against limits and
`core.evaluation.verdict` puts them into words. Pure, and quick enough to be computed when a page opens.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.evaluation.classes import ClassRow, list_classes
from core.evaluation.comparability import (
    EvaluationInputs,
    InputDifference,
    find_common_keys,
    find_differences,
)
from core.evaluation.errors import ComparisonError
from core.evaluation.gold import GoldComparison, compare_with_gold
from core.evaluation.latency import Latency, summarise_latency
from core.evaluation.metrics import Metrics, measure
from core.evaluation.pairing import PairedComparison, adjust_for_number, compare_pair
from core.evaluation.plain import to_plain
from core.evaluation.samples import Candidate, Outcome, Sample
from core.evaluation.shares import Share
from core.scoring import ConfusionMatrix, confusion

BASE = "base"
UNANSWERED = (Outcome.MISSING, Outcome.ERROR)
UNREADABLE = (Outcome.INVALID_FORMAT, Outcome.TRUNCATED)


@dataclass(frozen=True, kw_only=True)
class CandidateSamples:
    """One candidate's samples with what they depend on; `run_id` tells results of several runs apart."""

    candidate: Candidate
    samples: Sequence[Sample]
    inputs: EvaluationInputs
    run_id: str | None = None

    @property
    def name(self) -> str:
        """How differences and errors name the result: the candidate, and its run where there is one."""
        return str(self.candidate) if self.run_id is None else f"{self.candidate} of run {self.run_id}"


@dataclass(frozen=True, kw_only=True)
class CandidateComparison:
    """Everything the samples say about one candidate.

    `agreement` is the share of answers equal to the teacher's, over all records. `classes` and `confusion` are empty
    for free text; `against_base` is None for a base, without one, or when the inputs differ (`not_compared` says so).
    """

    candidate: Candidate
    run_id: str | None
    n: int
    agreement: Share
    metrics: Metrics
    outcomes: Mapping[str, int]
    unanswered: int
    unreadable: Share
    tool_name: Share | None
    tool_arguments: Share | None
    classes: tuple[ClassRow, ...]
    confusion: ConfusionMatrix | None
    gold: GoldComparison
    against_base: PairedComparison | None
    not_compared: str | None
    latency: Latency | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Candidates side by side. `differences` names every input that is not the same for all of them.

    `common_records` counts the records all share. With `is_restricted`, every number is of those records alone.
    """

    candidates: tuple[CandidateComparison, ...]
    differences: tuple[InputDifference, ...]
    common_records: int
    is_restricted: bool

    @property
    def is_comparable(self) -> bool:
        """Whether all inputs agree."""
        return not self.differences

    def find(self, candidate: Candidate, *, run_id: str | None = None) -> CandidateComparison | None:
        """Return one candidate's part, or None."""
        found = (c for c in self.candidates if c.candidate == candidate and run_id in (None, c.run_id))
        return next(found, None)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {**to_plain(self), "is_comparable": self.is_comparable}


def compare(
    results: Sequence[CandidateSamples],
    *,
    has_labels: bool,
    gold: Mapping[str, str] | None = None,
    on_difference: Literal["refuse", "use_common_records"] = "refuse",
) -> Comparison:
    """Set candidates side by side; `gold` maps record keys to the answer key a person confirmed.

    Where inputs differ, a pair is not compared, unless `use_common_records` restricts every number to the records that
    all results hold; the differences stay named. `has_labels` is False for free text. Raises `ComparisonError` for a
    candidate or a record that stands there twice.
    """
    _check(results)
    differences = find_differences(
        {result.name: result.inputs for result in results},
        keys={result.name: [sample.key for sample in result.samples] for result in results},
    )
    common = find_common_keys([[sample.key for sample in result.samples] for result in results])
    is_restricted = bool(differences) and on_difference == "use_common_records"
    if is_restricted:
        results = [replace(result, samples=_only(result.samples, common)) for result in results]
    bases = {
        (result.run_id, result.candidate.student): result for result in results if result.candidate.variant == BASE
    }
    rows = [
        _compare_one(
            result,
            base=bases.get((result.run_id, result.candidate.student)),
            has_labels=has_labels,
            gold=gold or {},
            is_restricted=is_restricted,
        )
        for result in results
    ]
    pairs = adjust_for_number([row.against_base for row in rows])
    return Comparison(
        candidates=tuple(replace(row, against_base=pair) for row, pair in zip(rows, pairs, strict=True)),
        differences=differences,
        common_records=len(common),
        is_restricted=is_restricted,
    )


def _compare_one(
    result: CandidateSamples,
    *,
    base: CandidateSamples | None,
    has_labels: bool,
    gold: Mapping[str, str],
    is_restricted: bool,
) -> CandidateComparison:
    samples = result.samples
    outcomes = Counter(sample.outcome for sample in samples)
    expected = [sample.expected_label for sample in samples if sample.expected_label is not None]
    predicted = [sample.answer_label for sample in samples if sample.expected_label is not None]
    with_classes = has_labels and bool(expected)
    not_compared = _why_not_compared(result, base, is_restricted=is_restricted)
    return CandidateComparison(
        candidate=result.candidate,
        run_id=result.run_id,
        n=len(samples),
        agreement=Share.of(outcomes[Outcome.CORRECT], len(samples)),
        metrics=measure(samples, has_labels=has_labels),
        outcomes={outcome.value: outcomes[outcome] for outcome in Outcome},
        unanswered=sum(outcomes[outcome] for outcome in UNANSWERED),
        unreadable=Share.of(sum(outcomes[outcome] for outcome in UNREADABLE), len(samples)),
        tool_name=_share_of([sample.tool_name_correct for sample in samples]),
        tool_arguments=_share_of([sample.tool_arguments_correct for sample in samples]),
        classes=list_classes(expected, predicted) if with_classes else (),
        confusion=confusion(expected, predicted) if with_classes else None,
        gold=compare_with_gold(samples, gold),
        against_base=None if base is None or not_compared else compare_pair(samples, base.samples, base.candidate),
        not_compared=not_compared,
        latency=summarise_latency([sample.latency_ms for sample in samples], source="evaluation"),
    )


def _why_not_compared(result: CandidateSamples, base: CandidateSamples | None, *, is_restricted: bool) -> str | None:
    if result.candidate.variant == BASE:
        return "it is the base"
    if base is None:
        return f"there is no result of the base {result.candidate.student}"
    if is_restricted:
        return None
    sides = {"this candidate": result, "its base": base}
    differences = find_differences(
        {side: each.inputs for side, each in sides.items()},
        keys={side: [sample.key for sample in each.samples] for side, each in sides.items()},
    )
    return f"different {', '.join(difference.to_text() for difference in differences)}" if differences else None


def _share_of(values: Sequence[bool | None]) -> Share | None:
    """A record without a value is a wrong one; None when the workload has none at all."""
    if all(value is None for value in values):
        return None
    return Share.of(sum(value is True for value in values), len(values))


def _only(samples: Sequence[Sample], keys: Sequence[str]) -> list[Sample]:
    wanted = set(keys)
    return [sample for sample in samples if sample.key in wanted]


def _check(results: Sequence[CandidateSamples]) -> None:
    names = [result.name for result in results]
    if doubled := next((name for name in names if names.count(name) > 1), None):
        raise ComparisonError(f"{doubled} stands there twice; compare each result once", field="candidate")
    for result in results:
        counts = Counter(sample.key for sample in result.samples)
        if counts and (most := counts.most_common(1)[0])[1] > 1:
            raise ComparisonError(
                f"{result.name} holds record {most[0]} {most[1]} times; judge every record once", field="samples"
            )
