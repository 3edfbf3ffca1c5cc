"""The one place where a logged time becomes UTC milliseconds, and where milliseconds become a time again."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

MILLISECONDS_FROM = 1e11
"""Numbers from here on are milliseconds: 1e11 seconds lie in the year 5138, 1e11 milliseconds in 1973."""
END_S = 4_102_444_800
"""1 January 2100; later times are taken for a mistake in the unit."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def timestamp_ms(value: object) -> int:
    """Return UTC milliseconds for epoch seconds, epoch milliseconds or ISO 8601 text.

    Fractions are rounded to the millisecond; text without a zone is UTC. Raises `ValueError` with the reason.
    """
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be epoch seconds, epoch milliseconds or ISO 8601 text")  # noqa: TRY004  # one kind of refusal
    if not 0 <= value < END_S * 1000:  # also NaN
        raise ValueError(f"{str(value)[:40]} is not a time from 1970 to 2099 in seconds or milliseconds")
    return _checked(round(value if value >= MILLISECONDS_FROM else value * 1000), value)


def datetime_ms(moment: datetime) -> int:
    """Return UTC milliseconds of a time, rounded up: a record at or after `moment` has at least this many.

    A time without a zone is UTC.
    """
    return -((EPOCH - as_utc(moment)) // timedelta(milliseconds=1))


def as_utc(moment: datetime) -> datetime:
    """Return a time in UTC; one without a zone is UTC already."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@lru_cache(maxsize=4096)
def iso_day(day: int) -> str:
    """Return the ISO date of a day counted from 1970."""
    return (EPOCH + timedelta(days=day)).date().isoformat()


def _from_text(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a time; use epoch seconds, epoch milliseconds or ISO 8601") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if aware < EPOCH:
        raise ValueError(f"{text[:40]!r} is before 1970")
    return _checked(((aware - EPOCH) // timedelta(microseconds=1) + 500) // 1000, text)


def _checked(milliseconds: int, value: object) -> int:
    if milliseconds >= END_S * 1000:
        raise ValueError(f"{value!r} is after 2099; is it neither in seconds nor in milliseconds?")
    return milliseconds
