"""The Workloads page: the list, and one workload."""

from pathlib import Path

from tests.ui.conftest import open_page
from tests.ui.traffic import SUPPORT


def plain(texts: list[str]) -> str:
    return " | ".join(texts).replace("\N{NO-BREAK SPACE}", " ")


def test_an_empty_store_says_what_to_do_next(data: Path) -> None:
    app = open_page("workloads")
    assert any("No traffic yet" in text.value for text in app.markdown)


def test_the_list_sums_up_all_traffic(traffic_data: Path) -> None:
    app = open_page("workloads")
    assert plain([caption.value for caption in app.caption]) == (
        "3 workloads · 3 clients · 198 records · 28 Oct to 24 Nov 2026"
    )


def test_a_workload_shows_its_figures_and_readiness(traffic_data: Path) -> None:
    app = open_page("workloads", workload="news_classifier", client="research-desk")
    assert app.title[0].value == "news_classifier"
    assert [(metric.label, metric.value) for metric in app.metric] == [
        ("Records", "130"),
        ("Tokens in", "41.6\N{NO-BREAK SPACE}k"),
        ("Tokens out", "780"),
        ("With tool calls", "0\N{NO-BREAK SPACE}%"),
        ("Repeated requests", "0\N{NO-BREAK SPACE}%"),
    ]
    assert "judge on 100 and train on up to 30 records" in plain([text.value for text in app.markdown])


def test_a_workload_tells_what_changed_lately_with_its_numbers(traffic_data: Path) -> None:
    app = open_page("workloads", workload="news_classifier", client="research-desk")
    told = plain([text.value for text in (*app.markdown, *app.caption)])
    assert "17 to 23 Nov 2026 against the 7 days before" in told
    # One record every five hours from 28 October, 08:00: numbers 61 to 94 before, 95 to 127 lately.
    assert "4.7 a day lately (n = 33), 4.9 a day before (n = 34): \N{MINUS SIGN}3 %." in told
    assert "of the answers shifted (n = 34 before, 33 lately)" in told
    assert "chi-square test, p = " in told


def test_a_day_of_records_is_compared_with_nothing(traffic_data: Path) -> None:
    app = open_page("workloads", workload=SUPPORT)
    assert "Two whole days of records are needed" in plain([caption.value for caption in app.caption])


def test_too_few_records_say_how_many_are_missing(traffic_data: Path) -> None:
    app = open_page("workloads", workload="tool_router")
    texts = plain([text.value for text in app.markdown])
    assert "Too few records" in texts
    assert "A run needs 101 records; 41 more to come." in texts
    assert not [button for button in app.button if button.key == "launch_run"]


def test_browsing_its_logs_keeps_workload_and_client(traffic_data: Path) -> None:
    app = open_page("workloads", workload="tool_router", client="mobile-app")
    app.button(key="browse_logs").click().run()
    assert not app.exception
    assert app.title[0].value == "Logs"
    assert dict(app.query_params) == {"workload": "tool_router", "client": "mobile-app"}


def test_a_workload_that_is_ready_leads_to_its_launch(traffic_data: Path) -> None:
    app = open_page("workloads", workload="news_classifier", client="research-desk")
    app.button(key="launch_run").click().run()
    assert app.title[0].value == "Launch a run"
    assert dict(app.query_params) == {"workload": "news_classifier", "client": "research-desk"}


def test_an_unknown_workload_is_named_with_the_near_miss(traffic_data: Path) -> None:
    app = open_page("workloads", workload="tool_routr")
    assert "did you mean 'tool_router'" in app.warning[0].value
