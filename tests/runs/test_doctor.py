"""The doctor finds what is stuck, drifted and orphaned, says what to do, and finds nothing where nothing is wrong."""

from datetime import timedelta

from core.database import Database
from core.runs import FindingKind, LeftoverKind, RunStatus, StepStatus, examine, list_leftovers, retry_leftovers
from core.runs.leftovers import LONGEST_PAUSE, note_leftover
from core.runs.tables import SlotRow, StepRow, WorkerRow
from tests.runs.rows import NOW, STUDENT, add_run


def findings(database: Database) -> list[tuple[FindingKind, str | None, str]]:
    with database.read() as session:
        found = examine(session, database, now=NOW)
    assert all(finding.advice for finding in found)
    return [(finding.kind, finding.run_id, finding.what) for finding in found]


def add_worker(database: Database, version: str | None = None) -> None:
    from core import VERSION

    row = WorkerRow(id="w", host="h", pid=1, version=version or VERSION, started_at=NOW, alive_until=9e12)
    with database.write() as session:
        session.add(row)


def change_step(database: Database, key: str, **values: object) -> None:
    with database.write() as session:
        step = session.get_one(StepRow, ("run-1", key))
        for name, value in values.items():
            setattr(step, name, value)


def test_an_installation_at_rest_is_well(database: Database) -> None:
    add_worker(database)
    add_run(database, status=RunStatus.COMPLETED)
    assert findings(database) == []


def test_a_run_that_waits_without_a_worker_is_stuck(database: Database) -> None:
    add_run(database)
    ((kind, run_id, what),) = findings(database)
    assert (kind, run_id) == (FindingKind.STUCK, "run-1")
    assert "no worker is alive" in what


def test_a_run_whose_worker_is_gone_for_long_is_stuck(database: Database) -> None:
    add_run(database, status=RunStatus.RUNNING, owner="gone", lease_until=1.0)
    ((kind, _, what),) = findings(database)
    assert kind is FindingKind.STUCK
    assert "gone" in what


def test_an_outage_and_a_stall_are_told_with_their_step(database: Database) -> None:
    add_worker(database)
    add_run(database, status=RunStatus.RUNNING, owner="w", lease_until=9e12)
    began = NOW - timedelta(hours=1)
    change_step(database, "upload", status=StepStatus.RUNNING, outage_since=began, attempts=7)
    stalls_at = NOW + timedelta(minutes=5)
    change_step(
        database,
        f"customize:{STUDENT}",
        status=StepStatus.RUNNING,
        started_at=began,
        stalls_at=stalls_at,
        remote_id="c-1",
    )
    told = [what for _, _, what in findings(database)]
    assert any("upload gets no answer" in what and "7 attempts" in what for what in told)
    assert any("shows no progress" in what for what in told)
    assert len(told) == 2


def test_a_slot_of_an_ended_run_is_orphaned(database: Database) -> None:
    add_run(database, status=RunStatus.COMPLETED)
    with database.write() as session:
        session.add(SlotRow(number=1, run_id="run-1", step_key=f"deploy:{STUDENT}"))
    ((kind, run_id, what),) = findings(database)
    assert (kind, run_id) == (FindingKind.ORPHANED, "run-1")
    assert "Slot 1" in what


def test_a_worker_of_another_version_and_missing_events_and_results_are_drift(database: Database) -> None:
    add_worker(database, version="9.9.9")
    add_run(database, status=RunStatus.COMPLETED, event_seq=3)
    change_step(database, f"evaluate:{STUDENT}:base", status=StepStatus.COMPLETED, finished_at=NOW)
    found = findings(database)
    assert {kind for kind, _, _ in found} == {FindingKind.DRIFTED}
    told = " ".join(what for _, _, what in found)
    assert "version 9.9.9" in told
    assert "counts 3 events, but 0 are stored" in told
    assert "results are not stored" in told


def test_a_leftover_is_told_until_it_is_gone_and_its_pause_grows_to_an_hour(database: Database) -> None:
    add_worker(database)
    add_run(database, status=RunStatus.COMPLETED)
    pauses = []
    for attempt in range(12):
        with database.write() as session:
            now = NOW + timedelta(hours=attempt)
            row = note_leftover(
                session, LeftoverKind.DEPLOYMENT, "fw-1", run_id="run-1", error="403 forbidden", now=now
            )
            pauses.append(row.next_try_at - now)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=15), LONGEST_PAUSE)
    ((kind, run_id, what),) = findings(database)
    assert (kind, run_id) == (FindingKind.ORPHANED, "run-1")
    assert "12 attempts" in what
    assert "403 forbidden" in what
    assert retry_leftovers(database, now=NOW) == 1
    with database.read() as session:
        (left,) = list_leftovers(session)
    assert (left.since, left.next_try_at) == (NOW, NOW)
