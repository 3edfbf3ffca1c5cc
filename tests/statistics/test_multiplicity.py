"""Holm's adjustment against statsmodels."""

import random

import pytest
from statsmodels.stats.multitest import multipletests

from core.errors import InputError
from core.statistics import adjust_holm


@pytest.mark.parametrize("seed", range(12))
def test_adjusted_values_equal_statsmodels(seed: int) -> None:
    rng = random.Random(seed)
    p_values = [round(rng.random() ** rng.choice([1, 4]), rng.choice([1, 3, 12])) for _ in range(rng.randint(1, 12))]

    assert adjust_holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))


def test_no_tests_need_no_adjustment() -> None:
    assert adjust_holm([]) == []


def test_single_test_stays_as_it_is() -> None:
    assert adjust_holm([0.04]) == [0.04]


def test_value_that_is_no_chance_is_refused() -> None:
    with pytest.raises(InputError):
        adjust_holm([0.2, 1.2])
