"""Confidence intervals of single proportions, in closed form with the standard library."""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from core.errors import InputError


class Interval(NamedTuple):
    """A two-sided confidence interval; the function that returns it says of what and in which range."""

    low: float
    high: float


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> Interval | None:
    """Return Wilson's score interval for `successes` out of `n`; None for n = 0, where there is nothing to say.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22; no continuity
    correction. Raises `InputError` for impossible counts or a confidence outside 0 to 1, both excluded.
    """
    if not 0 < confidence < 1:
        raise InputError(f"Confidence must lie between 0 and 1, got {confidence}; use 0.95.", field="confidence")
    if n < 0 or not 0 <= successes <= n:
        raise InputError(f"{successes} successes out of {n} records cannot be; check the counts.", field="successes")
    if n == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / n
    shrink = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / shrink
    half_width = z / shrink * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At 0 and n the end is exactly 0 or 1; rounding would miss it by 1e-17.
    low = 0.0 if successes == 0 else centre - half_width
    high = 1.0 if successes == n else centre + half_width
    return Interval(low=low, high=high)
