"""Values from the URL are checked like any input."""

from datetime import UTC, date, datetime

import pytest

from app.ui import url
from core.errors import InputError


def test_absent_and_empty_values_are_none() -> None:
    assert url.read_text({}, "text") is None
    assert url.read_text({"text": "  "}, "text") is None
    assert url.read_id({"record": ""}, "record") is None
    assert url.read_day({}, "since") is None


def test_plain_values_come_back() -> None:
    assert url.read_text({"text": " ship it "}, "text") == "ship it"
    assert url.read_id({"candidate": "local/linear-large:customized"}, "candidate") == "local/linear-large:customized"
    assert url.read_day({"since": "2026-11-25"}, "since") == date(2026, 11, 25)


@pytest.mark.parametrize("value", ["<script>", "a b", "x" * 601, "é", "'; drop table run"])
def test_what_is_no_id_is_refused_by_name(value: str) -> None:
    with pytest.raises(InputError) as refusal:
        url.read_id({"run": value}, "run")
    assert refusal.value.field == "run"


@pytest.mark.parametrize("value", ["x" * 301, "two\nlines", "\x00"])
def test_text_has_a_length_and_no_control_characters(value: str) -> None:
    with pytest.raises(InputError):
        url.read_text({"text": f"a{value}b"}, "text")


def test_an_unknown_choice_names_the_near_miss() -> None:
    assert url.read_choice({"workload": "support"}, "workload", ["support"]) == "support"
    with pytest.raises(InputError, match="did you mean 'support'"):
        url.read_choice({"workload": "suport"}, "workload", ["support", "news"])


@pytest.mark.parametrize("value", ["yesterday", "2026-13-01", "20261", "2026-11-25T10:00"])
def test_a_day_is_written_one_way(value: str) -> None:
    with pytest.raises(InputError, match="2026-11-25"):
        url.read_day({"since": value}, "since")


def test_days_become_half_open_ranges_in_utc() -> None:
    day = date(2026, 12, 31)
    assert url.day_start(day) == datetime(2026, 12, 31, tzinfo=UTC)
    assert url.day_end(day) == datetime(2027, 1, 1, tzinfo=UTC)
    assert url.day_start(None) is url.day_end(None) is None


def test_links_leave_out_what_is_not_there_and_escape_the_rest() -> None:
    assert url.link("logs") == "/logs"
    assert url.link("review", run="r1", candidate="a/b:icl", view=None) == "/review?run=r1&candidate=a%2Fb%3Aicl"
