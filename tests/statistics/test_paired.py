"""Paired counts, the exact McNemar test against statsmodels, and Tango's interval against the published examples."""

from math import isclose
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar

from core.errors import InputError
from core.statistics import PairedCounts, count_pairs, exact_mcnemar, score_statistic, tango_interval

# (both right, newly right, newly wrong, both wrong), confidence, interval as printed
PUBLISHED = [
    # Tango 1998, Statistics in Medicine 17: 891-908, the two examples
    ((4, 9, 3, 16), 0.95, (-0.027, 0.390)),
    ((43, 0, 1, 0), 0.90, (-0.096, 0.037)),
    # Agresti and Min 2005, Statistics in Medicine 24: 729-740
    ((53, 16, 8, 9), 0.95, (-0.020, 0.207)),
    # Fagerland, Lydersen and Laake 2014, Statistics in Medicine 33: 2850-2875: the two examples
    ((1, 1, 7, 12), 0.95, (-0.517, -0.026)),
    ((59, 6, 16, 80), 0.95, (-0.1240, -0.0054)),
    # Tang, Ling, Ling and Tian 2010, Statistics in Medicine 29: 86-96
    ((8, 3, 1, 2), 0.95, (-0.1670, 0.4327)),
    # Chang and others 2024, Journal of Applied Statistics 51: 139-152
    ((7, 25, 2, 68), 0.95, (0.139, 0.321)),
]


@pytest.mark.parametrize(("table", "confidence", "printed"), PUBLISHED)
def test_interval_equals_the_published_examples(
    table: tuple[int, int, int, int], confidence: float, printed: tuple[float, float]
) -> None:
    decimals = max(len(str(abs(end)).split(".")[1]) for end in printed)

    interval = tango_interval(counts_of(*table), confidence=confidence)

    assert interval is not None
    assert (round(interval.low, decimals), round(interval.high, decimals)) == printed


def counts_of(both_right: int, newly_right: int, newly_wrong: int, both_wrong: int) -> PairedCounts:
    return PairedCounts(both_right=both_right, newly_right=newly_right, newly_wrong=newly_wrong, both_wrong=both_wrong)


tables = st.tuples(st.integers(0, 300), st.integers(0, 60), st.integers(0, 60), st.integers(0, 300)).filter(any)


@given(table=tables)
def test_statistic_is_the_normal_quantile_at_both_ends(table: tuple[int, int, int, int]) -> None:
    counts = counts_of(*table)
    z = NormalDist().inv_cdf(0.975)

    interval = tango_interval(counts)

    assert interval is not None
    assert counts.difference is not None
    assert -1 <= interval.low <= counts.difference <= interval.high <= 1
    for end, wanted in ((interval.low, z), (interval.high, -z)):
        assert abs(end) == 1 or isclose(score_statistic(counts, end), wanted, rel_tol=1e-6)


@given(table=tables)
def test_swapping_the_sides_mirrors_the_interval(table: tuple[int, int, int, int]) -> None:
    both_right, newly_right, newly_wrong, both_wrong = table

    interval, mirrored = (
        tango_interval(counts_of(*table)),
        tango_interval(counts_of(both_right, newly_wrong, newly_right, both_wrong)),
    )

    assert interval is not None
    assert mirrored is not None
    assert interval.low == pytest.approx(-mirrored.high, abs=1e-9)
    assert interval.high == pytest.approx(-mirrored.low, abs=1e-9)


@given(table=tables)
def test_statistic_without_difference_is_the_asymptotic_mcnemar_statistic(table: tuple[int, int, int, int]) -> None:
    counts = counts_of(*table)
    differing = counts.newly_right + counts.newly_wrong

    expected = (counts.newly_right - counts.newly_wrong) / differing**0.5 if differing else 0.0
    assert score_statistic(counts, 0.0) == pytest.approx(expected)


def test_identical_answers_leave_an_interval_around_zero() -> None:
    interval = tango_interval(counts_of(90, 0, 0, 10))

    # -z² / (n + z²) by hand: 3.8415 / 103.8415
    assert interval == pytest.approx((-0.036994, 0.036994), abs=1e-6)


def test_no_records_have_no_interval() -> None:
    assert tango_interval(counts_of(0, 0, 0, 0)) is None


def test_always_better_and_always_worse_end_at_one() -> None:
    better, worse = tango_interval(counts_of(0, 20, 0, 0)), tango_interval(counts_of(0, 0, 20, 0))

    assert better is not None
    assert worse is not None
    assert (better.high, worse.low) == (1.0, -1.0)
    assert better.low == pytest.approx(-worse.high)


@pytest.mark.parametrize("newly_right", [0, 1, 2, 5, 16, 40, 500])
@pytest.mark.parametrize("newly_wrong", [0, 1, 6, 17, 41, 480])
def test_exact_mcnemar_equals_statsmodels(newly_right: int, newly_wrong: int) -> None:
    table = [[30, newly_right], [newly_wrong, 20]]

    p_value = exact_mcnemar(newly_right, newly_wrong)

    # statsmodels 0.15 returns 2 times the middle term too much when both counts are equal; the p-value is then 1.
    assert p_value == pytest.approx(min(1.0, mcnemar(table, exact=True).pvalue), rel=1e-9)


def test_exact_mcnemar_of_the_published_example_is_met() -> None:
    # Fagerland, Lydersen and Laake 2014: complete response, 6 against 16 discordant pairs, P = 0.052479
    assert exact_mcnemar(6, 16) == pytest.approx(0.052479, abs=5e-7)


def test_exact_mcnemar_of_many_differing_records_is_quick_and_small() -> None:
    assert exact_mcnemar(60_000, 40_000) == 0.0
    assert 0.52 < exact_mcnemar(50_100, 49_900) < 0.53


def test_counts_come_from_pairs_of_right_and_wrong() -> None:
    counts = count_pairs([(True, True), (True, False), (True, False), (False, True), (False, False)])

    assert counts == counts_of(1, 2, 1, 1)
    assert counts.difference == pytest.approx(1 / 5)


def test_negative_counts_are_refused() -> None:
    with pytest.raises(InputError):
        counts_of(3, -1, 0, 0)
    with pytest.raises(InputError):
        exact_mcnemar(-1, 3)
