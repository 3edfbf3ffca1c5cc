"""What the workers last saw of the services outside, since when, and which workers live.

Web and api read these rows; they never call a service themselves.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select

from core.errors import UnavailableError
from core.nemo import ServiceHealth
from core.runs.tables import ServiceHealthRow

FRESH_FOR = timedelta(seconds=30)
"""Older sightings say nothing: the worker that made them may be gone."""


def store_health(session: Session, sightings: Sequence[ServiceHealth], *, now: datetime) -> None:
    """Record one probe of every service; `since` moves only when a service goes up or down."""
    for seen in sightings:
        row = session.get(ServiceHealthRow, seen.service)
        since = row.since if row is not None and (row.ok, row.url) == (seen.ok, seen.url) else now
        session.merge(
            ServiceHealthRow(
                service=seen.service, url=seen.url, ok=seen.ok, detail=seen.detail, since=since, checked_at=now
            )
        )
    names = [seen.service for seen in sightings]
    session.execute(delete(ServiceHealthRow).where(col(ServiceHealthRow.service).not_in(names)))


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
