"""Two mixes of categories: the distance by hand, the test against scipy's own table of the same counts."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from core.errors import InputError
from core.statistics import compare_mixes


def test_distance_is_the_share_that_would_have_to_change() -> None:
    # shares 0.5, 0.3, 0.2 against 0.4, 0.2, 0.4: half of 0.1 + 0.1 + 0.2
    shift = compare_mixes({"a": 50, "b": 30, "c": 20}, {"a": 80, "b": 40, "c": 80})
    assert shift is not None
    assert shift.distance == pytest.approx(0.2)
    assert (shift.first_n, shift.second_n) == (100, 200)


@given(
    st.lists(st.tuples(st.integers(20, 300), st.integers(20, 300)), min_size=2, max_size=6),
)
def test_p_value_is_that_of_scipy_where_nothing_is_rare(pairs: list[tuple[int, int]]) -> None:
    first, second = ({str(n): pair[side] for n, pair in enumerate(pairs)} for side in (0, 1))
    expected = chi2_contingency([list(first.values()), list(second.values())], correction=False)
    if expected.expected_freq.min() < 5:
        return
    shift = compare_mixes(first, second)
    assert shift is not None
    assert shift.p_value == pytest.approx(expected.pvalue, abs=1e-12)


def test_rare_categories_are_counted_together() -> None:
    common = {"a": 60, "b": 40}
    rare = {f"r{n}": 1 for n in range(12)}
    shift = compare_mixes({**common, **rare}, {"a": 60, "b": 52})
    table = chi2_contingency([[60, 40, 12], [60, 52, 0]], correction=False)
    assert shift is not None
    assert shift.p_value == pytest.approx(table.pvalue)


@pytest.mark.parametrize("first", [{"a": 3, "b": 2}, {"a": 500}, {"a": 400, "b": 1}])
def test_too_few_records_or_categories_have_a_distance_and_no_p_value(first: dict[str, int]) -> None:
    shift = compare_mixes(first, first)
    assert shift is not None
    assert shift.distance == 0
    assert shift.p_value is None or shift.p_value == pytest.approx(1.0)


def test_nothing_is_said_of_an_empty_sample_and_negative_counts_are_refused() -> None:
    assert compare_mixes({}, {"a": 5}) is None
    assert compare_mixes({"a": 5}, {"a": 0}) is None
    with pytest.raises(InputError):
        compare_mixes({"a": -1}, {"a": 5})


def test_samples_of_one_mix_are_called_different_about_as_often_as_promised() -> None:
    generator = random.Random(11)
    labels, weights = [f"l{n}" for n in range(12)], [2.0**-n for n in range(12)]
    called = 0
    for _ in range(600):
        first, second = (Counter(generator.choices(labels, weights, k=size)) for size in (150, 220))
        shift = compare_mixes(first, second)
        called += shift is not None and shift.p_value is not None and shift.p_value < 0.05
    assert 0.02 < called / 600 < 0.08
