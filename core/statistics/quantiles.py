"""Quantiles of measured times, with an interval that assumes nothing about their distribution."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from core.errors import InputError
from core.statistics.binomial import binomial_at_most


@dataclass(frozen=True, kw_only=True)
class QuantileEstimate:
    """The `share` quantile of `n` measurements: at least that share of them is at or below `value`.

    `low` and `high` are measurements too; None where the sample is too small to bound the quantile on that side.
    """

    share: float
    value: float
    n: int
    low: float | None
    high: float | None


def estimate_quantile(
    measurements: Sequence[float], share: float, *, confidence: float = 0.95
) -> QuantileEstimate | None:
    """Return a quantile by nearest rank with its order-statistic interval; None without measurements.

    The number of measurements below the true quantile is binomial, so two ranks enclose it with the confidence asked
    for, or more. Source: Conover 1999, "Practical Nonparametric Statistics", section 3.2. Raises `InputError` for a
    share outside 0 to 1.
    """
    if not 0 < share < 1:
        raise InputError(f"A quantile's share must lie between 0 and 1, got {share}; use 0.95.", field="share")
    ordered = sorted(measurements)
    n = len(ordered)
    if n == 0:
        return None
    tail = (1 - confidence) / 2
    # Ranks count from 1: the low end has fewer than `tail` chance of lying above the quantile, the high end likewise.
    low_rank = _last_rank(n, share, chance=tail)
    high_rank = n + 1 - _last_rank(n, 1 - share, chance=tail)
    return QuantileEstimate(
        share=share,
        value=ordered[ceil(share * n - 1e-9) - 1],
        n=n,
        low=ordered[low_rank - 1] if low_rank >= 1 else None,
        high=ordered[high_rank - 1] if high_rank <= n else None,
    )


def _last_rank(n: int, share: float, *, chance: float) -> int:
    """Return the largest rank r with P(fewer than r of n lie below the quantile) at most `chance`; 0 for none."""
    low, high = 0, n
    while low < high:
        middle = (low + high + 1) // 2
        if binomial_at_most(middle - 1, n, share) <= chance:
            low = middle
        else:
            high = middle - 1
    return low
