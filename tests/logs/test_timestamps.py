"""One function makes UTC milliseconds of every notation of time, and refuses the rest with a reason."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.logs.timestamps import datetime_ms, timestamp_ms


@pytest.mark.parametrize(
    "value",
    [
        1_750_000_000,
        1_750_000_000.0,
        1_750_000_000_000,
        "2025-06-15T15:06:40Z",
        "2025-06-15T15:06:40",
        "2025-06-15T15:06:40+00:00",
        "2025-06-15T17:06:40.000+02:00",
        " 2025-06-15 15:06:40 ",
        "20250615T150640Z",
    ],
)
def test_seconds_milliseconds_and_iso_text_are_the_same_instant(value: object) -> None:
    assert timestamp_ms(value) == 1_750_000_000_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (0.001, 1),
        (1_750_000_000.125, 1_750_000_000_125),
        (1_750_000_000_125.4, 1_750_000_000_125),
        (99_999_999_999 / 100, 999_999_999_990),
        (100_000_000_000, 100_000_000_000),  # 1e11 is milliseconds: 1973, not the year 5138
        ("2025-06-15T15:06:40.1256", 1_750_000_000_126),
        ("2025-06-15", 1_749_945_600_000),
        ("1970-01-01", 0),
    ],
)
def test_fractions_are_rounded_to_the_millisecond(value: object, expected: int) -> None:
    assert timestamp_ms(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        [],
        {},
        -1,
        -0.5,
        float("nan"),
        float("inf"),
        10**400,
        4_102_444_800,
        1_750_000_000_000_000,  # microseconds
        "yesterday",
        "",
        "1750000000",
        "2025-13-01",
        "1969-12-31T23:59:59Z",
        "2100-01-01",
    ],
)
def test_what_is_no_time_of_this_age_is_refused_with_a_reason(value: object) -> None:
    with pytest.raises(ValueError, match=r"must be|is not a time|is before|is after"):
        timestamp_ms(value)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001  # hypothesis wants naive bounds
def test_every_notation_of_a_time_agrees(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert timestamp_ms(moment.isoformat()) == expected
    assert timestamp_ms(moment.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()) == expected
    assert timestamp_ms(moment.timestamp()) == expected
    assert datetime_ms(moment) == expected
    if expected >= 1e11:
        assert timestamp_ms(expected) == expected


def test_a_bound_between_two_milliseconds_lies_after_the_earlier_one() -> None:
    moment = datetime(2025, 6, 15, 15, 6, 40, 1, tzinfo=UTC)
    assert datetime_ms(moment) == 1_750_000_000_001
    assert datetime_ms(moment.replace(microsecond=0)) == 1_750_000_000_000
    assert datetime_ms(moment.replace(microsecond=0, tzinfo=None)) == 1_750_000_000_000
