"""A share against a minimum: the four answers and where one turns into the next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.statistics import Conclusion, judge_minimum, smallest_passing_size, wilson_interval


@pytest.mark.parametrize(
    ("successes", "n", "conclusion"),
    [
        (485, 500, Conclusion.PASSES),  # 95.1 to 98.2 %
        (96, 100, Conclusion.PASSES),  # 90.2 to 98.4 %
        (95, 100, Conclusion.NEEDS_JUDGEMENT),  # 88.8 to 97.8 %
        (450, 500, Conclusion.NEEDS_JUDGEMENT),
        (85, 100, Conclusion.NEEDS_JUDGEMENT),  # 76.7 to 90.7 %
        (84, 100, Conclusion.FAILS),  # 75.6 to 89.9 %
        (35, 35, Conclusion.PASSES),  # 90.1 to 100 %: the fewest that can pass
        (34, 34, Conclusion.NOT_ENOUGH_DATA),
        (10, 10, Conclusion.NOT_ENOUGH_DATA),  # 72.2 to 100 %: no result of ten records could show 90 %
        (8, 10, Conclusion.NOT_ENOUGH_DATA),
        (3, 10, Conclusion.FAILS),  # 10.8 to 60.3 %: ten records rule out 90 %
        (0, 0, Conclusion.NOT_ENOUGH_DATA),
    ],
)
def test_share_is_judged_by_the_whole_interval(successes: int, n: int, conclusion: Conclusion) -> None:
    judgement = judge_minimum(successes, n, minimum=0.9)

    assert judgement.conclusion is conclusion
    assert judgement.interval == wilson_interval(successes, n)


def test_demanded_number_of_records_blocks_a_pass_but_not_a_failure() -> None:
    passing = judge_minimum(99, 100, minimum=0.9, needed=200)
    failing = judge_minimum(20, 100, minimum=0.9, needed=200)

    assert passing.conclusion is Conclusion.NOT_ENOUGH_DATA
    assert passing.needed == 200
    assert failing.conclusion is Conclusion.FAILS


@given(minimum=st.floats(0.01, 0.999))
def test_smallest_passing_size_is_the_first_that_can_pass(minimum: float) -> None:
    size = smallest_passing_size(minimum)

    at, before = wilson_interval(size, size), wilson_interval(size - 1, size - 1)
    assert at is not None
    assert at.low >= minimum
    assert before is None or before.low < minimum + 1e-12


@pytest.mark.parametrize("minimum", [0, 1, -0.1, 90])
def test_minimum_outside_zero_to_one_is_refused(minimum: float) -> None:
    with pytest.raises(InputError) as caught:
        judge_minimum(5, 10, minimum=minimum)

    assert caught.value.field == "minimum"
