"""What can be refused before anything is built."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.datasets import BuildOptions, DatasetError, check_options, check_sizes
from core.datasets.options import validation_size
from core.errors import InputError

OPTIONS = BuildOptions(workload_id="router")


def refusal(total: int, **changes: Any) -> DatasetError:
    with pytest.raises(DatasetError) as caught:
        check_sizes(total, replace(OPTIONS, **changes))
    assert isinstance(caught.value, InputError)
    return caught.value


def test_defaults_fit_an_ordinary_workload() -> None:
    check_sizes(5_000, OPTIONS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("evaluation_size", 0),
        ("evaluation_size", -5),
        ("evaluation_size", 2.5),
        ("evaluation_size", True),
        ("minimum_records", 0),
        ("limit", 0),
        ("limit", "100"),
        ("rare_class_threshold", -1),
        ("validation_ratio", 0),
        ("validation_ratio", 0.0),
        ("validation_ratio", 1),
        ("validation_ratio", 1.0),
        ("validation_ratio", -0.1),
        ("validation_ratio", 1.5),
        ("validation_ratio", float("nan")),
        ("validation_ratio", "0.1"),
        ("seed", 1.5),
        ("seed", "42"),
        ("seed", True),
        ("seed", 2**53),
    ],
)
def test_impossible_option_is_refused_by_its_name_and_value(field: str, value: object) -> None:
    error = refusal(5_000, **{field: value})

    assert error.field == field
    assert f"{field} is {value!r}" in str(error)


def test_no_records_are_named_with_the_selection() -> None:
    error = refusal(0, client_id="app")

    assert error.field == "workload_id"
    assert "no records of workload 'router', client 'app'; import logs" in str(error)


def test_no_records_in_a_window_blame_the_window() -> None:
    error = refusal(0, since=datetime(2025, 1, 1, tzinfo=UTC))

    assert error.field == "since"
    assert "from 2025-01-01T00:00:00+00:00" in str(error)


def test_empty_window_is_refused() -> None:
    moment = datetime(2025, 1, 1, tzinfo=UTC)

    error = refusal(5_000, since=moment, until=moment)

    assert error.field == "since"
    assert "time window is empty" in str(error)


@pytest.mark.parametrize("field", ["since", "until"])
def test_time_without_a_zone_is_refused(field: str) -> None:
    error = refusal(5_000, **{field: datetime(2025, 1, 1)})  # noqa: DTZ001  # the mistake under test

    assert error.field == field


def test_fewer_records_than_the_minimum_are_refused_with_both_numbers() -> None:
    error = refusal(49, evaluation_size=10)

    assert error.field == "minimum_records"
    assert "49 records of workload 'router', fewer than the minimum of 50" in str(error)


@pytest.mark.parametrize("size", [499, 500, 501, 100_000])
def test_evaluation_size_as_large_as_the_data_is_refused_with_the_largest_possible(size: int) -> None:
    error = refusal(500, evaluation_size=size)

    assert error.field == "evaluation_size"
    assert f"evaluation_size is {size}, but there are 500 usable records" in str(error)
    assert "choose 498 or less" in str(error)


def test_largest_evaluation_set_leaves_one_record_to_train_and_one_to_validate() -> None:
    check_sizes(500, replace(OPTIONS, evaluation_size=498))


def test_limit_below_the_minimum_is_refused() -> None:
    error = refusal(5_000, limit=49, evaluation_size=10)

    assert error.field == "limit"
    assert "limit is 49, below the minimum of 50" in str(error)


def test_evaluation_size_is_compared_with_the_limit_too() -> None:
    error = refusal(5_000, limit=100, evaluation_size=100)

    assert error.field == "evaluation_size"


def test_two_records_are_too_few_even_without_a_minimum() -> None:
    error = refusal(2, minimum_records=1, evaluation_size=1)

    assert "needs at least 3" in str(error)


def test_seed_zero_is_a_seed() -> None:
    check_options(replace(OPTIONS, seed=0))


@pytest.mark.parametrize(
    ("records", "ratio", "expected"),
    [
        (4_900, 0.1, 490),
        (9_900, 0.1, 990),
        (24_900, 0.1, 2_490),
        (100, 0.07, 7),  # in floats 0.07 * 100 is 7.000000000000001
        (11, 0.1, 2),
        (2, 0.1, 1),
        (2, 0.9, 1),
        (1_000, 1e-7, 1),
    ],
)
def test_validation_takes_its_ratio_rounded_up_and_spares_a_training_record(
    records: int, ratio: float, expected: int
) -> None:
    assert validation_size(records, ratio) == expected
