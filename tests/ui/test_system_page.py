"""The System page: what is up since when, the queue, the stores, the settings without secrets, and partial outages."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.ui import queries, system_queries, system_view
from app.ui.run_queries import ServiceSighting
from core.database import Database, utc_now
from core.logs import request_import
from core.runs.tables import ServiceHealthRow, WorkerRow
from core.settings import Settings
from tests.elasticsearch_node import Node
from tests.ui.conftest import open_page
from tests.ui.runs import NOW, add_running_run, open_state
from tests.ui.traffic import lines, store_traffic

AGO = timedelta(minutes=42)
PASSWORD = "never-on-a-page"


@pytest.fixture
def database(data: Path) -> Database:
    """The state of an installation with a living worker that has just seen one service up and one down."""
    state, now = open_state(data), utc_now()
    with state.write() as session:
        session.add(
            WorkerRow(
                id="w", host="build-7", pid=4122, version="0.1.0", started_at=now - AGO, alive_until=4_000_000_000.0
            )
        )
        for service, is_up in (("customizer", True), ("evaluator", False)):
            session.add(
                ServiceHealthRow(
                    service=service,
                    url="http://nemo.example:8000",
                    ok=is_up,
                    detail="answers" if is_up else "connection refused",
                    since=now - AGO,
                    checked_at=now,
                )
            )
    return state


def texts(app: AppTest) -> str:
    values = [str(element.value) for kind in (app.markdown, app.caption, app.warning, app.error) for element in kind]
    html = [element.proto.body for element in app.get("html")]
    return " | ".join(values + html).replace("\N{NO-BREAK SPACE}", " ").replace("<wbr>", "")


def test_workers_and_services_say_since_when(database: Database) -> None:
    shown = texts(open_page("system"))
    assert "build-7, process 4122, version 0.1.0" in shown
    assert shown.count("42 min ago") == 3
    assert "Nothing has answered at http://nemo.example:8000 since" in shown
    assert "connection refused" in shown


def test_without_a_worker_it_says_how_to_start_one(data: Path) -> None:
    open_state(data)
    app = open_page("system")
    assert any("flywheel worker" in warning.value for warning in app.warning)
    assert "only workers look at the services" in texts(app)


def test_the_queue_counts_runs_and_imports(database: Database) -> None:
    add_running_run(database)
    request_import(database, name="a.jsonl", content=b"{}\n", requested_by="maya.lindqvist", now=NOW)
    app = open_page("system")
    assert [(metric.label, metric.value) for metric in app.metric] == [
        ("Runs running", "1"),
        ("Runs waiting", "0"),
        ("Imports open", "1"),
    ]


def test_the_stores_tell_their_place_and_size(database: Database, data: Path) -> None:
    store_traffic(data)
    shown = texts(open_page("system"))
    assert str(data / "state.db") in shown
    assert "198 records in 3 workloads" in shown
    assert "Free on this disk" in shown


@pytest.fixture
def elasticsearch_address(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Keep the logs of the pages in Elasticsearch at an address."""

    def keep_at(url: str) -> None:
        monkeypatch.setenv("FLYWHEEL_LOGS__STORE", "elasticsearch")
        monkeypatch.setenv("FLYWHEEL_LOGS__ELASTICSEARCH__URL", url)
        monkeypatch.setenv("FLYWHEEL_LOGS__ELASTICSEARCH__INDEX", "pages")
        st.cache_resource.clear()

    return keep_at


@pytest.mark.full
def test_a_log_store_on_elasticsearch_tells_its_address_and_size(
    database: Database, elasticsearch_node: Node, elasticsearch_address: Callable[[str], None]
) -> None:
    elasticsearch_address(elasticsearch_node.url)
    list(queries.log_store().ingest(enumerate(lines(), start=1)))
    shown = texts(open_page("system"))
    assert "Elasticsearch 8.12.2, 198 records in 3 workloads" in shown
    assert f"{elasticsearch_node.url}, index pages" in shown
    assert system_queries.describe_log_store().size_bytes
    assert "on its own server" not in shown


def test_elasticsearch_that_is_down_leaves_the_other_parts(
    database: Database, data: Path, free_port: int, elasticsearch_address: Callable[[str], None]
) -> None:
    elasticsearch_address(f"http://127.0.0.1:{free_port}")
    app = open_page("system")
    (error,) = app.error
    assert f"Elasticsearch at http://127.0.0.1:{free_port} does not answer" in error.value
    assert "Runs, reviews and decisions do not need it" in error.value
    shown = texts(app)
    assert str(data / "state.db") in shown
    assert "build-7, process 4122" in shown


def test_what_was_set_is_shown_and_secrets_stay_references(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMO_TOKEN", PASSWORD)
    monkeypatch.setenv("FLYWHEEL_NEMO__SERVICES_HEADERS", '{"Authorization": "Bearer env:NEMO_TOKEN"}')
    monkeypatch.setenv("FLYWHEEL_SPLIT__EVALUATION_SIZE", "250")
    st.cache_resource.clear()
    shown = texts(open_page("system"))
    assert "split.evaluation_size" in shown
    assert "Bearer env:NEMO_TOKEN" in shown
    assert PASSWORD not in shown


def test_a_database_that_is_down_leaves_the_other_parts_and_says_since_when(data: Path) -> None:
    (data / "state.db").mkdir()
    store_traffic(data)
    app = open_page("system")
    assert [error.value for error in app.error if "has not answered since" in error.value]
    assert "can still be read" in app.error[0].value
    assert "198 records in 3 workloads" in texts(app)
    assert "Streamlit" in texts(app)


def test_a_database_that_goes_down_says_when_it_last_answered_and_comes_back(database: Database, data: Path) -> None:
    app = open_page("decisions")
    queries.database().dispose()  # pooled connections would keep the lost file
    (data / "state.db").rename(data / "moved.db")
    (data / "state.db").mkdir()
    app.run()
    (error,) = app.error
    assert "It last answered just now, at" in error.value.replace("\N{NO-BREAK SPACE}", " ")
    (data / "state.db").rmdir()
    (data / "moved.db").rename(data / "state.db")
    app.run()
    assert not app.error
    assert queries.first_failures() == {}


def test_what_no_worker_has_looked_at_lately_is_not_known() -> None:
    seen = ServiceSighting(
        service="evaluator",
        url="http://nemo.example",
        is_up=True,
        detail="answers",
        since=NOW - timedelta(hours=2),
        checked_at=NOW - timedelta(minutes=10),
    )
    (line,) = system_view.list_services([seen], NOW)
    assert (line.state, line.since.replace("\N{NO-BREAK SPACE}", " ")) == ("Not known", "last seen 10 min ago")


def test_settings_are_listed_by_name_with_what_differs() -> None:
    values = Settings(data=Path("/srv/flywheel")).public()
    listed = {line.name: line for line in system_view.list_settings(values, Settings().public())}
    assert not listed["data"].is_default
    assert listed["nemo.poll_s"] == system_view.SettingLine(name="nemo.poll_s", value="0.5", is_default=True)
    assert "context_length = 8192" in listed["students.local/linear-small"].value
    assert listed["logs.path"].value == "not set"
