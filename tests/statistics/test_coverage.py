"""Simulations: intervals cover and tests reject as often as they promise.

20,000 draws (2,000 for the bootstrap). What repeats the same binary counts is looked up, so most of it is quick; the
bootstrap's full number of draws and the wider grids are marked `full`.
"""

import sys
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from scipy import stats

from core.scoring import macro_f1
from core.statistics import (
    BootstrapEstimate,
    Conclusion,
    Interval,
    PairedCounts,
    bootstrap_macro_f1,
    bootstrap_mean,
    judge_non_inferiority,
    tango_interval,
    wilson_interval,
)

DRAWS = 20_000


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("n", [200, 1_000])
def test_wilsons_coverage_equals_the_exact_binomial_sum(share: float, n: int) -> None:
    covers = np.array([covered(wilson_interval(k, n), share) for k in range(n + 1)])
    exact = float(stats.binom.pmf(np.arange(n + 1), n, share)[covers].sum())

    drawn = np.random.default_rng(n).binomial(n, share, DRAWS)

    assert covers[drawn].mean() == pytest.approx(exact, abs=0.005)
    assert 0.93 < exact < 0.975


def test_wilsons_coverage_at_95_percent_of_200_is_967_in_a_thousand() -> None:
    covers = np.array([covered(wilson_interval(k, 200), 0.95) for k in range(201)])

    exact = float(stats.binom.pmf(np.arange(201), 200, 0.95)[covers].sum())

    assert round(exact, 3) == 0.967


# shares of newly right and of newly wrong records; the number of records
PAIRED_CASES = [(0.10, 0.05, 200), (0.05, 0.05, 200), (0.25, 0.05, 200), (0.08, 0.04, 500), (0.10, 0.10, 1_000)]
MORE_PAIRED_CASES = [(0.30, 0.02, 200), (0.06, 0.03, 1_000), (0.02, 0.05, 1_000), (0.4, 0.3, 200), (0.05, 0.10, 2_000)]


@pytest.mark.parametrize(
    ("newly_right", "newly_wrong", "n"),
    [*PAIRED_CASES, *(pytest.param(*case, marks=pytest.mark.full) for case in MORE_PAIRED_CASES)],
)
def test_tangos_coverage_lies_between_94_and_96_percent(newly_right: float, newly_wrong: float, n: int) -> None:
    @cache
    def covers(right: int, wrong: int) -> bool:
        return covered(tango_interval(counts_of(right, wrong, n)), newly_right - newly_wrong)

    drawn = draw_pairs(newly_right, newly_wrong, n)

    assert 0.94 <= np.mean([covers(right, wrong) for right, wrong in drawn]) <= 0.96


MARGIN_CASES = [(0.02, 0.06, 500), (0.02, 0.10, 1_000), (0.05, 0.15, 200)]
MORE_MARGIN_CASES = [(0.02, 0.04, 300), (0.03, 0.08, 300), (0.02, 0.22, 200), (0.10, 0.20, 100), (0.02, 0.12, 2_000)]


@pytest.mark.parametrize(
    ("margin", "discordance", "n"),
    [*MARGIN_CASES, *(pytest.param(*case, marks=pytest.mark.full) for case in MORE_MARGIN_CASES)],
)
def test_non_inferiority_is_claimed_at_the_margin_in_at_most_3_percent(
    margin: float, discordance: float, n: int
) -> None:
    @cache
    def claims(right: int, wrong: int) -> bool:
        return judge_non_inferiority(counts_of(right, wrong, n), margin=margin).conclusion is Conclusion.PASSES

    drawn = draw_pairs((discordance - margin) / 2, (discordance + margin) / 2, n)

    assert np.mean([claims(right, wrong) for right, wrong in drawn]) <= 0.03


