"""Launching and watching with the real processes: one run for three clicks, followed to its end, cancelled, failed."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.runs import RunStatus, RunSummary, list_runs, list_workers
from tests.backend.workload import STUDENT, make_records
from tests.browser import checks
from tests.processes import Installation
from tests.waiting import wait_until

RUN_ENDS_MS = 60_000
STOPS_MS = 20_000
QUIET_MS = 5_000
"""More than two turns of a page that follows a run."""
LONG = "epochs=1000&batch_size=1"
COUNT_RERUNS = """() => {
  window.reruns = 0
  const app = document.querySelector('[data-testid="stApp"]')
  new MutationObserver(() => { window.reruns += 1 }).observe(app, {attributeFilter: ["data-test-script-state"]})
}"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Backend, worker and pages as processes over 300 records; an outage is given up after two seconds."""
    folder = tmp_path_factory.mktemp("launches")
    file = folder / "topics.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in make_records(300)))
    with Installation(folder, FLYWHEEL_NEMO__OUTAGE_BUDGET_S="2") as installation:
        installation.import_traffic(file)
        for name in ("backend", "worker", "web"):
            installation.start(name)
        wait_until(lambda: has_worker(installation), "the worker to register", timeout_s=60)
        yield installation


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One desktop page for the module."""
    with checks.open_context(browser, "desktop") as context:
        yield context.new_page()


def has_worker(installation: Installation) -> bool:
    with installation.database.read() as session:
        return bool(list_workers(session, installation.database))


def runs(installation: Installation) -> list[RunSummary]:
    with installation.database.read() as session:
        return list_runs(session)


def badge(page: Page, state: str) -> Locator:
    return page.locator(".st-key-run_card").get_by_text(re.compile(rf"\b{state}$"))


def launch(page: Page, installation: Installation, parameters: str) -> str:
    """Start a run from the form that a link describes and return its id; its page is open then."""
    checks.open_page(page, f"{installation.web}/launch?workload=topics&students={STUDENT}&{parameters}")
    page.get_by_role("button", name="Start run").click()
    expect(page).to_have_url(re.compile(r"/run\?id="), timeout=checks.TIMEOUT_MS)
    return page.url.partition("id=")[2]


def test_three_clicks_start_one_run_that_is_followed_to_its_end(page: Page, installation: Installation) -> None:
    checks.open_page(page, f"{installation.web}/launch?workload=topics")
    for student in ("local/linear-medium", "local/linear-large"):
        page.get_by_role("checkbox", name=student).uncheck(force=True)
        checks.settle(page)
    checks.assert_page_is_sound(page)
    checks.click_repeatedly(page.get_by_role("button", name="Start run"))
    expect(page.get_by_role("heading", level=1, name="Run over topics")).to_be_visible(timeout=checks.TIMEOUT_MS)
    expect(badge(page, "Completed")).to_be_visible(timeout=RUN_ENDS_MS)
    (run,) = runs(installation)
    assert (run.status, run.students, run.requested_by) == (RunStatus.COMPLETED, (STUDENT,), "priya.raman")
    table = page.get_by_role("table", name="Measured candidates, best first")
    expect(table.get_by_role("link", name=f"{STUDENT} · customized")).to_be_visible()
    expect(page.get_by_role("list", name=f"Steps of {STUDENT}").get_by_text("done")).to_have_count(9)
    checks.settle(page)
    checks.assert_page_is_sound(page)


def test_an_ended_run_is_no_longer_followed(page: Page, installation: Installation) -> None:
    page.evaluate(COUNT_RERUNS)
    page.wait_for_timeout(QUIET_MS)  # what must not happen has no condition to wait for
    assert page.evaluate("window.reruns") == 0


def test_reload_and_back_keep_the_view(page: Page, installation: Installation) -> None:
    address = page.url
    page.reload()
    expect(badge(page, "Completed")).to_be_visible(timeout=checks.TIMEOUT_MS)
    page.get_by_role("link", name=f"{STUDENT} · customized").click()
    expect(page.get_by_role("heading", level=1, name="Promotion review: topics")).to_be_visible()
    checks.settle(page)
    page.go_back()
    expect(badge(page, "Completed")).to_be_visible(timeout=checks.TIMEOUT_MS)
    assert page.url == address
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Launch a run")).to_be_visible(timeout=checks.TIMEOUT_MS)
    checks.settle(page)
    expect(page.get_by_role("checkbox", name="local/linear-large")).not_to_be_checked()
    assert len(runs(installation)) == 1


def test_a_running_run_is_cancelled_with_a_reason(page: Page, installation: Installation) -> None:
    run_id = launch(page, installation, f"variants=customized&{LONG}")
    expect(page.get_by_text(re.compile("customize local/linear-small"))).to_be_visible(timeout=RUN_ENDS_MS)
    page.evaluate(COUNT_RERUNS)
    page.wait_for_function("window.reruns >= 4", timeout=checks.TIMEOUT_MS)  # it follows the run
    checks.assert_page_is_sound(page)
    page.get_by_role("button", name="Cancel run…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why?").fill("Started over the wrong client.")
    checks.assert_page_is_sound(page)
    checks.click_repeatedly(dialog.get_by_role("button", name="Cancel run"))
    expect(dialog).to_have_count(0, timeout=checks.TIMEOUT_MS)
    expect(badge(page, "Cancelled")).to_be_visible(timeout=STOPS_MS)
    expect(page.get_by_text("Cancelled by priya.raman: Started over the wrong client.").first).to_be_visible()
    assert next(run.status for run in runs(installation) if run.id == run_id) is RunStatus.CANCELLED


def test_a_run_without_a_backend_fails_with_its_reason_and_goes_on_when_tried_again(
    page: Page, installation: Installation
) -> None:
    checks.open_page(page, f"{installation.web}/launch?workload=topics&students={STUDENT}&variants=base")
    installation.kill("backend")
    page.get_by_role("button", name="Start run").click()
    expect(badge(page, "Failed")).to_be_visible(timeout=RUN_ENDS_MS)
    expect(page.get_by_text("gave up after 2 s without an answer").first).to_be_visible()
    checks.settle(page)
    checks.assert_page_is_sound(page)
    checks.open_page(page, f"{installation.web}/overview")
    row = page.get_by_role("table", name="What needs you, newest first").get_by_role("row").filter(has_text="Failed")
    expect(row.get_by_text("gave up after 2 s")).to_be_visible()
    installation.start("backend")
    row.get_by_role("link").click()
    checks.click_repeatedly(page.get_by_role("button", name="Try again what failed"))
    expect(badge(page, "Completed")).to_be_visible(timeout=RUN_ENDS_MS)


def test_a_launch_says_that_the_backend_is_down(page: Page, installation: Installation) -> None:
    installation.kill("backend")
    checks.open_page(page, f"{installation.web}/launch?workload=topics&students={STUDENT}&variants=base")

    def is_told() -> bool:
        page.reload()
        checks.settle(page)
        return page.get_by_text("a launch is refused until it answers").count() > 0

    wait_until(is_told, "the page to say that the services are down", timeout_s=90, every_s=2)
    before = len(runs(installation))
    page.get_by_role("button", name="Start run").click()
    expect(page.get_by_text("start it or correct its address in the settings").first).to_be_visible()
    checks.assert_page_is_sound(page)
    assert len(runs(installation)) == before
