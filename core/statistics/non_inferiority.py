"""Is a candidate not worse than its reference by more than a margin, on the same records?

Tango's score test at one-sided 2.5 % (Tango 1998, see `core.statistics.paired`): the whole two-sided 95 % interval of
the difference lies above minus the margin. A candidate is never called equal, only not worse by more than the margin.
"""

from dataclasses import dataclass
from math import ceil
from statistics import NormalDist

from core.errors import InputError
from core.statistics.conclusions import Conclusion
from core.statistics.intervals import Interval
from core.statistics.paired import PairedCounts, score_statistic, tango_interval


@dataclass(frozen=True, kw_only=True)
class NonInferiorityJudgement:
    """A paired difference set against a margin. Difference, interval and `p_value` are None without records.

    `p_value` is one-sided, of "worse by the margin or more". `needed` is how many records are asked
    for: the caller's number, or those that show non-inferiority when both sides answer all of them alike.
    """

    conclusion: Conclusion
    counts: PairedCounts
    margin: float
    difference: float | None
    interval: Interval | None
    p_value: float | None
    needed: int


def judge_non_inferiority(
    counts: PairedCounts, *, margin: float, confidence: float = 0.95, needed: int = 1
) -> NonInferiorityJudgement:
    """Return whether the candidate is not worse than its reference by `margin` (0 to 1, both excluded) or more.

    Fewer than `needed` records never pass. A straddling interval on fewer records than even identical answers would
    need is "not enough data". Raises `InputError` for a margin outside 0 to 1.
    """
    wanted = max(needed, smallest_non_inferior_size(margin, confidence=confidence))
    interval = tango_interval(counts, confidence=confidence)
    if interval is None or (interval.high >= -margin and counts.n < needed):
        conclusion = Conclusion.NOT_ENOUGH_DATA
    elif interval.high < -margin:
        conclusion = Conclusion.FAILS
    elif interval.low >= -margin:
        conclusion = Conclusion.PASSES
    else:
        conclusion = Conclusion.NEEDS_JUDGEMENT if counts.n >= wanted else Conclusion.NOT_ENOUGH_DATA
    return NonInferiorityJudgement(
        conclusion=conclusion,
        counts=counts,
        margin=margin,
        difference=counts.difference,
        interval=interval,
        p_value=NormalDist().cdf(-score_statistic(counts, -margin)) if counts.n else None,
        needed=wanted,
    )


def smallest_non_inferior_size(margin: float, *, confidence: float = 0.95) -> int:
    """Return how many records show non-inferiority at `margin` when both sides are right on the same ones.

    Without any differing record Tango's interval starts at -z² / (n + z²). Raises `InputError` outside 0 to 1.
    """
    if not 0 < margin < 1:
        raise InputError(f"A margin must lie between 0 and 1, got {margin}; use for example 0.02.", field="margin")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    return ceil(z * z * (1 / margin - 1))
