"""Records over time in a real browser: a click on a bar or a drag over several narrows the list and the address."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import checks
from tests.browser.pages import serve_pages
from tests.ui.runs import open_state
from tests.ui.traffic import store_traffic


@pytest.fixture
def logs(page: Page, tmp_path: Path) -> Iterator[Page]:
    """The Logs page of one workload with 130 records, one each five hours."""
    data = tmp_path / "data"
    store_traffic(data)
    open_state(data)
    with serve_pages(data) as url:
        checks.open_page(page, f"{url}/logs?workload=news_classifier", heading="Logs")
        expect(page.get_by_text("130 records")).to_be_visible()
        yield page


def test_a_drag_over_bars_becomes_the_filter(logs: Page) -> None:
    plot = logs.locator(".js-plotly-plot .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    logs.mouse.move(box["x"] + box["width"] * 0.3, middle)
    logs.mouse.down()
    for share in (0.35, 0.4, 0.45, 0.5):
        logs.mouse.move(box["x"] + box["width"] * share, middle)
    logs.mouse.up()
    logs.wait_for_url(re.compile("text=after%3A2026-11-.*before%3A2026-11-"))
    expect(logs.get_by_text("130 records")).to_be_hidden()
    expect(logs.get_by_role("textbox", name="Search")).to_have_value(re.compile("^after:2026-11-"))


def test_a_click_above_a_bar_becomes_the_filter_until_the_way_back_and_can_be_repeated(logs: Page) -> None:
    for _ in range(2):
        click_above(logs, bar=40)  # six hours wide, from 28 October 06:00 on
        logs.wait_for_url(re.compile("text=after%3A2026-11-07T06%3A00.before%3A2026-11-07T12%3A00$"))
        expect(logs.get_by_role("textbox", name="Search")).to_have_value(
            "after:2026-11-07T06:00 before:2026-11-07T12:00"
        )
        expect(logs.get_by_text("1 record, newest first")).to_be_visible()
        logs.go_back()
        expect(logs.get_by_text("130 records")).to_be_visible()
        expect(logs.get_by_role("textbox", name="Search")).to_have_value("")


def click_above(page: Page, *, bar: int) -> None:
    """Click where the bar is not tall enough to be hit, in its column."""
    checks.settle(page)
    box = page.locator(".js-plotly-plot .point path").nth(bar).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] - box["height"] / 2)
    expect(page.locator(".js-plotly-plot .hovertext").first).to_be_visible()
    page.mouse.down()
    page.mouse.up()
