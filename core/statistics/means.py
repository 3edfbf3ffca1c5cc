"""Means of measured amounts (tokens, records a day) with Student's interval, from the standard library alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import NormalDist

from core.errors import InputError

FEWEST = 5  # below, the expansion of the quantile is not good enough, and the interval says little


@dataclass(frozen=True, kw_only=True)
class MeanEstimate:
    """A mean of `n` amounts. `standard_error` is None for fewer than two, `low` and `high` for fewer than five."""

    value: float
    n: int
    standard_error: float | None
    low: float | None
    high: float | None


def estimate_mean(amounts: Sequence[float], *, confidence: float = 0.95) -> MeanEstimate | None:
    """Return the mean with Student's t interval; None without amounts."""
    n = len(amounts)
    if n == 0:
        return None
    value = fsum(amounts) / n
    if n == 1:
        return MeanEstimate(value=value, n=n, standard_error=None, low=None, high=None)
    error = sqrt(fsum((amount - value) ** 2 for amount in amounts) / (n - 1) / n)
    if n < FEWEST:
        return MeanEstimate(value=value, n=n, standard_error=error, low=None, high=None)
    half_width = student_quantile(0.5 + confidence / 2, n - 1) * error
    return MeanEstimate(value=value, n=n, standard_error=error, low=value - half_width, high=value + half_width)


def student_quantile(share: float, freedom: int) -> float:
    """Return the quantile of Student's t for at least 4 degrees of freedom, within 1 % at 97.5 %.

    Source: Abramowitz and Stegun 1964, 26.7.5 (expansion in powers of one over the degrees of freedom).
    """
    if freedom < FEWEST - 1:
        raise InputError(
            f"The quantile needs at least {FEWEST - 1} degrees of freedom, got {freedom}.", field="freedom"
        )
    z = NormalDist().inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + fsum(term / freedom ** (power + 1) for power, term in enumerate(terms))
