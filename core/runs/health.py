"""What the workers last saw of the services outside, since when, and which workers live.

Web and api read these rows; they never call a service themselves.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.errors import UnavailableError
from core.nemo import ServiceHealth
from core.runs.tables import ServiceHealthRow

FRESH_FOR = timedelta(seconds=30)
"""Older sightings say nothing: the worker that made them may be gone."""


def store_health(session: Session, sightings: Sequence[ServiceHealth], *, now: datetime) -> None:
    """Record one probe of every service; `since` moves only when a service goes up or down."""
    known = {row.service: row for row in session.exec(select(ServiceHealthRow))}
    for seen in sightings:
        row = known.pop(seen.service, None)
        if row is None:
            row = ServiceHealthRow(service=seen.service, url="", ok=seen.ok, detail="", since=now, checked_at=now)
        if (row.ok, row.url) != (seen.ok, seen.url):
            row.since = now
        row.url, row.ok, row.detail, row.checked_at = seen.url, seen.ok, seen.detail, now
        session.add(row)
    for gone in known.values():
        session.delete(gone)


def list_health(session: Session) -> list[ServiceHealthRow]:
    """Return the last sighting of every service, by name."""
    return list(session.exec(select(ServiceHealthRow).order_by(col(ServiceHealthRow.service))))


def refuse_when_down(session: Session, *, now: datetime) -> None:
    """Raise `UnavailableError` when a worker saw twice in a row, and just now, that a service does not answer."""
    for row in list_health(session):
        is_confirmed = not row.ok and row.checked_at > row.since
        if is_confirmed and now - row.checked_at < FRESH_FOR:
            raise UnavailableError(
                f"{row.service} at {row.url} has not answered since {row.since:%Y-%m-%d %H:%M} UTC ({row.detail});"
                " start it or correct its address in the settings, then launch again",
                service=row.service,
            )
