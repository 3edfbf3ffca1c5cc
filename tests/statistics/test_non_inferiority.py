"""Not worse by more than a margin: the four answers, and what is never claimed."""

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.statistics import (
    Conclusion,
    PairedCounts,
    judge_non_inferiority,
    smallest_non_inferior_size,
    tango_interval,
)


def counts_of(newly_right: int, newly_wrong: int, n: int) -> PairedCounts:
    same = n - newly_right - newly_wrong
    return PairedCounts(both_right=same, newly_right=newly_right, newly_wrong=newly_wrong, both_wrong=0)


@pytest.mark.parametrize(
    ("newly_right", "newly_wrong", "n", "conclusion"),
    [
        (0, 0, 200, Conclusion.PASSES),  # -1.9 to 1.9 points
        (20, 0, 100, Conclusion.PASSES),  # clearly better, although 100 identical answers would not do
        (10, 10, 1000, Conclusion.PASSES),
        (0, 0, 188, Conclusion.NOT_ENOUGH_DATA),  # 189 identical answers are the fewest
        (3, 4, 50, Conclusion.NOT_ENOUGH_DATA),
        (10, 20, 300, Conclusion.NEEDS_JUDGEMENT),
        (5, 60, 300, Conclusion.FAILS),
        (0, 10, 20, Conclusion.FAILS),  # twenty records are enough to see that half got worse
    ],
)
def test_difference_is_judged_by_the_whole_interval(
    newly_right: int, newly_wrong: int, n: int, conclusion: Conclusion
) -> None:
    judgement = judge_non_inferiority(counts_of(newly_right, newly_wrong, n), margin=0.02)

    assert judgement.conclusion is conclusion, judgement


def test_no_records_are_not_enough() -> None:
    judgement = judge_non_inferiority(counts_of(0, 0, 0), margin=0.02)

    assert judgement.conclusion is Conclusion.NOT_ENOUGH_DATA
    assert (judgement.difference, judgement.interval, judgement.p_value) == (None, None, None)
    assert judgement.needed == 189


def test_demanded_number_of_records_blocks_a_pass_but_not_a_failure() -> None:
    passing = judge_non_inferiority(counts_of(30, 0, 100), margin=0.02, needed=150)
    failing = judge_non_inferiority(counts_of(0, 30, 100), margin=0.02, needed=150)

    assert passing.conclusion is Conclusion.NOT_ENOUGH_DATA
    assert failing.conclusion is Conclusion.FAILS


@given(newly_right=st.integers(0, 80), newly_wrong=st.integers(0, 80), same=st.integers(200, 2_000))
def test_p_value_and_interval_say_the_same(newly_right: int, newly_wrong: int, same: int) -> None:
    judgement = judge_non_inferiority(
        counts_of(newly_right, newly_wrong, same + newly_right + newly_wrong), margin=0.02
    )

    assert judgement.p_value is not None
    if not isclose(judgement.p_value, 0.025, rel_tol=1e-6):
        assert (judgement.conclusion is Conclusion.PASSES) == (judgement.p_value < 0.025)


@pytest.mark.parametrize("margin", [0.005, 0.01, 0.02, 0.05, 0.1, 0.5])
def test_smallest_size_is_the_first_at_which_identical_answers_pass(margin: float) -> None:
    size = smallest_non_inferior_size(margin)

    at, before = tango_interval(counts_of(0, 0, size)), tango_interval(counts_of(0, 0, size - 1))
    assert at is not None
    assert at.low >= -margin
    assert before is None or before.low < -margin


@pytest.mark.parametrize("margin", [0, 1, -0.02, 2])
def test_margin_outside_zero_to_one_is_refused(margin: float) -> None:
    with pytest.raises(InputError) as caught:
        judge_non_inferiority(counts_of(1, 1, 10), margin=margin)

    assert caught.value.field == "margin"
