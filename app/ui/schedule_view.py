"""A schedule in words: when it fires next, what it launches, what came of the last time. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo

from app.ui import numbers, url, verdicts
from core.runs import Schedule, TimingKind, describe_timing


def describe_launch(schedule: Schedule) -> str:
    """Return what a firing launches."""
    request = schedule.request
    students = ", ".join(request.students) if request.students else "all students"
    variants = ", ".join(request.variants) if request.variants else "all variants"
    size = f", evaluation of {numbers.count(request.evaluation_size)} records" if request.evaluation_size else ""
    return f"{request.workload_id} ({request.client_id or 'all clients'}): {students}; {variants}{size}"


def describe_timing_of(schedule: Schedule) -> str:
    """Return when it fires, with its first letter large."""
    words = describe_timing(schedule.timing)
    return words[:1].upper() + words[1:]


def list_fires(schedule: Schedule) -> Sequence[str]:
    """Return the next firings in the schedule's time zone, and in UTC beside it where that is another."""
    zone = ZoneInfo(schedule.timing.timezone)
    return [_instant(fire, zone) for fire in schedule.fires]


def render_facts(schedule: Schedule, *, now: datetime) -> str:
    """Return the schedule's facts as a list of terms."""
    since = numbers.moment(schedule.created_at, now=now)
    facts = [
        ("Fires", escape(describe_timing_of(schedule))),
        ("Launches", escape(describe_launch(schedule))),
        ("Next", _render_next(schedule)),
        ("Last", _render_last(schedule, now)),
        ("Owner", f"{escape(verdicts.name_person(schedule.owner))}, since {since}"),
    ]
    terms = "".join(f"<dt>{term}</dt><dd>{value}</dd>" for term, value in facts)
    return f'<dl class="fw-facts">{terms}</dl>'


def _render_next(schedule: Schedule) -> str:
    if not schedule.is_enabled:
        return "paused"
    if schedule.timing.kind is TimingKind.RECORDS:
        wanted = schedule.counted_records + (schedule.timing.every_records or 0)
        return f"at {numbers.count(wanted)} records; there were {numbers.count(schedule.counted_records)} last time"
    return "<br>".join(map(escape, list_fires(schedule))) or "never again"


def _render_last(schedule: Schedule, now: datetime) -> str:
    if schedule.last_fired_at is None:
        return "has not fired yet"
    when = numbers.moment(schedule.last_fired_at, now=now)
    if schedule.last_run_id is None:
        return f"{when}, launched nothing"
    link = f'<a href="{escape(url.link("run", id=schedule.last_run_id))}" target="_self">{schedule.last_run_id}</a>'
    return f"{when}, run {link}"


def _instant(fire: datetime, zone: ZoneInfo) -> str:
    local = fire.astimezone(zone)
    utc = f" ({fire.astimezone(UTC):%H:%M} UTC)" if local.utcoffset() else ""
    return f"{local:%a %Y-%m-%d %H:%M} {zone.key}{utc}"