def test_non_inferiority_is_claimed_at_the_margin_in_at_most_3_percent_exactly() -> None:
    """The sum over everything that may come out, for the policy's margin: no draw can be lucky."""
    n, margin = 300, 0.02
    for discordance in (0.021, 0.04, 0.08, 0.2):
        better, worse = (discordance - margin) / 2, (discordance + margin) / 2
        chance = sum(
            stats.multinomial.pmf([right, wrong, n - right - wrong], n, [better, worse, 1 - better - worse])
            for wrong in range(n // 2)
            for right in range(wrong + 20)
            if abs(wrong - n * worse) < 25 and abs(right - n * better) < 25
            if judge_non_inferiority(counts_of(right, wrong, n), margin=margin).conclusion is Conclusion.PASSES
        )
        assert chance <= 0.03, discordance


# Fewer draws in every test run, judged with the room that their number asks for (four standard errors).
MEAN_DRAWS = [pytest.param(150, 0.07), pytest.param(2_000, 0.015, marks=pytest.mark.full)]


@pytest.mark.parametrize(("draws", "tolerance"), MEAN_DRAWS)
@pytest.mark.timeout(1_200)
def test_bca_of_mean_scores_covers_as_promised(draws: int, tolerance: float) -> None:
    """Graded scores such as token overlap: many ones, some zeros, the rest between; 200 records."""
    mean = 0.5 * 1 + 0.4 * (2 / 3)

    def draw(rng: np.random.Generator) -> bool:
        kind = rng.random(200)
        scores = np.where(kind < 0.5, 1.0, np.where(kind < 0.9, rng.beta(2, 1, 200), 0.0))
        return bootstrap_covers(bootstrap_mean(scores.tolist(), seed=int(rng.integers(2**31)), resamples=999), mean)

    assert coverage(draw, draws) == pytest.approx(0.95, abs=tolerance)


@pytest.mark.full
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("n", [200, 1_000])
def test_bca_of_macro_f1_covers_as_documented(n: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Five classes from 40 % to 5 %, 85 % right; `docs/statistics.md` states what is printed here."""
    shares, labels = np.array([0.4, 0.3, 0.15, 0.1, 0.05]), ["a", "b", "c", "d", "e"]
    true_value = true_macro_f1(shares, right=0.85)

    def draw(rng: np.random.Generator) -> bool:
        expected = rng.choice(5, n, p=shares)
        predicted = np.where(rng.random(n) < 0.85, expected, rng.choice(5, n, p=shares))
        estimate = bootstrap_macro_f1(
            [labels[i] for i in expected],
            [labels[i] for i in predicted],
            seed=int(rng.integers(2**31)),
            resamples=1_999,
        )
        return bootstrap_covers(estimate, true_value)

    found = coverage(draw, 2_000)

    with capsys.disabled():
        sys.stdout.write(f"\nBCa of macro F1, {n} records, 5 classes, 2,000 draws: covers {found:.1%}\n")
    assert 0.90 <= found <= 0.97


def true_macro_f1(shares: "np.typing.NDArray[np.float64]", *, right: float) -> float:
    """Macro F1 of infinitely many records: a wrong guess falls on a class by its share."""
    recall = right + (1 - right) * shares
    predicted = shares * right + (1 - right) * shares  # the shares again: guesses follow them
    return float(np.mean(2 * shares * recall / (shares + predicted)))


def test_true_macro_f1_is_that_of_many_records() -> None:
    rng = np.random.default_rng(1)
    shares = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    expected = rng.choice(5, 200_000, p=shares)
    predicted = np.where(rng.random(200_000) < 0.85, expected, rng.choice(5, 200_000, p=shares))

    found = macro_f1([str(label) for label in expected], [str(label) for label in predicted])

    assert found == pytest.approx(true_macro_f1(shares, right=0.85), abs=0.003)


def coverage(draw: Callable[[np.random.Generator], bool], draws: int) -> float:
    rng = np.random.default_rng(20261121)
    return sum(draw(rng) for _ in range(draws)) / draws


def bootstrap_covers(estimate: BootstrapEstimate | None, true_value: float) -> bool:
    assert estimate is not None
    return covered(estimate.interval, true_value)


def covered(interval: Interval | None, true_value: float) -> bool:
    assert interval is not None
    return interval.low <= true_value <= interval.high


def counts_of(newly_right: int, newly_wrong: int, n: int) -> PairedCounts:
    same = n - newly_right - newly_wrong
    return PairedCounts(both_right=same, newly_right=newly_right, newly_wrong=newly_wrong, both_wrong=0)


def draw_pairs(newly_right: float, newly_wrong: float, n: int) -> list[tuple[int, int]]:
    shares = [newly_right, newly_wrong, 1 - newly_right - newly_wrong]
    drawn = np.random.default_rng(n).multinomial(n, shares, size=DRAWS)
    return [(int(right), int(wrong)) for right, wrong, _ in drawn]
