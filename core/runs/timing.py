"""When a schedule fires: cron in a time zone, an interval, or an amount of new records. Pure.

Cron is Vixie's with Debian's rules for clock changes, by the library: five fields, 0 and 7 are Sunday, day of month or
day of week. A job at a fixed hour fires once when the clocks go back, and at the next instant there is when they skip
its hour. Intervals count from the last firing, so that downtime leads to one firing and not to many.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from core.errors import InputError, near_miss

SHORTEST_INTERVAL_S = 60
NICKNAMES: Mapping[str, str] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class TimingKind(StrEnum):
    """What makes a schedule fire."""

    CRON = "cron"  # instants of a calendar
    INTERVAL = "interval"  # so many seconds after the last firing
    RECORDS = "records"  # so many new records of its workload


@dataclass(frozen=True, kw_only=True)
class Timing:
    """When a schedule fires; the field of its kind is set, the others are None. `timezone` is an IANA name."""

    kind: TimingKind
    cron: str | None = None
    timezone: str = "UTC"
    interval_s: int | None = None
    every_records: int | None = None


def check_timing(timing: Timing) -> None:
    """Refuse what can never fire. Raises `InputError` with the field to correct."""
    if timing.kind is TimingKind.CRON:
        zone = _zone(timing.timezone)
        try:
            next(CronSim(_expression(timing), datetime.now(zone)))
        except CronSimError as error:
            raise InputError(
                f"{timing.cron!r} is no cron expression: {str(error).lower()}; five fields are wanted (minute, hour,"
                " day of month, month, day of week), such as '30 2 * * 1-5', or a word such as @daily",
                field="cron",
            ) from error
        except StopIteration:
            raise InputError(f"{timing.cron!r} never fires: no such day exists", field="cron") from None
    elif timing.kind is TimingKind.INTERVAL:
        if timing.interval_s is None or timing.interval_s < SHORTEST_INTERVAL_S:
            raise InputError(
                f"interval_s is {timing.interval_s!r}; it must be at least {SHORTEST_INTERVAL_S} seconds",
                field="interval_s",
            )
    elif timing.every_records is None or timing.every_records < 1:
        raise InputError(
            f"every_records is {timing.every_records!r}; it must be a whole number of at least 1", field="every_records"
        )


def next_fire(timing: Timing, after: datetime) -> datetime | None:
    """Return the first instant after `after`, in UTC; None for a schedule that waits for records or never fires."""
    if timing.kind is TimingKind.RECORDS:
        return None
    if timing.kind is TimingKind.INTERVAL:
        assert timing.interval_s is not None
        return after + timedelta(seconds=timing.interval_s)
    try:
        found: datetime = next(CronSim(_expression(timing), after.astimezone(_zone(timing.timezone))))
    except StopIteration:
        return None
    return found.astimezone(UTC)


def next_fires(timing: Timing, first: datetime | None, *, count: int = 3) -> list[datetime]:
    """Return the next instants from `first`, the one that is stored, on."""
    fires: list[datetime] = []
    while first is not None and len(fires) < count:
        fires.append(first)
        first = next_fire(timing, first)
    return fires


def describe_timing(timing: Timing) -> str:
    """Return the timing in words."""
    if timing.kind is TimingKind.INTERVAL:
        return f"{timedelta(seconds=timing.interval_s or 0)} (h:mm:ss) after the last firing"
    if timing.kind is TimingKind.RECORDS:
        return f"when {timing.every_records:,} new records have arrived"
    words: str = CronSim(_expression(timing), datetime.now(UTC)).explain()
    return f"{words[:1].lower()}{words[1:]}, {timing.timezone}"


def _expression(timing: Timing) -> str:
    text = " ".join((timing.cron or "").split())
    return NICKNAMES.get(text.lower(), text)


def _zone(name: str) -> ZoneInfo:
    known = available_timezones()
    if name not in known:
        hint = near_miss(name, sorted(known)) or "; use a name such as Europe/Berlin or UTC"
        raise InputError(f"no time zone {name!r}{hint}", field="timezone")
    return ZoneInfo(name)
