"""Two candidates record by record: who is newly right, who newly wrong, and whether a lead is shown.

Right means the teacher's answer. A lead is shown when the exact McNemar test, adjusted by Holm for the number of pairs
compared, is at or below 5 % and Tango's interval excludes zero: the careful one of the two decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.evaluation.samples import Candidate, Outcome, Sample
from core.statistics import Interval, PairedCounts, adjust_holm, count_pairs, exact_mcnemar, tango_interval

LEVEL = 0.05


class OutcomePair(StrEnum):
    """What became of a record from the reference to the candidate."""

    NEWLY_WRONG = "newly_wrong"
    NEWLY_RIGHT = "newly_right"
    BOTH_WRONG = "both_wrong"
    BOTH_RIGHT = "both_right"


class Lead(StrEnum):
    """What the pairs show about the candidate and its reference."""

    BETTER = "better"
    WORSE = "worse"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True, kw_only=True)
class PairedComparison:
    """A candidate against a reference on the records both have.

    `difference` is the candidate's share of right answers minus the reference's, with Tango's 95 % interval; None
    without common records. `adjusted_p_value` is Holm's over `compared` pairs; `lead` rests on it.
    """

    reference: Candidate
    counts: PairedCounts
    difference: float | None
    interval: Interval | None
    p_value: float
    adjusted_p_value: float
    compared: int
    lead: Lead


def compare_pair(samples: Sequence[Sample], reference: Sequence[Sample], name: Candidate) -> PairedComparison:
    """Return a candidate's samples against those of the reference called `name`, as the only pair compared."""
    counts = count_pairs(
        (sample.outcome is Outcome.CORRECT, other.outcome is Outcome.CORRECT)
        for sample, other in _pairs(samples, reference)
    )
    p_value = exact_mcnemar(counts.newly_right, counts.newly_wrong)
    interval = tango_interval(counts)
    return PairedComparison(
        reference=name,
        counts=counts,
        difference=counts.difference,
        interval=interval,
        p_value=p_value,
        adjusted_p_value=p_value,
        compared=1,
        lead=_find_lead(interval, p_value),
    )


def adjust_for_number(pairs: Sequence[PairedComparison | None]) -> list[PairedComparison | None]:
    """Return the pairs with p-values and leads adjusted for how many there are; None stays None."""
    known = [pair for pair in pairs if pair is not None]
    adjusted = iter(adjust_holm([pair.p_value for pair in known]))
    return [_adjust(pair, next(adjusted), len(known)) if pair is not None else None for pair in pairs]


def pair_outcomes(samples: Sequence[Sample], reference: Sequence[Sample] | None) -> Mapping[str, OutcomePair]:
    """Return what became of every record that both have, by its key, in the candidate's order.

    Without a reference the teacher is one, and it is always right: a record is newly wrong or right in both.
    """
    if reference is None:
        return {sample.key: _against_teacher(sample) for sample in samples}
    return {sample.key: _outcome_pair(sample, other) for sample, other in _pairs(samples, reference)}


def _pairs(samples: Sequence[Sample], reference: Sequence[Sample]) -> list[tuple[Sample, Sample]]:
    others = {sample.key: sample for sample in reference}
    return [(sample, others[sample.key]) for sample in samples if sample.key in others]


def _outcome_pair(sample: Sample, reference: Sample) -> OutcomePair:
    if sample.outcome is Outcome.CORRECT:
        return OutcomePair.BOTH_RIGHT if reference.outcome is Outcome.CORRECT else OutcomePair.NEWLY_RIGHT
    return OutcomePair.NEWLY_WRONG if reference.outcome is Outcome.CORRECT else OutcomePair.BOTH_WRONG


def _against_teacher(sample: Sample) -> OutcomePair:
    return OutcomePair.BOTH_RIGHT if sample.outcome is Outcome.CORRECT else OutcomePair.NEWLY_WRONG


def _adjust(pair: PairedComparison, p_value: float, compared: int) -> PairedComparison:
    return replace(pair, adjusted_p_value=p_value, compared=compared, lead=_find_lead(pair.interval, p_value))


def _find_lead(interval: Interval | None, p_value: float) -> Lead:
    if interval is None or p_value > LEVEL or interval.low <= 0 <= interval.high:
        return Lead.NOT_SHOWN
    return Lead.BETTER if interval.low > 0 else Lead.WORSE
