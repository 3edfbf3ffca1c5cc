"""The power meter for differences: which lead over the base a number of records can show.

The chance is an exact sum over what may come out, decided by the exact McNemar test, as the comparison decides
afterwards. It rests on an assumed share of differing records, which a page must show with it.
"""

from collections.abc import Sequence
from math import ceil, floor, fsum, sqrt
from typing import NamedTuple

from core.errors import InputError
from core.statistics.binomial import binomial_at_least, binomial_chance
from core.statistics.paired import exact_mcnemar
from core.statistics.power import POWER, check_share, normal_size

RARE = 1e-10  # outcomes rarer than that are left out of sums


def size_to_see_difference(
    *, difference: float, discordance: float, power: float = POWER, confidence: float = 0.95
) -> int | None:
    """Return the size at which a paired difference is seen, by the normal formula (see `normal_size`), rounded up.

    `discordance` is the share of records on which only one of the two is right. None for no difference. Raises
    `InputError` for a difference larger than the discordance, which cannot be.
    """
    check_share(discordance, "discordance")
    if abs(difference) > discordance:
        raise InputError(
            f"A difference of {difference} cannot come from {discordance} of the records; raise the discordance.",
            field="difference",
        )
    size = normal_size(
        abs(difference),
        std_null=sqrt(discordance),
        std_alternative=sqrt(discordance - difference**2),
        power=power,
        confidence=confidence,
    )
    return None if size is None else ceil(size)


def chance_to_see_difference(n: int, *, difference: float, discordance: float, confidence: float = 0.95) -> float:
    """Return the chance that the exact McNemar test finds the candidate better, summed over all that may come out.

    The normal formula promises up to a few points more: the exact test is careful with few differing records.
    """
    return _chance_better(_possible_splits(n, discordance, confidence), difference / discordance)


def detectable_difference(
    n: int, *, discordance: float, power: float = POWER, confidence: float = 0.95
) -> float | None:
    """Return the smallest difference that `n` records show with the chance `power`, rounded up to four decimals.

    None when not even a candidate that is right on every differing record would be seen.
    """
    splits = _possible_splits(n, discordance, confidence)
    low, high = 0, ceil(discordance * 10_000)
    if _chance_better(splits, 1.0) < power:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        is_seen = _chance_better(splits, middle / 10_000 / discordance) >= power
        low, high = (low, middle) if is_seen else (middle, high)
    return min(high / 10_000, discordance)


class _Split(NamedTuple):
    differing: int  # records on which only one of the two is right
    chance: float
    critical: int  # so many of them newly right make the candidate significantly better


def _possible_splits(n: int, discordance: float, confidence: float) -> list[_Split]:
    """Return the numbers of differing records that may come out and allow a finding at all."""
    check_share(discordance, "discordance")
    reach = 8 * sqrt(n * discordance) + 8
    splits = []
    for differing in range(max(0, floor(n * discordance - reach)), min(n, ceil(n * discordance + reach)) + 1):
        chance = binomial_chance(differing, n, discordance) if discordance < 1 else float(differing == n)
        critical = _fewest_newly_right(differing, 1 - confidence)
        if chance > RARE and critical is not None:
            splits.append(_Split(differing=differing, chance=chance, critical=critical))
    return splits


def _chance_better(splits: Sequence[_Split], lead: float) -> float:
    """Return the chance of a finding when the candidate's lead makes up the share `lead` of the differing records."""
    newly_right = (1 + lead) / 2
    return fsum(split.chance * binomial_at_least(split.critical, split.differing, newly_right) for split in splits)


def _fewest_newly_right(differing: int, level: float) -> int | None:
    """Return how many of the differing records must be newly right for p below `level`; None when none suffices."""
    low, high = differing // 2, differing + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if exact_mcnemar(middle, differing - middle) <= level else (middle, high)
    return high if high <= differing else None
