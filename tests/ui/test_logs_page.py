"""The Logs page: filters, paging and the drawer follow the URL."""

from contextlib import closing
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.logs import LogFilter, open_log_store
from core.settings import Settings
from tests.ui.conftest import open_page
from tests.ui.reading import read_html, read_texts


def captions(app: AppTest) -> str:
    return " | ".join(caption.value.replace("\N{NO-BREAK SPACE}", " ") for caption in app.caption)


def test_an_empty_store_says_what_to_do_next(data: Path) -> None:
    app = open_page("logs")
    assert any("No traffic yet" in text.value for text in app.markdown)
    assert app.code[0].value == "flywheel logs import traffic.jsonl.gz"


def test_filters_come_from_the_url(traffic_data: Path) -> None:
    app = open_page("logs", workload="tool_router", client="mobile-app", since="2026-11-01", until="2026-11-01")
    assert app.selectbox(key="logs_workload").value == "tool_router"
    assert app.selectbox(key="logs_client").value == "mobile-app"
    assert str(app.date_input(key="logs_since").value) == "2026-11-01"
    assert "5 records" in captions(app)  # one every fifth hour: 3, 8, 13, 18 and 23 o'clock


def test_a_changed_filter_goes_into_the_url_and_back_to_the_newest(traffic_data: Path) -> None:
    app = open_page("logs")
    app.button(key="older").click().run()
    assert "cursor" in app.query_params
    app.selectbox(key="logs_workload").select("tool_router").run()
    assert dict(app.query_params) == {"workload": "tool_router"}
    assert "60 records" in captions(app)


def test_another_workload_forgets_a_client_it_may_not_have(traffic_data: Path) -> None:
    app = open_page("logs", workload="tool_router", client="mobile-app")
    app.selectbox(key="logs_workload").select("news_classifier").run()
    assert dict(app.query_params) == {"workload": "news_classifier"}


def test_older_and_newer_lead_there_and_back(traffic_data: Path) -> None:
    app = open_page("logs", workload="news_classifier")
    assert app.button(key="newer").disabled
    app.button(key="older").click().run()
    app.button(key="older").click().run()
    assert app.button(key="older").disabled  # 130 records are three pages
    app.button(key="newer").click().run()
    app.button(key="newer").click().run()
    assert dict(app.query_params) == {"workload": "news_classifier"}


def test_a_page_opened_by_link_leads_to_the_newest(traffic_data: Path) -> None:
    app = open_page("logs", workload="news_classifier")
    app.button(key="older").click().run()
    linked = open_page("logs", workload="news_classifier", cursor=app.query_params["cursor"])
    assert linked.button(key="newer").disabled
    linked.button(key="newest").click().run()
    assert "cursor" not in linked.query_params


def test_an_unknown_workload_is_named_with_the_near_miss_and_can_be_taken_out(traffic_data: Path) -> None:
    app = open_page("logs", workload="news_clasifier")
    assert "did you mean 'news_classifier'" in app.warning[0].value
    app.button(key="without_workload").click().run()
    assert not app.warning
    assert "198 records" in captions(app)


def test_a_foreign_cursor_is_refused_and_can_be_taken_out(traffic_data: Path) -> None:
    app = open_page("logs", cursor="not-of-this-store")
    assert len(app.warning) == 1
    app.button(key="without_cursor").click().run()
    assert not app.warning


def test_a_search_that_only_excludes_keeps_the_filters_and_explains(traffic_data: Path) -> None:
    app = open_page("logs", text="-earnings")
    assert "only excludes" in app.warning[0].value
    assert app.text_input(key="logs_text").value == "-earnings"


def test_an_unknown_field_is_pointed_at_under_the_box(traffic_data: Path) -> None:
    app = open_page("logs", text="rates modl:x")
    assert app.code[0].value == "rates modl:x\n      ^"
    assert "did you mean 'model'" in app.warning[0].value
    app.button(key="without_text").click().run()
    assert "198 records" in captions(app)


def test_fields_of_the_search_box_narrow_the_list(traffic_data: Path) -> None:
    app = open_page("logs", text="workload:tool_* has:tools")
    assert not app.warning
    assert "60 records" in captions(app)


def test_no_match_offers_to_clear_the_filters(traffic_data: Path) -> None:
    app = open_page("logs", text="unheard")
    app.button(key="clear_all").click().run()
    assert dict(app.query_params) == {}
    assert "198 records" in captions(app)


def test_a_last_day_before_the_first_is_refused(traffic_data: Path) -> None:
    app = open_page("logs", since="2026-11-05", until="2026-11-01")
    assert "before the first day" in app.warning[0].value


def test_a_record_that_is_not_there_is_said_and_can_be_taken_out(traffic_data: Path) -> None:
    app = open_page("logs", record="123456")
    kinds = [element.type for element in app.main]
    said, listed = kinds.index("warning"), kinds.index("bidi_component")
    assert said < listed, "above the list"
    assert "123456" in app.warning[0].value
    app.button(key="without_record").click().run()
    assert not app.warning


def test_a_linked_record_opens_over_a_list_without_it(traffic_data: Path) -> None:
    with closing(open_log_store(Settings(data=traffic_data))) as store:
        record = next(store.stream(LogFilter()))
    app = open_page("logs", record=record.id, text="nowhere")
    assert record.client_id in read_html(app)
    assert "No record matches these filters" in read_texts(app)


def test_a_store_that_cannot_be_read_is_an_error_state_with_a_reference(data: Path) -> None:
    (data / "logs.db").mkdir()
    app = open_page("logs")
    assert app.error
    assert any(caption.value.startswith("Reference e-") for caption in app.caption)
    assert app.title[0].value == "Logs"
