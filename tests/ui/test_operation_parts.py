"""What the System page and the Run page show of operations: findings, queue, slots, leftovers, steps, rarer acts."""

from pathlib import Path

import pytest

from core.database import Database, utc_now
from core.runs import LeftoverKind, RunStatus, list_leftovers, provide_slots
from core.runs.leftovers import note_leftover
from core.runs.tables import RunRow, SlotRow, StepRow
from tests.runs.rows import STUDENT, add_run
from tests.ui.conftest import open_page
from tests.ui.reading import button_keys, read_html, read_texts
from tests.ui.runs import open_state


@pytest.fixture
def database(data: Path) -> Database:
    """An empty state."""
    return open_state(data)


def test_an_installation_at_rest_has_no_findings(database: Database) -> None:
    assert database
    assert "Nothing is stuck, drifted or orphaned" in read_texts(open_page("system"))


def test_the_queue_slots_and_findings_are_shown_with_what_to_do(database: Database) -> None:
    add_run(database, "run-a", event_seq=0)
    add_run(database, "run-b", priority=5, event_seq=0)
    provide_slots(database, 2)
    with database.write() as session:
        slot = session.get_one(SlotRow, 1)
        slot.run_id, slot.step_key = "run-a", f"deploy:{STUDENT}"
    html = read_html(open_page("system"))
    assert html.index("1 run-b") < html.index("2 run-a")
    assert f"run-a deploy:{STUDENT}" in html
    assert "2 free" in html
    assert "no worker is alive to take it up" in html
    assert "flywheel worker" in html


def test_a_leftover_is_shown_and_tried_again_on_request(database: Database) -> None:
    add_run(database, "run-a", status=RunStatus.COMPLETED)
    with database.write() as session:
        now = utc_now()
        note_leftover(session, LeftoverKind.MODEL, "flywheel/m@1", run_id="run-a", error="503 busy", now=now)
    page = open_page("system")
    assert "model flywheel/m@1" in read_html(page)
    assert "503 busy" in read_html(page)
    page.button(key="retry_leftovers").click().run()
    assert not page.exception
    with database.read() as session:
        (left,) = list_leftovers(session)
    assert left.next_try_at <= utc_now()


def test_a_waiting_run_says_its_place(database: Database) -> None:
    add_run(database, "run-a")
    assert "Next in the queue; when it starts cannot be told yet" in read_texts(open_page("run", id="run-a"))


def test_steps_are_listed_with_attempts_and_remote_ids(database: Database) -> None:
    add_run(database, "run-a", status=RunStatus.COMPLETED, finished_at=utc_now())
    with database.write() as session:
        step = session.get_one(StepRow, ("run-a", f"customize:{STUDENT}"))
        step.attempts, step.remote_id = 3, "cust-77"
    html = read_html(open_page("run", id="run-a"))
    assert "waiting 3 cust-77" in html


def test_a_student_is_run_again_and_a_run_is_deleted_after_a_yes(database: Database) -> None:
    add_run(database, "run-a", status=RunStatus.COMPLETED, finished_at=utc_now())
    page = open_page("run", id="run-a")
    assert page.button(key="delete_run").disabled
    page.button(key="rerun").click().run()
    assert not page.exception
    with database.read() as session:
        row = session.get_one(RunRow, "run-a")
    assert (row.status, row.retries) == (RunStatus.PENDING, 1)
    page = open_page("run", id="run-a")
    assert "delete_run" not in button_keys(page), "not while it waits"
    with database.write() as session:
        session.get_one(RunRow, "run-a").status = RunStatus.COMPLETED
    page = open_page("run", id="run-a")
    page.checkbox(key="delete_sure").check().run()
    page.button(key="delete_run").click().run()
    with database.read() as session:
        assert session.get_one(RunRow, "run-a").delete_requested_at is not None
