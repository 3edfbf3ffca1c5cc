"""The Overview: what needs a person, what runs, what arrives, what was decided."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from core.database import Database, utc_now
from core.promotion import Verdict
from core.runs import RunStatus
from tests.ui.acts import FINE, LARGE_CUSTOMIZED, act
from tests.ui.conftest import open_page
from tests.ui.reading import read_links, read_tables, read_texts
from tests.ui.run_states import add_service_down, add_worker
from tests.ui.runs import NOW, add_failed_run, add_finished_run, add_run, add_running_run, open_state


@pytest.fixture
def database(traffic_data: Path) -> Database:
    return open_state(traffic_data)


def table(name: str) -> str:
    return " ".join(text for text in read_tables(open_page("overview")) if name in text)


def test_a_finished_run_asks_for_a_review_with_its_best_candidate(database: Database) -> None:
    add_finished_run(database)
    app = open_page("overview")
    assert (
        "Review local/linear-large · customized agrees with the teacher on 86.7 % (75.8 to 93.1 %); 3 others"
        in read_tables(app)[0]
    )
    assert read_links(app)[0] == "/review?run=done-1"


def test_a_run_with_a_decision_no_longer_asks_and_the_decision_is_listed(database: Database) -> None:
    add_finished_run(database)
    decision = act(database, "done-1", LARGE_CUSTOMIZED, Verdict.APPROVED, FINE)
    app = open_page("overview")
    assert "Nothing waits for a person" in read_texts(app)
    assert "local/linear-large · customized news_classifier · Priya Raman" in " ".join(read_tables(app))
    assert f"/decisions?decision={decision.id}" in read_links(app)


def test_an_approval_over_failing_gates_is_marked(database: Database) -> None:
    add_finished_run(database)
    act(database, "done-1", LARGE_CUSTOMIZED, Verdict.APPROVED, FINE, override="Nobody reads the rest.")
    assert "Approved gates overridden" in table("Decision")


def test_a_failed_run_asks_for_a_look_until_a_later_run_has_finished(database: Database) -> None:
    add_failed_run(database)
    assert "Failed deployment management answered 503" in table("Needs")
    add_finished_run(database, created_at=NOW, finished_at=NOW + timedelta(minutes=9))
    assert "Failed" not in table("Needs")


def test_what_runs_is_shown_with_its_progress(database: Database) -> None:
    add_running_run(database)
    assert "running, Maya Lindqvist" in table("Progress")
    assert "33 %" in table("Progress")


def test_traffic_is_summed_by_workload_with_the_age_of_its_last_record(database: Database) -> None:
    assert "news_classifier research-desk last record" in table("Last record")
    assert "130" in table("Last record")
    assert " d ago" in table("Last record") or "just now" in table("Last record")


def test_traffic_tells_how_long_after_its_time_the_last_record_was_stored(database: Database) -> None:
    assert re.search(r"(ago|just now) (stored [0-9].* later|its clock was .* ahead)", table("Last record"))


def test_it_says_when_no_worker_is_alive_and_which_service_is_down(database: Database) -> None:
    assert "No worker is running" in read_texts(open_page("overview"))
    add_worker(database)
    add_service_down(database, "data store", now=utc_now())
    texts = read_texts(open_page("overview"))
    assert "No worker is running" not in texts
    assert "Data store does not answer" in texts


def test_a_quiet_installation_says_that_nothing_waits(database: Database) -> None:
    texts = read_texts(open_page("overview"))
    for said in ("Nothing waits for a person", "No run is under way.", "No decision yet."):
        assert said in texts


def test_more_than_fits_is_counted_and_found_among_the_runs(database: Database) -> None:
    for number in range(10):
        add_run(database, f"failed-{number}", RunStatus.FAILED, error="no GPU", finished_at=NOW)
    app = open_page("overview")
    assert read_tables(app)[0].count("Failed no GPU") == 8
    assert "2 more among all runs" in [link.proto.label for link in app.get("page_link")]


def test_a_fresh_installation_says_what_to_do_first(data: Path) -> None:
    assert "No traffic yet" in read_texts(open_page("overview"))
