"""Reviewing in a real browser: the fold, deciding once, reload, back, and the same view from a link."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.testclient import TestClient

from app.api import create_api
from core.database import Database
from core.datasets import load_gold
from core.evaluation import Candidate
from core.promotion import MarkKind, list_decisions, list_marks
from core.settings import load_settings
from tests.browser import checks
from tests.browser.pages import serve_pages
from tests.browser.reviewing import TABS, approve, decide_on, read_must_see_list, shown
from tests.ui.runs import LARGE, add_finished_run, open_state

QUICK_TABS = {("Quality", "desktop")}
CANDIDATE = Candidate(student=LARGE, variant="customized")
REASON = "Read every newly wrong record; none would reach a customer."


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The state with several finished runs, one for each test that decides."""
    data = tmp_path_factory.mktemp("reviews") / "data"
    data.mkdir()
    state = open_state(data)
    for run_id in ("fold", "approve", "reject", "race", "read", "marks", "mustsee"):
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


def acts(database: Database, run_id: str) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(act.verdict.value, act.reason) for act in list_decisions(session, run_id=run_id)]


@pytest.mark.parametrize("tab", TABS)
def test_what_a_decision_needs_stands_above_the_fold_on_every_tab(page: Page, address: str, tab: str) -> None:
    checks.open_page(page, f"{address}/review?run=fold&tab={tab.replace(' ', '+')}")
    checks.assert_above_the_fold(
        page,
        page.get_by_text("Replace acme/teacher-70b-instruct with local/linear-large · customized"),
        page.get_by_text("agrees with the teacher on"),
        page.get_by_test_id("stMetric").filter(has_text="Agreement"),
        page.get_by_role("button", name="Approve…"),
        page.get_by_role("button", name="Reject…"),
        page.get_by_role("button", name="Ask for changes…"),
        page.get_by_role("table", name="Gates of the policy"),
    )


@pytest.mark.parametrize(
    ("tab", "device"),
    [
        pytest.param(tab, device, id=f"{tab}-{device}", marks=[] if (tab, device) in QUICK_TABS else pytest.mark.full)
        for tab in TABS
        for device in checks.DEVICES
    ],
)
def test_every_tab_is_sound(browser: Browser, address: str, tab: str, device: checks.Device) -> None:
    with checks.open_context(browser, device) as context:
        tab_page = context.new_page()
        checks.open_page(tab_page, f"{address}/review?run=read&tab={tab.replace(' ', '+')}")
        checks.assert_page_is_sound(tab_page)


def test_a_triple_click_on_confirm_is_one_approval_that_survives_a_reload(
    page: Page, address: str, database: Database
) -> None:
    checks.open_page(page, f"{address}/review?run=approve")
    approve(page, reason=REASON)
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
    decide_on(page, "Reject…", "Why is this not acceptable?", "Reject candidate", reason=REASON)
    assert acts(database, "reject") == [("rejected", REASON)]
    expect(page.get_by_text("Rejected").first).to_be_visible()


@pytest.mark.full
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


@pytest.mark.full
def test_a_link_opened_elsewhere_shows_the_same_record(page: Page, browser: Browser, address: str) -> None:
    checks.open_page(page, f"{address}/review?run=read&tab=Records&show=All+records")
    page.get_by_role("link", name="… 3 reports on").click()
    reader = page.get_by_role("dialog")
    expect(reader.get_by_text("Company 3 reports on")).to_be_visible()
    label = reader.get_by_role("status").inner_text()
    reader.get_by_role("button", name="Next").click()
    expect(reader.get_by_role("status")).not_to_have_text(label)
    checks.settle(page)
    there = reader.get_by_role("status").inner_text()
    with checks.open_context(browser, "phone") as context:
        elsewhere = context.new_page()
        checks.open_page(elsewhere, page.url)
        expect(elsewhere.get_by_role("dialog").get_by_role("status")).to_have_text(there)
        checks.assert_page_is_sound(elsewhere)
    page.go_back()
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text(label)


