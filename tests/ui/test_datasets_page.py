"""The Datasets page: frozen sets with their runs and differences, gold and vetoes, and importing gold."""

import json
from pathlib import Path

import pytest

from core.database import Database, utc_now
from core.datasets import (
    BuildOptions,
    VetoStatement,
    build_datasets,
    find_request_key,
    freeze_evaluation_set,
    list_gold,
    veto_requests,
)
from core.logs import LogFilter, open_log_store
from core.settings import Settings
from tests.ui.conftest import open_page
from tests.ui.reading import read_html, read_links, read_tables, read_texts
from tests.ui.runs import open_state

NEWS = "news_classifier"


@pytest.fixture
def database(traffic_data: Path) -> Database:
    """The state with two frozen sets of one workload, and a vetoed record."""
    state, logs = open_state(traffic_data), open_log_store(Settings(data=traffic_data))
    with state.write() as session:
        for seed in (1, 2):
            options = BuildOptions(workload_id=NEWS, evaluation_size=40, seed=seed)
            built = build_datasets(logs.stream(LogFilter(workload_id=NEWS)), options, name_suffix=f"r{seed}")
            freeze_evaluation_set(
                session, built, workload_id=NEWS, client_id=None, actor="maya.lindqvist", now=utc_now()
            )
        record = next(iter(logs.stream(LogFilter(workload_id=NEWS))))
        veto = VetoStatement(
            request_key=find_request_key(logs, record.id),
            is_vetoed=True,
            reason="a test call",
            decided_by="jonas.reuter",
            decided_at=utc_now(),
        )
        veto_requests(session, NEWS, veto)
    logs.close()
    return state


def test_sets_are_listed_newest_first_with_size_classes_and_age(database: Database) -> None:
    assert database
    (table,) = read_tables(open_page("datasets"))
    assert table.index("v2") < table.index("v1")
    assert "news_classifier all clients" in table
    assert "Maya Lindqvist" in table


def test_a_link_opens_a_set_with_its_classes_runs_and_what_changed(database: Database) -> None:
    assert database
    newest = read_links(open_page("datasets"))[0].partition("set=")[2]
    drawer = open_page("datasets", set=newest)
    html = read_html(drawer)
    assert "Records 40" in html
    assert "No run has been judged on it yet" in html
    assert "earnings" in html
    assert "From v1 to v2:" in read_texts(drawer)


def test_an_unknown_set_and_workload_are_told(database: Database) -> None:
    assert database
    assert "o evaluation set 'nothing'" in read_texts(open_page("datasets", set="nothing"))
    assert "did you mean 'news_classifier'" in read_texts(open_page("datasets", workload="news_clasifier"))


def test_gold_and_vetoes_of_a_workload_are_shown_with_author_and_reason(database: Database) -> None:
    assert database
    texts = read_texts(open_page("datasets", workload=NEWS))
    assert "Nobody has given a gold answer yet" in texts
    assert "a test call" in texts
    assert "Jonas Reuter" in texts


def test_without_sets_the_page_says_where_they_come_from(traffic_data: Path) -> None:
    open_state(traffic_data)
    assert "The first run of a workload draws one and freezes it" in read_texts(open_page("datasets"))


def test_gold_is_imported_whole_or_told_line_by_line(database: Database, traffic_data: Path) -> None:
    logs = open_log_store(Settings(data=traffic_data))
    record = next(iter(logs.stream(LogFilter(workload_id=NEWS))))
    logs.close()
    right = json.dumps({"record_id": record.id, "answer": "dividends"})
    wrong = json.dumps({"record_id": "nothing", "answer": "dividends"})
    page = open_page("datasets", **{"workload": NEWS, "import": "gold"})
    page.file_uploader(key="gold_file").upload("gold.jsonl", f"{right}\n{wrong}\n".encode(), "application/jsonl").run()
    page.button(key="gold_start").click().run()
    assert "no record has the id 'nothing'" in read_texts(page)
    with database.read() as session:
        assert list_gold(session, NEWS) == []
    page.checkbox(key="gold_skip").check().run()
    page.button(key="gold_start").click().run()
    assert not page.exception
    with database.read() as session:
        (given,) = list_gold(session, NEWS)
    assert (given.answer, given.given_by) == ("dividends", "priya.raman")
