"""BCa intervals against scipy's, and their edges."""

import warnings

import numpy as np
import pytest
from scipy import stats

from core.errors import InputError
from core.scoring import macro_f1
from core.statistics import (
    bca_interval,
    bootstrap_macro_f1,
    bootstrap_macro_f1_difference,
    bootstrap_mean,
    bootstrap_mean_difference,
)

LABELS = ("earnings", "ipo", "m&a", "größe")


def random_scores(seed: int, n: int) -> list[float]:
    return [float(score) for score in np.random.default_rng(seed).beta(2, 0.7, n)]


def random_labels(seed: int, n: int) -> tuple[list[str], list[str | None]]:
    rng = np.random.default_rng(seed)
    expected = [LABELS[i] for i in rng.choice(len(LABELS), n, p=[0.5, 0.3, 0.15, 0.05])]
    wrong: list[str | None] = [*LABELS, None, "a label nobody expects"]
    return expected, [label if rng.random() < 0.8 else wrong[rng.integers(len(wrong))] for label in expected]


@pytest.mark.parametrize("seed", range(5))
def test_interval_of_a_mean_is_scipys(seed: int) -> None:
    scores = random_scores(seed, 120)

    estimate = bootstrap_mean(scores, seed=seed, resamples=999)

    theirs = stats.bootstrap(
        (np.array(scores),), np.mean, n_resamples=999, method="BCa", rng=np.random.default_rng(seed)
    ).confidence_interval
    assert estimate is not None
    assert estimate.value == pytest.approx(np.mean(scores))
    assert estimate.interval == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_interval_of_a_paired_difference_is_scipys_with_paired_data(seed: int) -> None:
    scores, reference = random_scores(seed, 80), random_scores(seed + 100, 80)

    estimate = bootstrap_mean_difference(scores, reference, seed=seed, resamples=999)

    theirs = stats.bootstrap(
        (np.array(scores), np.array(reference)),
        lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=999,
        method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    assert estimate is not None
    assert estimate.interval == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_own_formula_equals_scipys_on_the_same_resamples(seed: int) -> None:
    expected, predicted = random_labels(seed, 60)

    def of_indices(drawn: "np.typing.NDArray[np.int64]") -> float:
        return macro_f1([expected[i] for i in drawn], [predicted[i] for i in drawn])

    records = np.arange(60)
    theirs = stats.bootstrap((records,), of_indices, n_resamples=499, vectorized=False, rng=np.random.default_rng(seed))
    left_out = np.array([of_indices(np.delete(records, i)) for i in records])
    ours = bca_interval(
        of_indices(records), theirs.bootstrap_distribution, left_out=left_out, weights=np.ones(len(records))
    )

    assert ours == pytest.approx((theirs.confidence_interval.low, theirs.confidence_interval.high), abs=1e-12)


def test_macro_f1_of_drawn_counts_is_macro_f1_of_drawn_records() -> None:
    expected, predicted = random_labels(7, 300)

    estimate = bootstrap_macro_f1(expected, predicted, seed=11)

    slow = np.array([_redrawn_macro_f1(expected, predicted, seed) for seed in range(1_500)])
    assert estimate is not None
    assert estimate.value == pytest.approx(macro_f1(expected, predicted))
    assert estimate.interval is not None
    # 1,500 draws place the ends of a percentile interval within about a point; BCa shifts both by less than that.
    assert estimate.interval == pytest.approx(tuple(np.quantile(slow, [0.025, 0.975])), abs=0.02)


def _redrawn_macro_f1(expected: list[str], predicted: list[str | None], seed: int) -> float:
    drawn = np.random.default_rng(seed).integers(len(expected), size=len(expected))
    return macro_f1([expected[i] for i in drawn], [predicted[i] for i in drawn])


def test_difference_of_macro_f1_is_drawn_from_the_same_records() -> None:
    expected, predicted = random_labels(3, 200)
    _, reference = random_labels(3, 200)
    reference = [None if index % 4 == 0 else label for index, label in enumerate(reference)]

    estimate = bootstrap_macro_f1_difference(expected, predicted, reference, seed=5)

    assert estimate is not None
    assert estimate.value == pytest.approx(macro_f1(expected, predicted) - macro_f1(expected, reference))
    assert estimate.interval is not None
    assert 0 < estimate.interval.low < estimate.value < estimate.interval.high


def test_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    expected, predicted = random_labels(1, 150)

    first, again, other = (bootstrap_macro_f1(expected, predicted, seed=seed) for seed in (4, 4, 5))

    assert first == again
    assert first is not None
    assert other is not None
    assert first.interval != other.interval


@pytest.mark.parametrize("scores", [[0.5], [1.0, 1.0, 1.0]])
def test_scores_without_variation_have_a_mean_but_no_interval(scores: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimate = bootstrap_mean(scores, seed=1)

    assert estimate is not None
    assert estimate.interval is None


def test_all_right_answers_have_a_macro_f1_but_no_interval() -> None:
    estimate = bootstrap_macro_f1(["a", "b", "a"], ["a", "b", "a"], seed=1)

    assert estimate is not None
    assert (estimate.value, estimate.interval) == (1.0, None)


def test_no_records_have_no_estimate() -> None:
    assert bootstrap_mean([], seed=1) is None
    assert bootstrap_macro_f1([], [], seed=1) is None


def test_sides_of_different_length_are_refused() -> None:
    with pytest.raises(InputError):
        bootstrap_mean_difference([1.0], [1.0, 0.0], seed=1)
    with pytest.raises(InputError):
        bootstrap_macro_f1(["a"], [], seed=1)
