"""How numbers, moments and durations read on every page.

Shares come in as 0 to 1 and go out in per cent; unknown is a word, never 0. Spaces inside a value do not break, minus
is U+2212, times are UTC. Nothing here knows Streamlit.
"""

from datetime import UTC, datetime, timedelta
from math import ceil, floor

UNKNOWN = "unknown"
NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
ROUNDING = 1e-9  # floats that miss a tenth by less are that tenth


def count(value: int | None) -> str:
    """Return 12,400 with thousands separators, −12,400 for what is taken away."""
    return UNKNOWN if value is None else f"{value:,}".replace("-", MINUS)


def capped_count(value: int, *, is_exact: bool) -> str:
    """Return 12,400 when counted, 10,000+ when the count stopped at its cap."""
    return f"{value:,}" if is_exact else f"{value:,}+"


def quantity(value: int, singular: str, plural: str | None = None) -> str:
    """Return "1 record" or "12,400 records"; the number and its noun stay on one line."""
    noun = singular if value == 1 else plural or f"{singular}s"
    return f"{value:,}{NBSP}{noun}"


def share(value: float | None, *, decimals: int = 1) -> str:
    """Return 94.8 % for 0.948; with decimals, 100 % and 0 % stand for all and none only, as in verdicts."""
    if value is None:
        return UNKNOWN
    percent, step = round(value * 100, decimals), 10**-decimals
    if decimals and percent == 100 and value < 1:
        percent -= step
    elif decimals and percent == 0 and value > 0:
        percent = step
    return f"{percent:.{decimals}f}{NBSP}%"


def share_interval(low: float, high: float) -> str:
    """Return "92.5 to 96.4 %", rounded outwards, as verdicts and gates word it."""
    return f"{_down(low):.1f}{NBSP}to{NBSP}{_up(high):.1f}{NBSP}%"


def points(value: float, *, decimals: int = 1) -> str:
    """Return a difference of shares in percentage points with its sign: +0.2 pp, −1.5 pp, 0.0 pp."""
    return f"{_signed(round(value * 100, decimals), decimals)}{NBSP}pp"


def points_interval(low: float, high: float) -> str:
    """Return "−1.2 to +1.7 pp", rounded outwards."""
    return f"{_signed(_down(low))}{NBSP}to{NBSP}{_signed(_up(high))}{NBSP}pp"


def money(usd: float | None) -> str:
    """Return $0.041, $1.42 or $1,250: three digits that matter below a dollar, cents below a thousand."""
    if usd is None:
        return UNKNOWN
    if usd == 0:
        return "$0"
    if usd < 1:
        return f"${usd:.3f}"
    return f"${usd:,.2f}" if usd < 1000 else f"${usd:,.0f}"


def milliseconds(value: float | None) -> str:
    """Return 212 ms, whole milliseconds."""
    return UNKNOWN if value is None else f"{value:,.0f}{NBSP}ms"


def tokens(value: int | None) -> str:
    """Return 950, 12.4 k, 3.1 M or 1.2 B tokens, without the word."""
    if value is None:
        return UNKNOWN
    for limit, unit in ((1_000_000_000, "B"), (1_000_000, "M"), (10_000, "k")):
        if value >= limit:
            scale = 1000 if unit == "k" else limit
            return f"{value / scale:.1f}{NBSP}{unit}"
    return f"{value:,}"


def size(size_bytes: int) -> str:
    """Return 512 bytes, 1.4 kB, 12.0 MB, decimal units."""
    for limit, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size_bytes >= limit:
            return f"{size_bytes / limit:.1f}{NBSP}{unit}"
    return quantity(size_bytes, "byte")


def duration(seconds: float | None) -> str:
    """Return 0.4 s, 42 s, 14 min 22 s, 3 h 5 min or 2 d 4 h: the two units that matter."""
    if seconds is None:
        return UNKNOWN
    if seconds < 1:
        return f"{seconds:.1f}{NBSP}s"
    whole = round(seconds)
    for unit_s, unit, rest_s, rest in (
        (DAY_S, "d", HOUR_S, "h"),
        (HOUR_S, "h", MINUTE_S, "min"),
        (MINUTE_S, "min", 1, "s"),
    ):
        if whole >= unit_s:
            second = whole % unit_s // rest_s
            tail = f"{NBSP}{second}{NBSP}{rest}" if second else ""
            return f"{whole // unit_s}{NBSP}{unit}{tail}"
    return f"{whole}{NBSP}s"


def age(then: datetime, now: datetime) -> str:
    """Return "just now", "3 min ago", "5 h ago" or "12 d ago"; a moment in the future reads "just now"."""
    elapsed_s = (now - then).total_seconds()
    for unit_s, unit in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if elapsed_s >= unit_s:
            return f"{int(elapsed_s // unit_s)}{NBSP}{unit}{NBSP}ago"
    return "just now"


def instant(timestamp_ms: int) -> datetime:
    """Return the aware UTC moment of epoch milliseconds."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=timestamp_ms)


def moment(when: datetime, *, now: datetime | None = None) -> str:
    """Return "21 Nov 04:57 UTC"; the year appears when it is not the year of `now`, or when `now` is not given."""
    utc = when.astimezone(UTC)
    year = "" if now is not None and utc.year == now.astimezone(UTC).year else f"{NBSP}{utc.year}"
    return f"{utc.day}{NBSP}{utc:%b}{year}{NBSP}{utc:%H:%M}{NBSP}UTC"


def day(when: datetime) -> str:
    """Return "21 Nov 2026"."""
    utc = when.astimezone(UTC)
    return f"{utc.day}{NBSP}{utc:%b}{NBSP}{utc.year}"


def span(first: datetime, last: datetime) -> str:
    """Return "14 Oct to 20 Nov 2026", naming each part once: "3 to 9 Nov 2026", "21 Nov 2026"."""
    start, end = first.astimezone(UTC), last.astimezone(UTC)
    if start.date() == end.date():
        return day(start)
    if start.year != end.year:
        return f"{day(start)} to {day(end)}"
    if start.month != end.month:
        return f"{start.day}{NBSP}{start:%b} to {day(end)}"
    return f"{start.day} to {day(end)}"


def short_hash(value: str) -> str:
    """Return 9f3a…c21e of a long hash, so that two can be told apart at a glance; short ones stay whole."""
    return value if len(value) <= 12 else f"{value[:4]}…{value[-4:]}"


def _down(value: float) -> float:
    return floor(value * 1000 + ROUNDING) / 10


def _up(value: float) -> float:
    return ceil(value * 1000 - ROUNDING) / 10


def _signed(value: float, decimals: int = 1) -> str:
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    return f"{sign}{abs(value):.{decimals}f}"
