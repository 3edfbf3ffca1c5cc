"""The decisions on record in a real browser: open one, withdraw it once, reload, back, the same view from a link."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.database import Database
from core.promotion import list_decisions
from tests.browser import checks
from tests.browser.pages import serve_pages
from tests.ui.acts import FINE, LARGE_CUSTOMIZED, RENAMED, add_history
from tests.ui.runs import add_finished_run, open_state


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The state with two finished runs and five acts."""
    data = tmp_path_factory.mktemp("decisions") / "data"
    data.mkdir()
    state = open_state(data)
    for run_id in ("done-1", "done-2"):
        add_finished_run(state, run_id)
    add_history(state, "done-1", "done-2")
    return state


@pytest.fixture(scope="module")
def address(database: Database) -> Iterator[str]:
    """The pages over that state."""
    with serve_pages(Path(str(database.engine.url.database)).parent) as url:
        yield url


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One desktop page for the module."""
    with checks.open_context(browser, "desktop") as context:
        yield context.new_page()


def acts(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        found = list_decisions(session, run_id="done-1", candidate=LARGE_CUSTOMIZED)
    return [(act.verdict.value, act.reason) for act in found]


def test_filters_and_the_opened_act_are_in_the_url_and_back_leads_back(page: Page, address: str) -> None:
    checks.open_page(page, f"{address}/decisions", heading="Decisions")
    page.get_by_text("Current only").click()
    expect(page).to_have_url(f"{address}/decisions?current=only")
    expect(page.get_by_role("table", name="Decisions, newest first").get_by_role("row")).to_have_count(4)
    page.get_by_role("row").filter(has_text=FINE).get_by_role("link").click()
    expect(page.get_by_role("dialog").get_by_text("Stands now")).to_be_visible()
    expect(page).to_have_url(re.compile(r"current=only&decision=[0-9a-f]{32}$"))
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("table", name="Decisions, newest first").get_by_role("row")).to_have_count(6)


def test_a_withdrawal_is_one_new_act_however_often_it_is_clicked(page: Page, address: str, database: Database) -> None:
    checks.open_page(page, f"{address}/decisions")
    page.get_by_role("row").filter(has_text=FINE).filter(has_text="done-1").get_by_role("link").click()
    page.get_by_role("button", name="Withdraw…").click()
    question = page.get_by_label("Why does the decision no longer stand?")
    expect(question).to_be_visible()
    checks.settle(page)
    checks.assert_page_is_sound(page)
    question.fill(RENAMED)
    checks.click_repeatedly(page.get_by_role("button", name="Withdraw decision"))
    drawer = page.get_by_role("dialog", name="Decision")
    expect(drawer.get_by_role("link", name="3. Withdrawn by Priya Raman")).to_be_visible()
    assert acts(database)[0] == ("withdrawn", RENAMED)
    assert len(acts(database)) == 3
    page.reload()
    expect(drawer.get_by_role("link", name="3. Withdrawn by Priya Raman")).to_be_visible(timeout=checks.TIMEOUT_MS)
    checks.settle(page)
    checks.assert_page_is_sound(page)


def test_a_link_to_an_act_opened_elsewhere_shows_the_same(page: Page, browser: Browser, address: str) -> None:
    page.get_by_role("dialog").get_by_role("link", name="1. Changes asked for by Jonas Reuter").click()
    expect(page.get_by_role("dialog").get_by_text("Superseded")).to_be_visible()
    with checks.open_context(browser, "phone", scheme="dark") as context:
        elsewhere = context.new_page()
        checks.open_page(elsewhere, page.url)
        expect(elsewhere.get_by_role("dialog").get_by_text("Superseded")).to_be_visible()
        assert elsewhere.get_by_role("dialog").locator("dl").inner_text() == (
            page.get_by_role("dialog").locator("dl").inner_text()
        )
        checks.assert_page_is_sound(elsewhere)
