"""Means, quantiles and binomial tails against scipy."""

import numpy as np
import pytest
from scipy import stats

from core.errors import InputError
from core.statistics import estimate_mean, estimate_quantile
from core.statistics.binomial import binomial_at_least, binomial_at_most
from core.statistics.means import student_quantile


@pytest.mark.parametrize("n", [1, 2, 17, 400, 100_000])
@pytest.mark.parametrize("share", [0.001, 0.3, 0.5, 0.95, 0.9999])
def test_binomial_tails_equal_scipys(n: int, share: float) -> None:
    for k in {-1, 0, n // 3, int(n * share), n - 1, n, n + 1}:
        assert binomial_at_most(k, n, share) == pytest.approx(stats.binom.cdf(k, n, share), abs=1e-9)
        assert binomial_at_least(k, n, share) == pytest.approx(stats.binom.sf(k - 1, n, share), abs=1e-9)


def test_binomial_tails_at_certain_shares_are_certain() -> None:
    assert (binomial_at_most(3, 5, 0.0), binomial_at_most(3, 5, 1.0), binomial_at_least(5, 5, 1.0)) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize("freedom", [4, 6, 10, 30, 500])
def test_student_quantile_is_within_one_percent_of_scipys(freedom: int) -> None:
    assert student_quantile(0.975, freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=0.01)


def test_mean_with_interval_equals_scipys() -> None:
    amounts = [float(amount) for amount in np.random.default_rng(1).normal(300, 40, 37)]

    estimate = estimate_mean(amounts)

    theirs = stats.ttest_1samp(amounts, 0).confidence_interval(0.95)
    assert estimate is not None
    assert estimate.value == pytest.approx(np.mean(amounts))
    assert (estimate.low, estimate.high) == pytest.approx((theirs.low, theirs.high), rel=1e-4)


def test_few_amounts_have_a_mean_without_interval() -> None:
    single, three = estimate_mean([5.0]), estimate_mean([1.0, 2.0, 3.0])

    assert estimate_mean([]) is None
    assert single is not None
    assert (single.value, single.standard_error, single.low) == (5.0, None, None)
    assert three is not None
    assert (three.value, three.low) == (2.0, None)
    assert three.standard_error == pytest.approx(stats.sem([1.0, 2.0, 3.0]))


def test_quantile_is_the_nearest_rank() -> None:
    measurements = [float(value) for value in range(1, 101)]

    assert [getattr(estimate_quantile(measurements, share), "value", None) for share in (0.5, 0.95, 0.99)] == [
        50,
        95,
        99,
    ]


@pytest.mark.parametrize(("n", "share"), [(100, 0.5), (500, 0.95), (60, 0.9)])
def test_quantile_interval_covers_at_least_as_often_as_promised(n: int, share: float) -> None:
    rng = np.random.default_rng(n)
    true_value = float(stats.lognorm.ppf(share, 0.6))
    hits = 0
    for _ in range(1_000):
        estimate = estimate_quantile(rng.lognormal(0, 0.6, n).tolist(), share)
        assert estimate is not None
        hits += (estimate.low or -1) <= true_value <= (estimate.high or float("inf"))

    assert hits / 1_000 >= 0.93


def test_small_sample_bounds_a_high_quantile_on_one_side_only() -> None:
    estimate = estimate_quantile([float(value) for value in range(20)], 0.95)

    assert estimate is not None
    assert estimate.low is not None
    assert estimate.high is None


def test_no_measurements_have_no_quantile() -> None:
    assert estimate_quantile([], 0.95) is None


def test_share_of_a_quantile_outside_zero_to_one_is_refused() -> None:
    with pytest.raises(InputError):
        estimate_quantile([1.0], 95)
