"""Is a share at least a minimum? Wilson's interval against a limit, with "not enough data" as an answer.

The lower end of the two-sided 95 % interval is the one-sided 97.5 % lower bound: a share passes when the score test
rejects "below the minimum" at 2.5 %. `core.statistics.power` says beforehand what a number of records can show.
"""

from dataclasses import dataclass
from math import ceil
from statistics import NormalDist

from core.errors import InputError
from core.statistics.conclusions import Conclusion
from core.statistics.intervals import Interval, wilson_interval


@dataclass(frozen=True, kw_only=True)
class ShareJudgement:
    """A share set against a minimum. `share` and `interval` are None without records.

    `needed` is the fewest records with which the minimum could be shown at all, if every one of them were right.
    """

    conclusion: Conclusion
    successes: int
    n: int
    minimum: float
    share: float | None
    interval: Interval | None
    needed: int


def judge_minimum(
    successes: int, n: int, *, minimum: float, confidence: float = 0.95, needed: int = 1
) -> ShareJudgement:
    """Return whether a share of `successes` out of `n` is at least `minimum` (0 to 1, both excluded).

    Fewer than `needed` records, or fewer than any result could pass with, never pass; they still fail when even the
    upper end is below the minimum. Raises `InputError` for a minimum outside 0 to 1 or impossible counts.
    """
    needed = max(needed, smallest_passing_size(minimum, confidence=confidence))
    interval = wilson_interval(successes, n, confidence=confidence)
    if interval is None:
        conclusion = Conclusion.NOT_ENOUGH_DATA
    elif interval.high < minimum:
        conclusion = Conclusion.FAILS
    elif n < needed:
        conclusion = Conclusion.NOT_ENOUGH_DATA
    elif interval.low >= minimum:
        conclusion = Conclusion.PASSES
    else:
        conclusion = Conclusion.NEEDS_JUDGEMENT
    return ShareJudgement(
        conclusion=conclusion,
        successes=successes,
        n=n,
        minimum=minimum,
        share=successes / n if n else None,
        interval=interval,
        needed=needed,
    )


def smallest_passing_size(minimum: float, *, confidence: float = 0.95) -> int:
    """Return the fewest records whose Wilson interval starts at `minimum` or above when all of them succeed.

    With n successes out of n the interval starts at n / (n + z²). Raises `InputError` outside 0 to 1, both excluded.
    """
    if not 0 < minimum < 1:
        raise InputError(f"A minimum must lie between 0 and 1, got {minimum}; use for example 0.9.", field="minimum")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    size = ceil(z * z * minimum / (1 - minimum))
    interval = wilson_interval(size, size, confidence=confidence)
    # The closed form is exact; the interval computed may miss the minimum by a rounding error.
    return size if interval is not None and interval.low >= minimum else size + 1
