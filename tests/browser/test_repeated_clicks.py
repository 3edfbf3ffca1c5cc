"""Buttons that change something, clicked again and again in a real browser: it happens once."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.database import Database
from core.logs import list_deletions
from core.runs import list_schedules
from tests.browser import checks
from tests.browser.pages import serve_pages
from tests.ui.runs import open_state
from tests.ui.traffic import store_traffic


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with logged traffic."""
    folder = tmp_path_factory.mktemp("clicks") / "data"
    store_traffic(folder)
    return folder


@pytest.fixture(scope="module")
def database(data: Path) -> Database:
    """The state of the data folder."""
    return open_state(data)


@pytest.fixture(scope="module")
def address(data: Path, database: Database) -> Iterator[str]:
    """Where its pages are."""
    with serve_pages(data) as url:
        yield url


@pytest.fixture
def dialog(page: Page) -> Locator:
    """The dialog that is open."""
    return page.get_by_role("dialog")


def test_an_open_record_is_deleted_once(page: Page, dialog: Locator, address: str, database: Database) -> None:
    checks.open_page(page, f"{address}/logs?workload=news_classifier", heading="Logs")
    page.get_by_role("table").get_by_role("link").first.click()
    dialog.get_by_role("button", name="Delete this record…").click()
    expect(dialog.get_by_text("1 record would be deleted")).to_be_visible()
    delete = dialog.get_by_role("button", name="Delete", exact=True)
    expect(delete).to_be_disabled()
    dialog.get_by_text("Delete 1 record for good").click()
    expect(delete).to_be_enabled()
    checks.click_repeatedly(delete)
    expect(page).to_have_url(re.compile("delete=[0-9]+"))
    page.reload()
    expect(dialog.get_by_text("No worker is running")).to_be_visible()
    checks.settle(page)
    checks.assert_page_is_sound(page)
    with database.read() as session:
        (asked,) = list_deletions(session)
    assert asked.expected == 1


def test_a_schedule_is_created_once(page: Page, dialog: Locator, address: str, database: Database) -> None:
    checks.open_page(page, f"{address}/schedules", heading="Schedules")
    page.get_by_role("button", name="New schedule…").click()
    dialog.get_by_label("Name").fill("Nightly triage")
    dialog.get_by_label("Name").press("Tab")
    checks.settle(page)
    checks.click_repeatedly(dialog.get_by_role("button", name="Create"))
    expect(page.get_by_text("The schedule is on.")).to_be_visible()
    expect(dialog).to_have_count(0)
    checks.settle(page)
    with database.read() as session:
        (created,) = list_schedules(session)
    assert created.name == "Nightly triage"
