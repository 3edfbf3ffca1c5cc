"""How numbers read on the pages."""

from datetime import UTC, datetime, timedelta

import pytest

from app.ui import numbers
from core.evaluation import wording
from core.statistics import Interval

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def plain(text: str) -> str:
    """The text with breaking spaces, easier to compare."""
    return text.replace(numbers.NBSP, " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.948, "94.8 %"),
        (1.0, "100.0 %"),
        (0.9996, "99.9 %"),
        (0.0, "0.0 %"),
        (0.00049, "0.1 %"),
        (None, "unknown"),
    ],
)
def test_shares_read_in_per_cent_with_one_decimal(value: float | None, text: str) -> None:
    assert plain(numbers.share(value)) == text


def test_intervals_are_rounded_outwards_as_verdicts_word_them() -> None:
    assert plain(numbers.share_interval(0.92579, 0.96421)) == "92.5 to 96.5 %"
    assert plain(numbers.share_interval(0.925, 0.964)) == "92.5 to 96.4 %"
    assert plain(numbers.points_interval(-0.0121, 0.0174)) == "−1.3 to +1.8 pp"
    assert numbers.share_interval(0.92579, 0.96421).replace(numbers.NBSP, " ") == wording.share_interval(
        Interval(low=0.92579, high=0.96421)
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0021, "+0.2 pp"), (-0.015, "−1.5 pp"), (0.0, "0.0 pp"), (-0.0001, "0.0 pp"), (0.00049, "0.0 pp")],
)
def test_differences_carry_a_true_sign_and_zero_carries_none(value: float, text: str) -> None:
    assert plain(numbers.points(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "unknown"), (0, "$0"), (0.0412, "$0.041"), (1.4249, "$1.42"), (999.99, "$999.99"), (12345.6, "$12,346")],
)
def test_money_keeps_the_digits_that_matter(value: float | None, text: str) -> None:
    assert numbers.money(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (9_999, "9,999"), (12_400, "12.4 k"), (3_100_000, "3.1 M"), (1_200_000_000, "1.2 B"), (None, "unknown")],
)
def test_token_counts_grow_units(value: int | None, text: str) -> None:
    assert plain(numbers.tokens(value)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.44, "0.4 s"),
        (42, "42 s"),
        (60, "1 min"),
        (862, "14 min 22 s"),
        (11_100, "3 h 5 min"),
        (187_200, "2 d 4 h"),
        (59.7, "1 min"),
        (None, "unknown"),
    ],
)
def test_durations_show_the_two_units_that_matter(seconds: float | None, text: str) -> None:
    assert plain(numbers.duration(seconds)) == text


@pytest.mark.parametrize(
    ("elapsed", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(seconds=-20), "just now"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=25), "1 d ago"),
    ],
)
def test_ages_round_down_and_never_lie_in_the_future(elapsed: timedelta, text: str) -> None:
    assert plain(numbers.age(NOW - elapsed, NOW)) == text


def test_a_moment_names_the_year_only_when_it_differs() -> None:
    when = datetime(2026, 11, 21, 4, 57, tzinfo=UTC)
    assert plain(numbers.moment(when, now=NOW)) == "21 Nov 04:57 UTC"
    assert plain(numbers.moment(when, now=NOW.replace(year=2027))) == "21 Nov 2026 04:57 UTC"
    assert plain(numbers.moment(when)) == "21 Nov 2026 04:57 UTC"


@pytest.mark.parametrize(
    ("first", "text"),
    [
        (datetime(2026, 11, 20, tzinfo=UTC), "20 Nov 2026"),
        (datetime(2026, 11, 3, tzinfo=UTC), "3 to 20 Nov 2026"),
        (datetime(2026, 10, 14, tzinfo=UTC), "14 Oct to 20 Nov 2026"),
        (datetime(2025, 12, 31, tzinfo=UTC), "31 Dec 2025 to 20 Nov 2026"),
    ],
)
def test_a_span_names_each_part_once(first: datetime, text: str) -> None:
    assert plain(numbers.span(first, datetime(2026, 11, 20, 23, 59, tzinfo=UTC))) == text


def test_counts_beyond_the_cap_say_so() -> None:
    assert numbers.capped_count(9_999, is_exact=True) == "9,999"
    assert numbers.capped_count(10_000, is_exact=False) == "10,000+"


def test_one_thing_is_singular() -> None:
    assert plain(numbers.quantity(1, "record")) == "1 record"
    assert plain(numbers.quantity(0, "record")) == "0 records"
    assert plain(numbers.quantity(2, "reply", "replies")) == "2 replies"


def test_sizes_use_decimal_units() -> None:
    assert plain(numbers.size(1)) == "1 byte"
    assert plain(numbers.size(1_440)) == "1.4 kB"
    assert plain(numbers.size(12_000_000)) == "12.0 MB"


def test_long_hashes_show_both_ends() -> None:
    assert numbers.short_hash("9f3a" + "0" * 56 + "c21e") == "9f3a…c21e"
    assert numbers.short_hash("run-12") == "run-12"


def test_epoch_milliseconds_become_utc_moments_before_and_after_1970() -> None:
    assert numbers.instant(1_760_845_128_250) == datetime(2025, 10, 19, 3, 38, 48, 250_000, tzinfo=UTC)
    assert numbers.instant(-1).year == 1969
