"""The power meter for a minimum: what a number of records can show, before anything is launched.

Two questions: which lower bound an agreement gives, and how many records a minimum agreement needs. Chances are exact
sums over what may come out, decided by the very rule that decides afterwards (`core.statistics.minimum`); the normal
formula they start from equals statsmodels'. All of it rests on an assumed agreement, which a page must show with it.
"""

from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import NormalDist

from core.errors import InputError
from core.statistics.binomial import binomial_at_most
from core.statistics.intervals import Interval

POWER = 0.8
LARGEST_SIZE = 10_000_000  # records; beyond, no evaluation is practical


@dataclass(frozen=True, kw_only=True)
class RequiredSize:
    """How many records show a minimum agreement. With `n` records or more the chance is at least `power`.

    `allowed_wrong` of `n` may differ from the teacher; `power` is the chance at exactly `n`.
    """

    n: int
    allowed_wrong: int
    power: float


def expected_interval(n: int, *, assumed: float, confidence: float = 0.95) -> Interval:
    """Return Wilson's interval of `n` records on which exactly the share `assumed` agrees.

    Its lower end is the best minimum that `n` records are expected to show; equal to statsmodels' `proportion_confint`.
    """
    check_share(assumed, "assumed")
    if n < 1:
        raise InputError(f"The number of records must be at least 1, got {n}.", field="n")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    centre = (assumed + z * z / (2 * n)) / (1 + z * z / n)
    half_width = z / (1 + z * z / n) * sqrt(assumed * (1 - assumed) / n + z * z / (4 * n * n))
    return Interval(low=centre - half_width, high=centre + half_width)


def allowed_wrong(n: int, *, minimum: float, confidence: float = 0.95) -> int | None:
    """Return how many of `n` records may be wrong so that Wilson's lower end is still `minimum`; None for not even 0.

    The lower end is at least the minimum when right answers exceed n·minimum by z·sqrt(n·minimum·(1-minimum)).
    """
    check_share(minimum, "minimum")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    spare = n * (1 - minimum) - z * sqrt(n * minimum * (1 - minimum))
    wrong = floor(spare + 1e-9)
    return wrong if wrong >= 0 else None


def chance_to_show_minimum(n: int, *, minimum: float, assumed: float, confidence: float = 0.95) -> float:
    """Return the chance that `n` records show `minimum` when the true agreement is `assumed` (exact binomial tail)."""
    check_share(assumed, "assumed")
    wrong = allowed_wrong(n, minimum=minimum, confidence=confidence)
    return 0.0 if wrong is None else binomial_at_most(wrong, n, 1 - assumed)


def size_to_show_minimum(
    *, minimum: float, assumed: float, power: float = POWER, confidence: float = 0.95
) -> RequiredSize | None:
    """Return the smallest size from which on the chance to show `minimum` is at least `power`.

    None when no practical size is enough: the assumed agreement is not above the minimum, or hardly.
    """
    check_share(minimum, "minimum")
    guess = normal_size(
        assumed - minimum,
        std_null=sqrt(minimum * (1 - minimum)),
        std_alternative=sqrt(assumed * (1 - assumed)),
        power=power,
        confidence=confidence,
    )
    if guess is None or guess > LARGEST_SIZE:
        return None

    def is_enough(wrong: int) -> bool:
        # With so many wrong answers allowed, the chance is lowest just before one more is.
        last = _smallest_allowing(wrong + 1, minimum, confidence) - 1
        return binomial_at_most(wrong, last, 1 - assumed) >= power

    low, high = -1, max(1, 2 * ceil(guess * (1 - minimum)))
    while not is_enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    n = _smallest_allowing(high, minimum, confidence)
    return RequiredSize(n=n, allowed_wrong=high, power=binomial_at_most(high, n, 1 - assumed))


def normal_size(
    difference: float, *, std_null: float, std_alternative: float, power: float = POWER, confidence: float = 0.95
) -> float | None:
    """Return the size at which a normal test sees `difference`, not rounded; None unless it is above 0.

    `std_null` and `std_alternative` are the standard deviations of one record without and with the difference; for
    paired proportions the roots of d and d - difference², d the share of differing records (Miettinen 1968,
    Biometrics 24). Equal to `statsmodels.stats.power.normal_sample_size_one_tail` at half the two-sided level.
    """
    if difference <= 0:
        return None
    z_level, z_power = NormalDist().inv_cdf(0.5 + confidence / 2), NormalDist().inv_cdf(power)
    return ((z_level * std_null + z_power * std_alternative) / difference) ** 2


def check_share(share: float, field: str) -> None:
    """Refuse a share outside 0 to 1; only a minimum may not be 1 either. Raises `InputError`."""
    if not 0 < share <= 1 or (share == 1 and field == "minimum"):
        raise InputError(f"{field} must lie between 0 and 1, got {share}; use for example 0.9.", field=field)


def _smallest_allowing(wrong: int, minimum: float, confidence: float) -> int:
    """Return the smallest number of records of which `wrong` may be wrong (the inverse of `allowed_wrong`)."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    spread = z * sqrt(minimum * (1 - minimum))
    root = (spread + sqrt(spread**2 + 4 * (1 - minimum) * wrong)) / (2 * (1 - minimum))
    size = max(1, ceil(root * root - 1e-6))
    while (allowed := allowed_wrong(size, minimum=minimum, confidence=confidence)) is None or allowed < wrong:
        size += 1
    return size
