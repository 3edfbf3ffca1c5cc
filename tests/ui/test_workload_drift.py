"""What is said of a workload lately against before."""

from datetime import UTC, date, datetime

import pytest

from app.ui import workload_drift
from app.ui.workload_drift import Stretch, Stretches
from core.statistics import MixShift


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "length"),
    [
        ("2026-01-01T23:00", "2026-01-03T01:00", None),  # one whole day
        ("2026-01-01T23:00", "2026-01-04T01:00", 1),
        ("2026-01-01", "2026-01-15T23:00", 6),
        ("2026-01-01", "2026-01-16T00:00", 7),
        ("2026-01-01", "2026-02-26T12:00", 7),
        ("2026-01-01", "2026-02-27T12:00", 28),
        ("2026-01-01", "2027-01-01", 28),
        ("2026-01-01", "2026-01-01", None),
    ],
)
def test_stretches_are_whole_days_and_weeks_where_there_are_enough(first: str, last: str, length: int | None) -> None:
    found = workload_drift.choose_stretches(at(first), at(last))
    if length is None:
        assert found is None
        return
    assert found is not None
    assert (found.before.days, found.lately.days) == (length, length)
    assert (found.lately.first - found.before.last).days == 1
    assert at(first).date() < found.before.first
    assert (at(last).date() - found.lately.last).days == 1


def test_the_days_are_those_before_the_last() -> None:
    assert workload_drift.choose_stretches(at("2026-03-01"), at("2026-03-06")) == Stretches(
        before=Stretch(first=date(2026, 3, 2), last=date(2026, 3, 3)),
        lately=Stretch(first=date(2026, 3, 4), last=date(2026, 3, 5)),
    )


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_volume_is_told_per_day_with_its_numbers() -> None:
    told = workload_drift.describe_volume(before=700, lately=350, days=7)
    assert plain(told) == "50 a day lately (n = 350), 100 a day before (n = 700): \N{MINUS SIGN}50 %."
    assert workload_drift.describe_volume(before=0, lately=3, days=7) == (
        "0.4 a day lately (n = 3), 0.0 a day before (n = 0)."
    )


@pytest.mark.parametrize(
    ("p_value", "said"),
    [(None, "too few records"), (0.3, "chance explains as much (chi-square test, p = 0.300)"), (1e-9, "p < 0.001")],
)
def test_a_mix_is_told_with_its_size_and_chance(p_value: float | None, said: str) -> None:
    told = workload_drift.describe_mix(MixShift(first_n=100, second_n=120, distance=0.084, p_value=p_value))
    assert plain(told).startswith("8.4 % of the answers shifted (n = 100 before, 120 lately); ")
    assert said in told


def test_a_stretch_without_records_is_said() -> None:
    assert "no records" in workload_drift.describe_mix(None)


def test_what_changed_most_comes_first_and_markup_stays_text() -> None:
    html = workload_drift.render_changes({"<b>": 50, "same": 50}, {"<b>": 20, "same": 50, None: 30})
    assert html.index("&lt;b&gt;") < html.index("same")  # 30 points against none
    assert "no short answer" in html
    assert "<b>" not in html.replace("<tbody>", "")
