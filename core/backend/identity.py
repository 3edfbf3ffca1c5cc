"""Times and ids as the contract writes them.

Ids are `<prefix>-<base58 of a random UUID>`; times are ISO 8601 in UTC without a zone, the data store adds `Z`.
The clock and the ids' source are values, so that a test may choose them.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

Clock = Callable[[], datetime]
"""Gives the current time, aware and in UTC."""


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def write_time(moment: datetime) -> str:
    """Return `2025-06-20T04:20:22.061480`: UTC, always with microseconds, so that texts sort like times."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def read_time(text: str) -> datetime:
    """Return the aware time of a text written by `write_time`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def new_id(prefix: str) -> str:
    """Return a new id such as `cust-FarcM8gwhL1XFDXQ57qGLL`."""
    number = uuid.uuid4().int
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = BASE58[digit] + digits
    return f"{prefix}-{digits}"
