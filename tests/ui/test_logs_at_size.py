"""The Logs page beside its list: records over time, neighbours, files, saved views, deleting."""

from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from app.ui import log_times
from app.ui.log_filters import LogQuery
from core.database import utc_now
from core.logs import LogFilter, TimeCount, list_deletions, list_views, open_log_store, run_waiting_deletion
from core.settings import Settings
from tests.ui.conftest import open_page
from tests.ui.runs import open_state

DAY_MS = 86_400_000


def texts(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.success, app.warning, app.error, app.info)
    return " | ".join(str(one.value) for kind in kinds for one in kind).replace("\N{NO-BREAK SPACE}", " ")


def charts(app: AppTest) -> list[str]:
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def links(app: AppTest) -> dict[str, str]:
    return {link.proto.label: link.proto.url for link in app.get("link_button")}


def test_records_over_time_stand_above_the_list(traffic_data: Path) -> None:
    (told,) = charts(open_page("logs"))
    assert told.startswith("Records over time; the busiest stretch has")
    assert charts(open_page("logs", since="2026-10-28", until="2026-10-28", workload="tool_router"))


def test_a_stretch_of_days_becomes_days_and_a_shorter_one_part_of_the_search_text() -> None:
    start_ms = 1_793_491_200_000  # 1 November 2026
    days = log_times.narrowed("net after:2026-10-01", start_ms, start_ms + 2 * DAY_MS)
    assert {name: str(value) for name, value in days.items()} == {
        "since": "2026-11-01",
        "until": "2026-11-02",
        "text": "net",
    }
    hour = log_times.narrowed('"net income"', start_ms + 3_600_000, start_ms + 7_200_000)
    assert hour == {
        "since": None,
        "until": None,
        "text": '"net income" after:2026-11-01T01:00 before:2026-11-01T02:00',
    }


@pytest.mark.parametrize(
    ("span_ms", "width_ms"),
    [(1, 60_000), (3 * 3_600_000, 300_000), (2 * DAY_MS, 3_600_000), (90 * DAY_MS, DAY_MS), (365 * DAY_MS, 7 * DAY_MS)],
)
def test_bars_stay_readable_in_number(span_ms: int, width_ms: int) -> None:
    assert log_times.choose_width(span_ms) == width_ms


def test_empty_stretches_between_bars_are_drawn_as_such() -> None:
    counts = [TimeCount(start_ms=0, records=2), TimeCount(start_ms=180, records=1)]
    assert [count.records for count in log_times.fill_gaps(counts, 60)] == [2, 0, 0, 1]


def test_the_span_is_what_filters_and_search_text_leave(traffic_data: Path) -> None:
    with closing(open_log_store(Settings(data=traffic_data))) as store:
        workloads = store.workloads()
    query = LogQuery(
        workload="tool_router",
        client=None,
        since=None,
        until=None,
        text="after:2026-10-30 before:2026-10-31",
        cursor=None,
        record=None,
    )
    first_ms, after_ms = log_times.find_span(query, workloads)
    assert after_ms - first_ms == DAY_MS


def test_files_are_links_to_the_api_with_the_filters_on_show(traffic_data: Path) -> None:
    app = open_page("logs", workload="tool_router", text='has:tools "Oslo"', until="2026-11-01")
    found = links(app)
    address = urlsplit(found["CSV"])
    assert (address.scheme, address.netloc, address.path) == ("http", "127.0.0.1:8620", "/api/logs/export")
    assert parse_qs(address.query) == {
        "workload": ["tool_router"],
        "text": ['has:tools "Oslo"'],
        "until": ["2026-11-02T00:00:00+00:00"],
        "format": ["csv"],
    }
    assert "format=jsonl" in found["JSON lines"]


def test_newer_and_older_step_beyond_the_page_on_show(traffic_data: Path) -> None:
    with closing(open_log_store(Settings(data=traffic_data))) as store:
        records = list(store.stream(LogFilter(workload_id="news_classifier")))
    app = open_page("logs", workload="news_classifier", record=records[3].id)  # on the last of three pages
    assert not app.button(key="step_left").disabled
    app.button(key="step_right").click().run()
    assert app.query_params["record"] == records[2].id
    first = open_page("logs", workload="news_classifier", record=records[0].id)
    assert first.button(key="step_right").disabled


def test_a_view_is_saved_opened_and_deleted_by_its_owner(traffic_data: Path) -> None:
    state = open_state(traffic_data)
    app = open_page("logs", workload="tool_router", text="has:tools")
    app.text_input(key="view_name").set_value("Tools of the router").run()
    app.button(key="view_save").click().run()
    with state.read() as session:
        (view,) = list_views(session)
    assert (view.name, view.owner) == ("Tools of the router", "priya.raman")
    other = open_page("logs", client="kiosk")
    other.button(key=f"view_{view.id}").click().run()
    assert dict(other.query_params) == {"workload": "tool_router", "text": "has:tools"}
    other.button(key=f"view_delete_{view.id}").click().run()
    with state.read() as session:
        assert list_views(session) == []


