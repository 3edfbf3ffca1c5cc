"""When schedules fire: Unix cron in a time zone through both clock changes, intervals, and refusals by field."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.errors import InputError
from core.runs import Timing, TimingKind, describe_timing
from core.runs.timing import check_timing, next_fire, next_fires

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def cron(text: str, zone: str = "UTC") -> Timing:
    return Timing(kind=TimingKind.CRON, cron=text, timezone=zone)


def local_fires(timing: Timing, after: datetime, count: int = 3) -> list[str]:
    zone = ZoneInfo(timing.timezone)
    fires = next_fires(timing, next_fire(timing, after), count=count)
    return [f"{fire.astimezone(zone):%d %H:%M%z}" for fire in fires]


def test_a_fixed_hour_fires_once_on_the_day_the_clocks_go_back() -> None:
    # 25 October 2026, 03:00 summer time is 02:00 winter time in Berlin; 1 November, 02:00 is 01:00 in New York.
    assert local_fires(cron("30 2 * * *", "Europe/Berlin"), datetime(2026, 10, 24, 12, tzinfo=BERLIN)) == [
        "25 02:30+0200",
        "26 02:30+0100",
        "27 02:30+0100",
    ]
    assert local_fires(cron("30 1 * * *", "America/New_York"), datetime(2026, 10, 31, 12, tzinfo=NEW_YORK), 2) == [
        "01 01:30-0400",
        "02 01:30-0500",
    ]


def test_an_hour_that_the_clocks_skip_fires_at_the_next_instant_there_is() -> None:
    # 29 March 2026, 02:00 is 03:00 in Berlin; 8 March in New York.
    assert local_fires(cron("30 2 * * *", "Europe/Berlin"), datetime(2026, 3, 28, 12, tzinfo=BERLIN), 2) == [
        "29 03:00+0200",
        "30 02:30+0200",
    ]
    assert local_fires(cron("30 2 * * *", "America/New_York"), datetime(2026, 3, 7, 12, tzinfo=NEW_YORK), 2) == [
        "08 03:00-0400",
        "09 02:30-0400",
    ]


def test_an_hourly_job_fires_every_hour_through_the_fold() -> None:
    fires = local_fires(cron("30 * * * *", "Europe/Berlin"), datetime(2026, 10, 25, 1, 45, tzinfo=BERLIN), 3)
    assert fires == ["25 02:30+0200", "25 02:30+0100", "25 03:30+0100"]


@pytest.mark.parametrize(
    ("text", "weekdays"), [("0 9 * * 1-5", "Mon Tue Wed"), ("0 9 * * 7", "Sun Sun Sun"), ("0 9 * * sun", "Sun Sun Sun")]
)
def test_weekdays_are_those_of_unix(text: str, weekdays: str) -> None:
    after = datetime(2026, 10, 24, 12, tzinfo=UTC)  # a Saturday
    fires = next_fires(cron(text), next_fire(cron(text), after))
    assert " ".join(f"{fire:%a}" for fire in fires) == weekdays


def test_day_of_month_and_day_of_week_are_either_or() -> None:
    fires = local_fires(cron("0 9 1 * mon"), datetime(2026, 10, 24, tzinfo=UTC))
    assert fires == ["26 09:00+0000", "01 09:00+0000", "02 09:00+0000"]


def test_nicknames_and_intervals() -> None:
    now = datetime(2026, 10, 24, 12, 5, tzinfo=UTC)
    assert next_fire(cron("@Daily"), now) == datetime(2026, 10, 25, tzinfo=UTC)
    interval = Timing(kind=TimingKind.INTERVAL, interval_s=600)
    assert next_fire(interval, now) == now + timedelta(minutes=10)
    assert "0:10:00" in describe_timing(interval)
    records = Timing(kind=TimingKind.RECORDS, every_records=5000)
    assert next_fire(records, now) is None
    assert describe_timing(records) == "when 5,000 new records have arrived"


@pytest.mark.parametrize(
    ("timing", "field", "words"),
    [
        (cron("x"), "cron", "five fields"),
        (cron("99 * * * *"), "cron", "bad minute"),
        (cron("0 0 31 2 *"), "cron", "no cron expression|never fires"),
        (cron("0 0 * * *", "Europe/Berln"), "timezone", "Europe/Berlin"),
        (Timing(kind=TimingKind.INTERVAL, interval_s=5), "interval_s", "at least 60"),
        (Timing(kind=TimingKind.RECORDS, every_records=0), "every_records", "at least 1"),
    ],
)
def test_what_can_never_fire_is_refused_with_its_field(timing: Timing, field: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        check_timing(timing)
    assert caught.value.field == field
