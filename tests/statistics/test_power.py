"""The power meter: statsmodels where it has the formula, simulation of the product's own decisions elsewhere."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import normal_sample_size_one_tail
from statsmodels.stats.proportion import proportion_confint

from core.errors import InputError
from core.statistics import (
    allowed_wrong,
    chance_to_see_difference,
    chance_to_show_minimum,
    detectable_difference,
    exact_mcnemar,
    expected_interval,
    normal_size,
    size_to_see_difference,
    size_to_show_minimum,
    wilson_interval,
)

DRAWS = 20_000
ROOM = 0.012  # four standard errors of a share of 20,000 draws


@pytest.mark.parametrize("n", [10, 100, 500, 2_000])
@pytest.mark.parametrize("assumed", [0.8, 0.9, 0.953, 0.99, 1.0])
def test_expected_interval_equals_statsmodels(n: int, assumed: float) -> None:
    expected = proportion_confint(assumed * n, n, method="wilson")

    assert expected_interval(n, assumed=assumed) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("minimum", "assumed"), [(0.9, 0.95), (0.9, 0.92), (0.95, 0.97), (0.5, 0.8)])
@pytest.mark.parametrize("power", [0.8, 0.9])
def test_normal_size_for_a_minimum_equals_statsmodels(minimum: float, assumed: float, power: float) -> None:
    deviations = math.sqrt(minimum * (1 - minimum)), math.sqrt(assumed * (1 - assumed))

    ours = normal_size(assumed - minimum, std_null=deviations[0], std_alternative=deviations[1], power=power)

    theirs = normal_sample_size_one_tail(
        assumed - minimum, power, 0.025, std_null=deviations[0], std_alternative=deviations[1]
    )
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize(("difference", "discordance"), [(0.02, 0.08), (0.02, 0.04), (0.05, 0.10), (0.01, 0.3)])
def test_size_for_a_paired_difference_equals_statsmodels(difference: float, discordance: float) -> None:
    theirs = normal_sample_size_one_tail(
        difference,
        0.8,
        0.025,
        std_null=math.sqrt(discordance),
        std_alternative=math.sqrt(discordance - difference**2),
    )

    assert size_to_see_difference(difference=difference, discordance=discordance) == math.ceil(theirs)


@pytest.mark.parametrize(("minimum", "n"), [(0.9, 34), (0.9, 35), (0.9, 100), (0.95, 500), (0.8, 77)])
def test_allowed_wrong_answers_are_those_wilsons_bound_allows(minimum: float, n: int) -> None:
    bounds = [wilson_interval(n - wrong, n) for wrong in range(n + 1)]
    slow = max((wrong for wrong, bound in enumerate(bounds) if bound and bound.low >= minimum), default=None)

    assert allowed_wrong(n, minimum=minimum) == slow


@pytest.mark.parametrize(("n", "minimum", "assumed"), [(100, 0.9, 0.95), (254, 0.9, 0.95), (1_000, 0.9, 0.92)])
def test_chance_to_show_a_minimum_equals_a_simulation(n: int, minimum: float, assumed: float) -> None:
    drawn = np.random.default_rng(n).binomial(n, assumed, DRAWS)
    lows = {int(k): wilson_interval(int(k), n) for k in np.unique(drawn)}

    simulated = np.mean([(bound := lows[int(k)]) is not None and bound.low >= minimum for k in drawn])

    assert chance_to_show_minimum(n, minimum=minimum, assumed=assumed) == pytest.approx(simulated, abs=ROOM)


@pytest.mark.parametrize(("minimum", "assumed"), [(0.9, 0.95), (0.9, 0.93), (0.95, 0.98), (0.5, 0.9), (0.9, 1.0)])
@pytest.mark.parametrize("power", [0.8, 0.9])
def test_required_size_is_the_first_from_which_every_size_is_enough(
    minimum: float, assumed: float, power: float
) -> None:
    required = size_to_show_minimum(minimum=minimum, assumed=assumed, power=power)

    assert required is not None
    chances = {
        n: chance_to_show_minimum(n, minimum=minimum, assumed=assumed)
        for n in range(max(1, required.n // 2), 3 * required.n)
    }
    too_small = [n for n, chance in chances.items() if chance < power]
    assert required.n == max(too_small, default=required.n - 1) + 1
    assert required.power == pytest.approx(chances[required.n])
    assert required.allowed_wrong == allowed_wrong(required.n, minimum=minimum)


@pytest.mark.parametrize(
    ("n", "difference", "discordance"),
    [(300, 0.05, 0.10), pytest.param(1_568, 0.02, 0.08, marks=pytest.mark.full), (120, 0.2, 0.3)],
)
def test_chance_to_see_a_difference_equals_a_simulation(n: int, difference: float, discordance: float) -> None:
    shares = [(discordance + difference) / 2, (discordance - difference) / 2, 1 - discordance]
    drawn = np.random.default_rng(n).multinomial(n, shares, size=DRAWS)
    pairs, counts = np.unique(drawn[:, :2], axis=0, return_counts=True)
    found = [right > wrong and exact_mcnemar(int(right), int(wrong)) <= 0.05 for right, wrong in pairs]

    simulated = counts[found].sum() / DRAWS

    chance = chance_to_see_difference(n, difference=difference, discordance=discordance)
    assert chance == pytest.approx(simulated, abs=ROOM)


@pytest.mark.parametrize(("n", "difference", "discordance"), [(60, 0.1, 0.2), (200, 0.05, 0.1), (25, 0.5, 0.9)])
def test_chance_to_see_a_difference_is_the_sum_over_everything_that_may_come_out(
    n: int, difference: float, discordance: float
) -> None:
    shares = [(discordance + difference) / 2, (discordance - difference) / 2, 1 - discordance]
    slow = sum(
        stats.multinomial.pmf([right, wrong, n - right - wrong], n, shares)
        for wrong in range(n + 1)
        for right in range(wrong + 1, n - wrong + 1)
        if exact_mcnemar(right, wrong) <= 0.05
    )

    chance = chance_to_see_difference(n, difference=difference, discordance=discordance)
    assert chance == pytest.approx(slow, abs=1e-7)


@pytest.mark.parametrize(("n", "discordance"), [(100, 0.2), (500, 0.1), (2_000, 0.05)])
def test_detectable_difference_is_the_smallest_with_enough_power(n: int, discordance: float) -> None:
    difference = detectable_difference(n, discordance=discordance)

    assert difference is not None
    assert chance_to_see_difference(n, difference=difference, discordance=discordance) >= 0.8
    assert chance_to_see_difference(n, difference=difference - 0.0002, discordance=discordance) < 0.8


def test_too_few_differing_records_detect_nothing() -> None:
    # Of 100 records two differ; five would be needed even if the candidate were right on every one (0.5^5 · 2 > 0.05).
    assert detectable_difference(100, discordance=0.02) is None


def test_assumption_at_or_below_the_minimum_needs_no_number_that_exists() -> None:
    assert size_to_show_minimum(minimum=0.9, assumed=0.9) is None
    assert size_to_show_minimum(minimum=0.9, assumed=0.8) is None
    assert size_to_show_minimum(minimum=0.9, assumed=0.90001) is None


def test_power_meter_answers_for_the_default_evaluation_size() -> None:
    """What the launch page says about 100 records: 95 of 100 show 88.8 %, and 254 are enough for 90 %."""
    assert expected_interval(100, assumed=0.95).low == pytest.approx(0.888, abs=5e-4)
    required = size_to_show_minimum(minimum=0.9, assumed=0.95)
    assert required is not None
    assert (required.n, required.allowed_wrong) == (254, 16)


@pytest.mark.parametrize("share", [0, -0.1, 1.5])
def test_impossible_assumptions_are_refused(share: float) -> None:
    with pytest.raises(InputError):
        expected_interval(100, assumed=share)
    with pytest.raises(InputError):
        size_to_show_minimum(minimum=share, assumed=0.9)
    with pytest.raises(InputError):
        detectable_difference(100, discordance=share)


def test_difference_larger_than_the_discordance_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        size_to_see_difference(difference=0.2, discordance=0.1)

    assert caught.value.field == "difference"
