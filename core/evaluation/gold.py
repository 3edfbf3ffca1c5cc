"""Correctness on gold: the candidate and the teacher against what a person confirmed, on the same records.

Never mixed with agreement: where the teacher is wrong, agreeing with it is no merit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.evaluation.samples import Sample
from core.evaluation.shares import Share
from core.statistics import Interval, PairedCounts, count_pairs, tango_interval


@dataclass(frozen=True, kw_only=True)
class GoldComparison:
    """The records with gold: how often the candidate and the teacher are right, and the paired difference.

    `difference` is the candidate's share minus the teacher's; None, like its 95 % interval, without gold.
    """

    candidate: Share
    teacher: Share
    counts: PairedCounts
    difference: float | None
    interval: Interval | None


def compare_with_gold(samples: Sequence[Sample], gold: Mapping[str, str]) -> GoldComparison:
    """Return how often candidate and teacher give the gold answer, on the records whose key `gold` holds.

    An answer that is missing or unreadable has no key and is wrong.
    """
    known = [(sample, gold[sample.key]) for sample in samples if sample.key in gold]
    counts = count_pairs((sample.answer_key == right, sample.expected_key == right) for sample, right in known)
    return GoldComparison(
        candidate=Share.of(counts.both_right + counts.newly_right, counts.n),
        teacher=Share.of(counts.both_right + counts.newly_wrong, counts.n),
        counts=counts,
        difference=counts.difference,
        interval=tango_interval(counts),
    )
