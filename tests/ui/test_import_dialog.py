"""Importing on the Logs page: what the dialog says in every state of an import, and the ways in."""

import gzip
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.database import Database, utc_now
from core.logs import list_imports, open_log_store, request_import, run_waiting_import
from core.settings import Settings
from tests.ui.conftest import open_page
from tests.ui.runs import open_state
from tests.ui.traffic import lines

GOOD = b"\n".join(line for line, _ in zip(lines(), range(20), strict=False)) + b"\n"
MIXED = GOOD + b'{"timestamp": "yesterday"}\nnot json\n'


@pytest.fixture
def database(data: Path) -> Database:
    """The state of an installation without traffic."""
    return open_state(data)


def request(database: Database, content: bytes, *, name: str = "traffic.jsonl", workload: str | None = None) -> str:
    return request_import(
        database, name=name, content=content, workload_id=workload, requested_by="maya.lindqvist", now=utc_now()
    )


def run_worker(database: Database, data: Path) -> None:
    """Do what the worker does with every import that waits."""
    store = open_log_store(Settings(data=data))
    while run_waiting_import(database, store, clock=utc_now):
        pass
    store.close()


def texts(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.success, app.warning, app.error)
    values = [str(element.value) for kind in kinds for element in kind]
    html = [element.proto.body for element in app.get("html")]
    return " | ".join(values + html).replace("\N{NO-BREAK SPACE}", " ")


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_the_first_page_without_traffic_leads_to_the_dialog(data: Path) -> None:
    app = open_page("workloads")
    app.button(key="import_first").click().run()
    assert not app.exception
    assert app.title[0].value == "Logs"
    assert dict(app.query_params) == {"import": "new"}
    assert app.button(key="import_start").disabled


def test_the_header_opens_the_dialog_by_the_url_and_cancel_closes_it(traffic_data: Path) -> None:
    app = open_page("logs", workload="tool_router")
    app.button(key="import_new").click().run()
    assert dict(app.query_params) == {"workload": "tool_router", "import": "new"}
    app.button(key="import_cancel").click().run()
    assert dict(app.query_params) == {"workload": "tool_router"}


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    """Choose a file in the open dialog."""
    return app.file_uploader(key="import_file").upload(name, content).run()


def test_an_uploaded_file_is_handed_over_with_its_tags_and_watched(data: Path, database: Database) -> None:
    app = upload(open_page("logs", **{"import": "new"}), "traffic.jsonl", GOOD)
    app.text_input(key="import_workload").set_value(" renamed ").run()
    app.button(key="import_start").click().run()
    assert not app.exception
    with database.read() as session:
        (stored,) = list_imports(session)
    assert (stored.name, stored.requested_by) == ("traffic.jsonl", "priya.raman")
    assert dict(app.query_params) == {"import": stored.id}
    run_worker(database, data)
    store = open_log_store(Settings(data=data))
    assert [summary.workload_id for summary in store.workloads()] == ["renamed"]
    store.close()


def test_one_upload_is_one_import_however_often_its_button_is_clicked(database: Database) -> None:
    app = upload(open_page("logs", **{"import": "new"}), "traffic.jsonl", GOOD)
    app.button(key="import_start").click().run()
    app.query_params["import"] = "new"
    app.run()
    app.button(key="import_start").click().run()
    with database.read() as session:
        assert len(list_imports(session)) == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("traffic.jsonl", b"PK\0\0binary", "is a binary file"),
        ("traffic.jsonl.gz", b"{}", "not gzip data"),
        ("traffic.gz", gzip.compress(GOOD), "not named as JSON lines"),
        ("traffic.jsonl", b"", "is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_the_dialog_stays(
    database: Database, name: str, content: bytes, told: str
) -> None:
    app = upload(open_page("logs", **{"import": "new"}), name, content)
    app.button(key="import_start").click().run()
    assert told in app.warning[0].value
    assert app.query_params["import"] == "new"
    with database.read() as session:
        assert list_imports(session) == []


def test_what_waits_without_a_worker_says_how_to_start_one(database: Database) -> None:
    app = open_page("logs", **{"import": request(database, GOOD)})
    assert "Waiting for a worker" in app.get("progress")[0].proto.text
    assert "flywheel worker" in texts(app)
    assert any(button.label == "Import waits" for button in app.button)


def test_a_finished_import_counts_its_lines(database: Database, data: Path) -> None:
    import_id = request(database, gzip.compress(GOOD), name="traffic.jsonl.gz")
    run_worker(database, data)
    app = open_page("logs", **{"import": import_id})
    assert "20 records stored." in texts(app)
    assert metrics(app) == {"Stored": "20", "Known already": "0", "Rejected": "0"}
    app.button(key="import_done").click().run()
    assert dict(app.query_params) == {}
    assert "20 records, newest first" in texts(app)


def test_rejected_lines_are_listed_with_number_and_reason(database: Database, data: Path) -> None:
    import_id = request(database, MIXED)
    run_worker(database, data)
    shown = texts(open_page("logs", **{"import": import_id}))
    assert "20 records stored, 2 lines rejected." in shown
    assert '<td class="fw-number">21</td>' in shown
    assert "yesterday" in shown
    assert '<td class="fw-number">22</td>' in shown


def test_importing_again_says_that_everything_was_known(database: Database, data: Path) -> None:
    request(database, GOOD)
    again = request(database, GOOD)
    run_worker(database, data)
    assert "0 records stored, 20 known already." in texts(open_page("logs", **{"import": again}))


def test_a_file_that_is_cut_off_says_so_and_keeps_what_was_stored(database: Database, data: Path) -> None:
    import_id = request(database, gzip.compress(GOOD * 200)[:-400], name="cut.jsonl.gz")
    run_worker(database, data)
    app = open_page("logs", **{"import": import_id})
    assert "cut.jsonl.gz is cut off or damaged" in app.error[0].value.replace("\\", "")
    app.button(key="import_again").click().run()
    assert app.query_params["import"] == "new"


def test_files_imported_before_are_listed(database: Database, data: Path) -> None:
    request(database, MIXED, name="monday.jsonl")
    run_worker(database, data)
    app = open_page("logs", **{"import": "new"})
    (table,) = [
        component.proto.json for component in app.get("bidi_component") if "monday.jsonl" in component.proto.json
    ]
    assert "20 stored" in table


def test_an_import_that_is_not_there_can_be_taken_out_of_the_link(traffic_data: Path) -> None:
    app = open_page("logs", **{"import": "0123456789ab"})
    app.button(key="without_import").click().run()
    assert not app.warning


def test_an_auditor_imports_nothing(traffic_data: Path) -> None:
    app = open_page("logs")
    app.selectbox(key="demo_account").select("teo.vargas").run()
    assert app.button(key="import_new").disabled


def test_logs_are_read_while_the_database_is_down(traffic_data: Path) -> None:
    (traffic_data / "state.db").mkdir()
    app = open_page("logs", workload="tool_router")
    assert not app.error
    assert app.button(key="import_new").disabled
    assert "60 records" in texts(app)
