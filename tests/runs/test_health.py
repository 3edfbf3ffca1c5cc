"""What workers saw of the services, and when that refuses a launch."""

from datetime import timedelta

import pytest

from core.database import Database
from core.errors import UnavailableError
from core.nemo import ServiceHealth
from core.runs import list_health, store_health
from core.runs.health import refuse_when_down
from tests.runs.rows import NOW


def see(database: Database, *, ok: bool, after_s: float) -> None:
    sighting = ServiceHealth(service="data store", url="http://store.test", ok=ok, detail="refused")
    with database.write() as session:
        store_health(session, [sighting], now=NOW + timedelta(seconds=after_s))


def refuse(database: Database, *, after_s: float) -> None:
    with database.read() as session:
        refuse_when_down(session, now=NOW + timedelta(seconds=after_s))


def test_one_failed_probe_refuses_nothing_two_do(database: Database) -> None:
    see(database, ok=True, after_s=0)
    see(database, ok=False, after_s=5)
    refuse(database, after_s=6)
    see(database, ok=False, after_s=10)
    with pytest.raises(UnavailableError, match="has not answered since 2026-03-01 12:00 UTC") as refusal:
        refuse(database, after_s=11)
    assert refusal.value.service == "data store"


def test_an_old_sighting_refuses_nothing(database: Database) -> None:
    see(database, ok=False, after_s=0)
    see(database, ok=False, after_s=5)
    refuse(database, after_s=60)


def test_since_moves_only_when_a_service_goes_up_or_down(database: Database) -> None:
    for after_s, ok in ((0, True), (5, True), (10, False), (15, False)):
        see(database, ok=ok, after_s=after_s)
    with database.read() as session:
        (row,) = list_health(session)
    assert (row.since, row.checked_at) == (NOW + timedelta(seconds=10), NOW + timedelta(seconds=15))
