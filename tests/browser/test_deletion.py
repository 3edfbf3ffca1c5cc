"""Deleting a record in a real browser: asked for once, kept over a reload."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from core.logs import list_deletions
from tests.browser import checks
from tests.browser.pages import serve_pages
from tests.ui.runs import open_state
from tests.ui.traffic import store_traffic

CLICK_FOR_150_MS = "button => { for (let n = 0; n < 15; n++) setTimeout(() => button.click(), 10 * n); }"
"""Clicks before, while and after the server handles the first; a mouse is too slow to hit each of these moments."""


def test_an_open_record_is_deleted_once_however_often_delete_is_clicked(page: Page, tmp_path: Path) -> None:
    data = tmp_path / "data"
    store_traffic(data)
    database = open_state(data)
    dialog = page.get_by_role("dialog")
    with serve_pages(data) as url:
        checks.open_page(page, f"{url}/logs?workload=news_classifier", heading="Logs")
        page.get_by_role("table").get_by_role("link").first.click()
        dialog.get_by_role("button", name="Delete this record…").click()
        expect(dialog.get_by_text("1 record would be deleted")).to_be_visible()
        delete = dialog.get_by_role("button", name="Delete", exact=True)
        expect(delete).to_be_disabled()
        dialog.get_by_text("Delete 1 record for good").click()
        expect(delete).to_be_enabled()
        delete.evaluate(CLICK_FOR_150_MS)
        expect(page).to_have_url(re.compile("delete=[0-9]+"))
        page.reload()
        expect(dialog.get_by_text("No worker is running")).to_be_visible()
        checks.settle(page)
        checks.assert_page_is_sound(page)
    with database.read() as session:
        (asked,) = list_deletions(session)
    assert asked.expected == 1