@pytest.mark.full
def test_records_are_read_and_marked_by_keyboard_and_no_key_decides(
    page: Page, address: str, database: Database
) -> None:
    checks.open_page(page, f"{address}/review?run=marks&tab=Records&show=All+that+differ")
    page.get_by_role("table", name="Records: All that differ").get_by_role("link").first.click()
    reader = page.get_by_role("dialog")
    status = reader.get_by_role("status")
    expect(status).to_have_text("1 of 8")
    page.keyboard.press("?")
    expect(reader.get_by_text("No key approves or rejects anything.")).to_be_visible()
    checks.assert_page_is_sound(page)
    page.keyboard.press("?")
    for key, there in (("j", "2 of 8"), ("ArrowRight", "3 of 8"), ("k", "2 of 8"), ("ArrowLeft", "1 of 8")):
        page.keyboard.press(key)
        expect(status).to_have_text(there)
        expect(reader.get_by_role("button", name="Next")).to_be_enabled()  # the record's neighbours have arrived
        checks.settle(page)
    page.keyboard.press("1")
    page.keyboard.type("j is a letter here")
    page.keyboard.press("Enter")
    expect(reader.get_by_text("Acceptable difference, Priya Raman")).to_be_visible()
    expect(status).to_have_text("1 of 8")
    page.keyboard.press("3")
    reader.get_by_label("The right answer, which becomes gold").fill("credit ratings")
    reader.get_by_label("Note").fill("The agency is named.")
    reader.get_by_role("button", name="Save mark").click()
    expect(reader.get_by_text("Teacher was wrong: credit ratings, Priya Raman")).to_be_visible()
    checks.settle(page)
    checks.assert_page_is_sound(page)
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(reader.get_by_role("alert")).to_contain_text("Say in a note why the record is to be left out")
    page.keyboard.press("Escape")
    for key in ("a", "Enter", "y", "1"):
        page.keyboard.press(key)
    checks.settle(page)
    assert acts(database, "marks") == []
    with database.read() as session:
        (mark,) = list_marks(session, "marks", CANDIDATE).values()
        assert load_gold(session, "news_classifier") == {mark.key: "credit ratings"}
    assert (mark.kind, mark.note, mark.marked_by) == (MarkKind.TEACHER_WRONG, "The agency is named.", "priya.raman")


def test_reading_the_must_see_list_to_its_end_is_counted_on_the_card(
    page: Page, address: str, database: Database
) -> None:
    checks.open_page(page, f"{address}/review?run=mustsee&tab=Records&show=Must+see")
    total = page.get_by_role("table", name="Records: Must see").get_by_role("row").count() - 1
    expect(page.get_by_text(f"0 of {total} must-see read")).to_be_visible()
    read_must_see_list(page, total)
    page.keyboard.press("Escape")
    expect(page.get_by_text(f"{total} of {total} must-see read")).to_be_visible()


def test_records_are_filtered_by_class_and_text_and_taken_along(page: Page, address: str) -> None:
    checks.open_page(page, f"{address}/review?run=read&tab=Records&show=All+records")
    page.get_by_placeholder("Search requests and answers").fill("Company 12 ")
    page.get_by_placeholder("Search requests and answers").press("Enter")
    expect(page.get_by_role("table", name="Records: All records").get_by_role("link")).to_have_count(1)
    assert "text=Company+12" in page.url
    with page.expect_download() as download:
        page.get_by_role("button", name="JSONL").click()
    (line,) = download.value.path().read_text().splitlines()
    assert json.loads(line)["position"] == 12
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_role("table", name="Records: All records").get_by_role("link")).to_have_count(50)


def test_every_number_on_the_page_equals_the_apis(page: Page, address: str, database: Database) -> None:
    data = Path(str(database.engine.url.database)).parent
    settings = load_settings(data, environ={"FLYWHEEL_POLICY": str(data.parent / "policy.toml")})
    with TestClient(create_api(settings), base_url="http://127.0.0.1:8620") as api:
        comparison = api.get("/api/jobs/fold/comparison").json()
    for made in comparison["candidates"]:
        name = made["candidate"]["name"]
        checks.open_page(page, f"{address}/review?run=fold&candidate={name}")
        card = shown(page.locator(".st-key-decision_card"))
        for text in (made["verdict"]["sentence"], made["verdict"]["training"] or ""):
            assert text in card
        gates = page.get_by_role("table", name="Gates of the policy").get_by_role("row").all()[1:]
        for row, gate in zip(gates, made["gates"], strict=True):
            cells = [shown(cell) for cell in row.get_by_role("cell").all()]
            assert cells == [gate["observed_text"], gate["limit_text"]]
        classes = page.get_by_role("table", name="Classes of").get_by_role("row").all()[1:]
        by_label = {row["label"]: row for row in made["classes"]}
        assert len(classes) == len(by_label)
        for row in classes:
            label, support, _, recall, f1 = shown(row).split("\t")
            wanted = by_label[label]
            assert int(support) == wanted["support"]
            assert recall.split(" %")[0] == f"{wanted['recall']['value'] * 100:.1f}"
            assert f1 == f"{wanted['f1']:.3f}"
        scores = shown(page.get_by_role("table", name="Scores of all candidates"))
        for each in comparison["candidates"]:
            assert f"{each['agreement']['value'] * 100:.1f} %" in scores
            assert f"{each['metrics']['macro_f1']:.3f}" in scores
