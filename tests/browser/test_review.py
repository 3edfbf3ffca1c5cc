"""Reviewing in a real browser: the fold, deciding once, reload, back, and the same view from a link."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.database import Database
from core.promotion import list_decisions
from tests.browser import checks
from tests.browser.pages import serve_pages
from tests.ui.runs import add_finished_run, open_state

REASON = "Read every newly wrong record; none would reach a customer."


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The state with several finished runs, one for each test that decides."""
    data = tmp_path_factory.mktemp("reviews") / "data"
    data.mkdir()
    state = open_state(data)
    for run_id in ("fold", "approve", "reject", "race", "read"):
        add_finished_run(state, run_id)
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


def decide_on(page: Page, button: str, question: str, confirm: str) -> None:
    """Open the dialog, give the reason and confirm with three quick clicks."""
    page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(question).fill(REASON)
    dialog.get_by_role("button", name=confirm).click(click_count=3, delay=10)
    expect(dialog).to_have_count(0)
    checks.settle(page)


def acts(database: Database, run_id: str) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(act.verdict.value, act.reason) for act in list_decisions(session, run_id=run_id)]


def test_what_a_decision_needs_stands_above_the_fold(page: Page, address: str) -> None:
    checks.open_page(page, f"{address}/review?run=fold")
    checks.assert_above_the_fold(
        page,
        page.get_by_text("Replace acme/teacher-70b-instruct with local/linear-large · customized"),
        page.get_by_text("Agrees with the teacher on"),
        page.get_by_test_id("stMetric").filter(has_text="Agreement"),
        page.get_by_role("button", name="Approve…"),
        page.get_by_role("button", name="Reject…"),
        page.get_by_role("button", name="Ask for changes…"),
        page.get_by_role("table", name="Evidence for the decision"),
    )


def test_a_triple_click_on_confirm_is_one_approval_that_survives_a_reload(
    page: Page, address: str, database: Database
) -> None:
    checks.open_page(page, f"{address}/review?run=approve")
    decide_on(page, "Approve…", "Why is this acceptable?", "Approve promotion")
    expect(page.get_by_role("status").filter(has_text=REASON)).to_be_visible()
    assert acts(database, "approve") == [("approved", REASON)]
    page.reload()
    checks.settle(page)
    expect(page.get_by_role("status").filter(has_text=REASON)).to_be_visible()
    checks.assert_page_is_sound(page)


def test_the_dialog_is_accessible_and_escape_decides_nothing(page: Page, address: str, database: Database) -> None:
    checks.open_page(page, f"{address}/review?run=reject")
    page.get_by_role("button", name="Reject…").click()
    expect(page.get_by_role("dialog").get_by_label("Why is this not acceptable?")).to_be_visible()
    checks.settle(page)
    checks.assert_page_is_sound(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert acts(database, "reject") == []


def test_a_rejection_is_stored_with_its_reason(page: Page, address: str, database: Database) -> None:
    checks.open_page(page, f"{address}/review?run=reject")
    decide_on(page, "Reject…", "Why is this not acceptable?", "Reject candidate")
    assert acts(database, "reject") == [("rejected", REASON)]
    expect(page.get_by_text("Rejected").first).to_be_visible()


def test_of_two_reviewers_one_wins_and_the_other_is_told_who(
    page: Page, browser: Browser, address: str, database: Database
) -> None:
    with checks.open_context(browser, "desktop", scheme="dark") as context:
        other = context.new_page()
        checks.open_page(page, f"{address}/review?run=race")
        checks.open_page(other, f"{address}/review?run=race")
        for window in (page, other):
            window.get_by_role("button", name="Approve…").click()
            window.get_by_role("dialog").get_by_label("Why is this acceptable?").fill(REASON)
        page.get_by_role("dialog").get_by_role("button", name="Approve promotion").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        other.get_by_role("dialog").get_by_role("button", name="Approve promotion").click()
        expect(other.get_by_role("dialog").get_by_text("riya.raman was first")).to_be_visible()
        checks.settle(other)
        checks.assert_page_is_sound(other)
    assert acts(database, "race") == [("approved", REASON)]


def test_a_link_opened_elsewhere_shows_the_same_record(page: Page, browser: Browser, address: str) -> None:
    checks.open_page(page, f"{address}/review?run=read&tab=Records&show=All+records")
    page.get_by_role("link", name="… 3 reports on").click()
    expect(page.get_by_role("dialog").get_by_text("Record 4 of 60")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Next").click()
    expect(page.get_by_role("dialog").get_by_text("Record 5 of 60")).to_be_visible()
    with checks.open_context(browser, "phone") as context:
        elsewhere = context.new_page()
        checks.open_page(elsewhere, page.url)
        expect(elsewhere.get_by_role("dialog").get_by_text("Record 5 of 60")).to_be_visible()
        checks.assert_page_is_sound(elsewhere)
    page.go_back()
    expect(page.get_by_role("dialog").get_by_text("Record 4 of 60")).to_be_visible()
