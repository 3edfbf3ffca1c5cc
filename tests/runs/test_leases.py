"""Who works on a run: one worker at a time, and a worker that lost its run cannot write."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core.database import Database
from core.runs import LeaseLost, RunStatus, claim_run, list_events
from core.runs.leases import Lease, RunEvent, fenced_write, release_lease
from core.runs.tables import RunRow
from tests.runs.rows import NOW, add_run


def claim(database: Database, owner: str, lease_s: float = 60):  # type: ignore[no-untyped-def]
    return claim_run(database, owner=owner, lease_s=lease_s, now=NOW)


def lapse(database: Database, run_id: str) -> None:
    with database.write() as session:
        session.execute(update(RunRow).where(col(RunRow.id) == run_id).values(lease_until=1.0))


def test_nothing_to_claim_is_none(database: Database) -> None:
    assert claim(database, "a") is None


def test_a_pending_run_is_claimed_once(database: Database) -> None:
    add_run(database)
    first = claim(database, "a")
    assert first is not None
    assert first.lease.epoch == 1
    assert claim(database, "b") is None


def test_the_oldest_pending_run_comes_first(database: Database) -> None:
    add_run(database, "run-b", created_at=NOW.replace(hour=13))
    add_run(database, "run-a", created_at=NOW.replace(hour=11))
    first = claim(database, "a")
    assert first is not None
    assert first.lease.run_id == "run-a"


def test_simultaneous_claims_give_every_run_to_one_worker(database: Database) -> None:
    for number in range(12):
        add_run(database, f"run-{number:02}")
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda n: claim(database, f"w{n}"), range(24)))
    got = [found.lease.run_id for found in claims if found is not None]
    assert sorted(got) == [f"run-{number:02}" for number in range(12)]


def test_a_lapsed_lease_is_taken_over_and_counted_as_a_crash(database: Database) -> None:
    run_id = add_run(database)
    claim(database, "a")
    lapse(database, run_id)
    second = claim(database, "b")
    assert second is not None
    assert (second.lease.epoch, second.crashes) == (2, 1)


def test_a_released_run_is_claimed_at_once_and_is_no_crash(database: Database) -> None:
    add_run(database)
    first = claim(database, "a")
    assert first is not None
    release_lease(database, first.lease)
    second = claim(database, "b")
    assert second is not None
    assert second.crashes == 0


def test_a_worker_that_lost_its_run_cannot_write(database: Database) -> None:
    run_id = add_run(database)
    first = claim(database, "a")
    assert first is not None
    lapse(database, run_id)
    claim(database, "b")
    with pytest.raises(LeaseLost), fenced_write(database, first.lease, RunEvent(type="late"), now=NOW):
        pass
    with database.read() as session:
        assert "late" not in [event.type for event in list_events(session, run_id)]


def test_events_and_state_are_stored_together_or_not_at_all(database: Database) -> None:
    run_id = add_run(database)
    held = claim(database, "a")
    assert held is not None

    class Interruption(Exception):
        pass

    with (
        pytest.raises(Interruption),
        fenced_write(database, held.lease, RunEvent(type="half"), now=NOW, status=RunStatus.FAILED),
    ):
        raise Interruption
    with database.read() as session:
        assert session.exec(select(RunRow.status).where(col(RunRow.id) == run_id)).one() == RunStatus.RUNNING
        assert [event.type for event in list_events(session, run_id)] == ["run.claimed"]


def test_event_numbers_have_no_gaps_under_concurrent_writers(database: Database) -> None:
    run_id = add_run(database)
    held = claim(database, "a")
    assert held is not None

    def write(number: int, lease: Lease = held.lease) -> None:
        with fenced_write(database, lease, RunEvent(type="one"), RunEvent(type="two"), now=NOW):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(20)))
    with database.read() as session:
        assert [event.seq for event in list_events(session, run_id)] == list(range(1, 42))
