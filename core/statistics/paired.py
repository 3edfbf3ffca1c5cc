"""Two systems on the same records: counts of pairs, the exact McNemar test and Tango's interval.

Only records on which the two differ carry information about which is better; all records say how much it matters.
Closed forms and the standard library, because the pages compute them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb, inf, sqrt
from statistics import NormalDist

from core.errors import InputError
from core.statistics.intervals import Interval

HALVINGS = 60  # of an interval of length 2: far below the spacing of floats


@dataclass(frozen=True, kw_only=True)
class PairedCounts:
    """How often a candidate and its reference were right on the same records."""

    both_right: int
    newly_right: int  # the candidate alone
    newly_wrong: int  # the reference alone
    both_wrong: int

    def __post_init__(self) -> None:
        if min(self.both_right, self.newly_right, self.newly_wrong, self.both_wrong) < 0:
            raise InputError(f"Counts of pairs cannot be negative, got {self}; check them.", field="counts")

    @property
    def n(self) -> int:
        """All records."""
        return self.both_right + self.newly_right + self.newly_wrong + self.both_wrong

    @property
    def difference(self) -> float | None:
        """The candidate's share of right answers minus the reference's, -1 to 1; None without records."""
        return (self.newly_right - self.newly_wrong) / self.n if self.n else None


def count_pairs(pairs: Iterable[tuple[bool, bool]]) -> PairedCounts:
    """Return the counts of (candidate is right, reference is right), one pair a record."""
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for pair in pairs:
        counts[pair] += 1
    return PairedCounts(
        both_right=counts[True, True],
        newly_right=counts[True, False],
        newly_wrong=counts[False, True],
        both_wrong=counts[False, False],
    )


def exact_mcnemar(newly_right: int, newly_wrong: int) -> float:
    """Return the two-sided p-value of "neither is better": twice the smaller binomial tail, at most 1.

    Source: McNemar 1947, Psychometrika 12, in its exact conditional form (binomial with one half on the records that
    differ). 1 when no record differs.
    """
    differing, fewer = newly_right + newly_wrong, min(newly_right, newly_wrong)
    if fewer < 0:
        raise InputError(f"Counts cannot be negative, got {newly_right} and {newly_wrong}.", field="counts")
    # The largest term is exact; the others follow by their ratio until they no longer matter.
    term = comb(differing, fewer) / (1 << differing)
    tail = 0.0
    for k in range(fewer, -1, -1):
        tail += term
        term *= k / (differing - k + 1)
        if term < tail * 1e-18:
            break
    return min(1.0, 2 * tail)


def score_statistic(counts: PairedCounts, difference: float) -> float:
    """Return Tango's score statistic T for "the true difference is `difference`": standard normal if that holds.

    Source: Tango 1998, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", Statistics in Medicine 17: 891-908; notation of his letter of 1999, ibid. 18: 3511-3513.
    """
    n, b, c = counts.n, counts.newly_right, counts.newly_wrong
    gap = b - c - n * difference
    if gap == 0:
        return 0.0
    # The larger root of 2n q² + B q + C = 0 is the likeliest share of "newly wrong", given the difference.
    half_b = (-b - c + (2 * n - b + c) * difference) / 2
    last = -c * difference * (1 - difference)
    root = sqrt(max(half_b * half_b - 2 * n * last, 0.0))
    # Both forms are the same number; each avoids subtracting nearly equal ones.
    share = -last / (half_b + root) if half_b > 0 else (root - half_b) / (2 * n)
    variance = n * (2 * share + difference * (1 - difference))
    return gap / sqrt(variance) if variance > 0 else inf if gap > 0 else -inf


def tango_interval(counts: PairedCounts, *, confidence: float = 0.95) -> Interval | None:
    """Return Tango's score interval of the paired difference, ends from -1 to 1; None without records.

    All differences whose score statistic is within the normal quantile, found by halving (the statistic falls as the
    difference grows). Source: see `score_statistic`. Raises `InputError` for a confidence outside 0 to 1.
    """
    if not 0 < confidence < 1:
        raise InputError(f"Confidence must lie between 0 and 1, got {confidence}; use 0.95.", field="confidence")
    estimate = counts.difference
    if estimate is None:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    low = -1.0 if estimate == -1 else _find_difference(counts, z, inside=estimate, outside=-1.0)
    high = 1.0 if estimate == 1 else _find_difference(counts, z, inside=estimate, outside=1.0)
    return Interval(low=low, high=high)


def _find_difference(counts: PairedCounts, z: float, *, inside: float, outside: float) -> float:
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if abs(score_statistic(counts, middle)) <= z:
            inside = middle
        else:
            outside = middle
    return inside
