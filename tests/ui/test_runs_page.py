"""The Runs page: every run with its state, filtered and paged from the URL, each leading to its page."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.database import Database
from core.runs import RunStatus
from tests.ui.conftest import open_page
from tests.ui.reading import button_keys, read_links, read_tables, read_texts
from tests.ui.run_states import add_cancelled_run, add_waiting_run
from tests.ui.runs import NOW, add_failed_run, add_finished_run, add_run, add_running_run, open_state


@pytest.fixture
def database(traffic_data: Path) -> Database:
    return open_state(traffic_data)


@pytest.fixture
def every_kind(database: Database) -> Database:
    for add in (add_finished_run, add_failed_run, add_running_run, add_waiting_run, add_cancelled_run):
        add(database)
    return database


def test_a_row_tells_state_workload_students_time_who_and_progress(database: Database) -> None:
    add_finished_run(database)
    (table,) = read_tables(open_page("runs"))
    assert "news_classifier done-1 · research-desk" in table
    assert "Completed all steps linear-small, linear-large 17 min Maya Lindqvist" in table
    assert read_links(open_page("runs")) == ["/run?id=done-1"]


def test_a_running_run_shows_how_far_it_is(database: Database) -> None:
    add_running_run(database)
    assert "Running 33 %" in read_tables(open_page("runs"))[0]


@pytest.mark.parametrize(
    ("state", "runs"),
    [
        ("open", {"running-1", "waiting-1"}),
        ("failed", {"failed-1"}),
        ("completed", {"done-1"}),
        ("cancelled", {"cancelled-1"}),
    ],
)
def test_a_link_filters_by_state(every_kind: Database, state: str, runs: set[str]) -> None:
    app = open_page("runs", state=state)
    assert {link.removeprefix("/run?id=") for link in read_links(app)} == runs
    assert app.selectbox(key="runs_state").value == state


def test_no_match_offers_to_clear_the_filters(every_kind: Database) -> None:
    app = open_page("runs", workload="tool_router", state="failed")
    assert "No run matches these filters" in read_texts(app)
    app.button(key="clear_all").click().run()
    assert len(read_links(app)) == 5


def test_an_unknown_state_names_the_near_miss(every_kind: Database) -> None:
    assert "did you mean 'failed'?" in read_texts(open_page("runs", state="faild"))


def test_older_runs_are_a_page_further(database: Database) -> None:
    for number in range(51):
        add_run(database, f"run-{number:02}", RunStatus.COMPLETED, created_at=NOW + timedelta(minutes=number))
    app = open_page("runs")
    assert len(read_links(app)) == 50
    assert "/run?id=run-00" not in read_links(app)
    older = open_page("runs", before="run-01")
    assert read_links(older) == ["/run?id=run-00"]
    assert "newest" in button_keys(older)
    assert "older" not in button_keys(older)


def test_a_cursor_of_a_run_that_is_gone_is_told(every_kind: Database) -> None:
    app = open_page("runs", before="gone")
    assert "no run 'gone'" in read_texts(app).lower()
    assert "without_before" in button_keys(app)


def test_without_runs_it_leads_to_the_launch(database: Database) -> None:
    app = open_page("runs")
    assert "No run yet" in read_texts(app)
    assert "Launch the first one" in [link.proto.label for link in app.get("page_link")]


def test_without_traffic_it_says_what_to_do_first(data: Path) -> None:
    assert "No traffic yet" in read_texts(open_page("runs"))