def test_a_view_without_a_name_says_what_is_missing(traffic_data: Path) -> None:
    open_state(traffic_data)
    app = open_page("logs", workload="tool_router")
    app.button(key="view_save").click().run()
    assert "name has 1 to 80 characters" in texts(app)


def test_nothing_is_deleted_before_it_is_said_which_and_confirmed(traffic_data: Path) -> None:
    state = open_state(traffic_data)
    app = open_page("logs")
    app.button(key="delete_new").click().run()
    assert dict(app.query_params) == {"delete": "new"}
    assert "Choose a workload, a client, an age or an import" in texts(app)
    assert app.button(key="delete_start").disabled
    app.selectbox(key="delete_workload").select("tool_router").run()
    assert "60 records of 198 would be deleted: records of workload 'tool_router'" in texts(app)
    assert app.button(key="delete_start").disabled
    app.checkbox(key="delete_sure").check().run()
    app.button(key="delete_start").click().run()
    with state.read() as session:
        (asked,) = list_deletions(session)
    assert dict(app.query_params) == {"delete": str(asked.id)}
    assert (asked.expected, asked.deleted, asked.requested_by) == (60, 0, "priya.raman")
    with closing(open_log_store(Settings(data=traffic_data))) as store:
        assert store.count(LogFilter()).value == 198  # a worker does it
        assert run_waiting_deletion(state, store, clock=utc_now)
    done = open_page("logs", delete=str(asked.id))
    assert "60 records deleted" in texts(done)
    done.button(key="delete_done").click().run()
    assert dict(done.query_params) == {}
    assert "138 records" in texts(done)


def test_an_open_record_is_deleted_after_a_confirmation(traffic_data: Path) -> None:
    state = open_state(traffic_data)
    with closing(open_log_store(Settings(data=traffic_data))) as store:
        record = next(store.stream(LogFilter(workload_id="tool_router")))
    app = open_page("logs", workload="tool_router", record=record.id)
    app.button(key="delete_record").click().run()
    assert dict(app.query_params) == {"workload": "tool_router", "record": record.id, "delete": "record"}
    assert f"1 record would be deleted: the one that client '{record.client_id}' sent" in texts(app)
    assert app.button(key="delete_start").disabled
    app.checkbox(key="delete_sure").check().run()
    app.button(key="delete_start").click().run()
    with state.read() as session:
        (asked,) = list_deletions(session)
    assert dict(app.query_params) == {"workload": "tool_router", "delete": str(asked.id)}
    assert (asked.deletion.ids, asked.expected, asked.requested_by) == ((record.id,), 1, "priya.raman")
    with closing(open_log_store(Settings(data=traffic_data))) as store:
        assert run_waiting_deletion(state, store, clock=utc_now)
        assert store.count(LogFilter()).value == 197
    assert f"records with the id {record.id}" in texts(open_page("logs", delete=str(asked.id)))
    assert "No record" in texts(open_page("logs", record=record.id, delete="record"))


def test_who_cancels_is_back_at_the_record_and_nothing_is_asked(traffic_data: Path) -> None:
    state = open_state(traffic_data)
    with closing(open_log_store(Settings(data=traffic_data))) as store:
        record = next(store.stream(LogFilter()))
    app = open_page("logs", record=record.id, delete="record")
    app.checkbox(key="delete_sure").check().run()
    app.button(key="delete_cancel").click().run()
    assert dict(app.query_params) == {"record": record.id}
    assert app.button(key="delete_record")
    with state.read() as session:
        assert list_deletions(session) == []


def test_the_dialog_begins_with_the_filters_and_an_import_can_be_undone(traffic_data: Path) -> None:
    open_state(traffic_data)
    app = open_page("logs", client="kiosk", delete="new")
    assert app.selectbox(key="delete_client").value == "kiosk"
    assert "8 records of 198" in texts(app)
    app.selectbox(key="delete_client").select("All clients").run()
    app.selectbox(key="delete_import").select_index(1).run()
    assert "198 records of 198 would be deleted: records of import 1" in texts(app)


def test_a_link_to_no_deletion_is_said(traffic_data: Path) -> None:
    open_state(traffic_data)
    assert "No deletion 77" in texts(open_page("logs", delete="77"))
    assert "not a number" in texts(open_page("logs", delete="x"))
    assert "no record is named" in texts(open_page("logs", delete="record"))
