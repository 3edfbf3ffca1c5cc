"""The states a page has besides its content, made for real: loading, a store that is down, a bug, services down."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import update

from core.runs.tables import RunRow
from tests.browser import checks
from tests.browser.pages import serve_pages
from tests.processes import Installation
from tests.ui.runs import add_failed_run, add_finished_run, open_state
from tests.ui.traffic import store_traffic

OUT_OF_REACH = re.compile("Nothing has answered at http://127.0.0.1:[0-9]+ since .*UTC")


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One desktop page for the module."""
    with checks.open_context(browser, "desktop") as context:
        yield context.new_page()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with traffic."""
    folder = tmp_path / "data"
    store_traffic(folder)
    return folder


def test_while_the_store_is_busy_a_skeleton_keeps_the_place_of_the_content(page: Page, data: Path) -> None:
    with serve_pages(data) as url, closing(sqlite3.connect(data / "logs.db", isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        page.goto(f"{url}/workloads")
        expect(page.get_by_role("heading", level=1, name="Workloads")).to_be_visible(timeout=checks.TIMEOUT_MS)
        expect(checks.skeletons(page).first).to_be_visible()
        expect(page.get_by_role("table")).to_have_count(0)
        assert checks.find_axe_violations(page) == []
        holder.execute("ROLLBACK")
        holder.close()
        expect(page.get_by_role("link", name="news_classifier")).to_be_visible(timeout=checks.TIMEOUT_MS)
        expect(checks.skeletons(page)).to_have_count(0)


def test_a_store_that_is_down_says_since_when_what_still_works_and_a_reference(page: Page, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "logs.db").mkdir(parents=True)
    with serve_pages(data) as url:
        checks.open_page(page, f"{url}/logs", heading="Logs")
        expect(page.get_by_text("Log store does not answer")).to_be_visible()
        expect(page.get_by_text(re.compile(r"has not answered since .*UTC.*decisions do not need it"))).to_be_visible()
        expect(page.get_by_text(re.compile("^Reference e-[0-9a-f]{8}$"))).to_be_visible()
        checks.assert_page_is_sound(page)
        checks.open_page(page, f"{url}/decisions", heading="Decisions")
        expect(page.get_by_text("Nothing has been decided yet")).to_be_visible()
        (data / "logs.db").rmdir()
        checks.open_page(page, f"{url}/logs", heading="Logs")
        expect(page.get_by_text("No traffic yet")).to_be_visible()


def test_a_bug_shows_a_reference_that_the_log_holds_with_the_traceback(page: Page, data: Path) -> None:
    state = open_state(data)
    add_finished_run(state)
    with state.write() as session:
        session.execute(update(RunRow).values(request={}))  # no code of ours writes this
    with serve_pages(data) as url:
        checks.open_page(page, f"{url}/run?id=done-1", heading="Run")
        expect(page.get_by_text("Something went wrong here")).to_be_visible()
        shown = page.get_by_text(re.compile("^Reference e-")).inner_text()
        assert "KeyError" not in page.content()
        checks.assert_page_is_sound(page)
        (log,) = data.parent.glob("web-*.log")
        assert shown.removeprefix("Reference ") in log.read_text()
        assert "KeyError" in log.read_text()
        checks.open_page(page, f"{url}/logs", heading="Logs")
        expect(page.get_by_text("198 records, newest first")).to_be_visible()


def test_services_that_are_down_are_named_since_when_and_browsing_goes_on(page: Page, data: Path) -> None:
    with Installation(data) as installation:
        add_failed_run(installation.database)
        installation.start("web")
        installation.start("worker")  # and no backend
        checks.open_page(page, f"{installation.web}/system", heading="System")
        table = page.get_by_role("table", name="Workers and services")
        expect(table.get_by_text("Down").first).to_be_visible(timeout=30_000)
        expect(table.get_by_text("Alive")).to_be_visible()
        expect(page.get_by_text(OUT_OF_REACH)).to_be_visible(timeout=60_000)  # seen down twice in a row
        checks.open_page(page, f"{installation.web}/overview", heading="Overview")
        expect(page.get_by_text(OUT_OF_REACH)).to_be_visible()
        expect(page.get_by_text("news_classifier").first).to_be_visible()
        checks.assert_page_is_sound(page)
        checks.open_page(page, f"{installation.web}/run?id=failed-1")
        expect(page.get_by_text("answered 503 for 15 minutes").first).to_be_visible()
        checks.open_page(page, f"{installation.web}/workloads", heading="Workloads")
        expect(page.get_by_role("link", name="news_classifier")).to_be_visible()
