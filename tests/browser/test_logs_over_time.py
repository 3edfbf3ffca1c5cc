"""Records over time in a real browser: a drag over bars narrows the list, and the address says so."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import checks
from tests.browser.pages import serve_pages
from tests.ui.runs import open_state
from tests.ui.traffic import store_traffic


def test_a_drag_over_bars_becomes_the_filter(page: Page, tmp_path: Path) -> None:
    data = tmp_path / "data"
    store_traffic(data)
    open_state(data)
    with serve_pages(data) as url:
        checks.open_page(page, f"{url}/logs?workload=news_classifier", heading="Logs")
        expect(page.get_by_text("130 records")).to_be_visible()
        plot = page.locator(".js-plotly-plot .nsewdrag").first
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * 0.3, middle)
        page.mouse.down()
        for share in (0.35, 0.4, 0.45, 0.5):
            page.mouse.move(box["x"] + box["width"] * share, middle)
        page.mouse.up()
        page.wait_for_url(re.compile("text=after%3A2026-11-.*before%3A2026-11-"))
        expect(page.get_by_text("130 records")).to_be_hidden()
        expect(page.get_by_role("textbox", name="Search")).to_have_value(re.compile("^after:2026-11-"))
