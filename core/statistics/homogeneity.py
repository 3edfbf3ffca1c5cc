"""Whether two independent samples of categories come from one mix: how far apart they are, and by chance or not."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import InputError

SMALLEST_EXPECTED = 5.0
"""Categories with fewer expected records in either sample are counted together (Cochran 1954)."""


@dataclass(frozen=True, kw_only=True)
class MixShift:
    """Two mixes compared. `distance` is their total variation: the share of records that would have to change category.

    `p_value` is the chance of a difference as large when both come from one mix; None where too few categories have
    enough records to tell. It holds for independent records: repeated requests make it too small.
    """

    first_n: int
    second_n: int
    distance: float
    p_value: float | None


def compare_mixes(first: Mapping[str, int], second: Mapping[str, int]) -> MixShift | None:
    """Return how two samples' counts by category differ; None when either is empty.

    Source: Pearson 1900, chi-square test of homogeneity, without continuity correction; rare categories are pooled.
    Raises `InputError` for a negative count.
    """
    if min([*first.values(), *second.values(), 0]) < 0:
        raise InputError("A count of records is negative; counts begin at 0.", field="counts")
    first_n, second_n = sum(first.values()), sum(second.values())
    if not first_n or not second_n:
        return None
    categories = sorted({*first, *second})
    pairs = [(first.get(category, 0), second.get(category, 0)) for category in categories]
    return MixShift(
        first_n=first_n,
        second_n=second_n,
        distance=sum(abs(a / first_n - b / second_n) for a, b in pairs) / 2,
        p_value=_p_value(pairs, first_n, second_n),
    )


def _p_value(pairs: list[tuple[int, int]], first_n: int, second_n: int) -> float | None:
    from scipy.stats import chi2  # loaded when needed: importing this package loads no scipy

    total = first_n + second_n
    smaller = min(first_n, second_n)
    common = [pair for pair in pairs if sum(pair) * smaller / total >= SMALLEST_EXPECTED]
    rare = [pair for pair in pairs if sum(pair) * smaller / total < SMALLEST_EXPECTED]
    pooled = (sum(a for a, _ in rare), sum(b for _, b in rare))
    if sum(pooled) * smaller / total >= SMALLEST_EXPECTED:
        common.append(pooled)
    elif rare and common:  # too few even together: they join the rarest of the others
        rarest = min(common, key=sum)
        common.remove(rarest)
        common.append((rarest[0] + pooled[0], rarest[1] + pooled[1]))
    if len(common) < 2:  # one category is the same mix
        return None
    statistic = sum(
        (observed - (a + b) * n / total) ** 2 / ((a + b) * n / total)
        for a, b in common
        for observed, n in ((a, first_n), (b, second_n))
    )
    return float(chi2.sf(statistic, len(common) - 1))
