"""Every page, desktop and phone, light and dark: accessible, readable, and with its states."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.database import Database, utc_now
from core.logs import open_log_store, request_import, run_waiting_import
from core.settings import Settings
from tests.browser import checks
from tests.browser.pages import serve_pages
from tests.ui.acts import add_history
from tests.ui.runs import NOW, add_failed_run, add_finished_run, add_running_run, open_state
from tests.ui.traffic import SUPPORT, store_traffic

PAGES = {
    "overview": "/overview",
    "workloads": "/workloads",
    "workload": "/workloads?workload=news_classifier&client=research-desk",
    "workload with long names": f"/workloads?workload={SUPPORT}",
    "logs": "/logs",
    "logs of one workload": "/logs?workload=tool_router&since=2026-10-29&until=2026-11-05",
    "no match": "/logs?text=unheard",
    "a search with a mistake": "/logs?text=rates+modl:x",
    "logs of a day": "/logs?text=after:2026-10-30+before:2026-10-31",
    "deleting logs": "/logs?delete=new&workload=tool_router",
    "import of a file": "/logs?import=new",
    "import with rejected lines": "/logs?import={import}",
    "launch": "/launch",
    "runs": "/runs",
    "run that finished": "/run?id=done-1",
    "run that failed": "/run?id=failed-1",
    "run under way": "/run?id=running-1",
    "decisions": "/decisions",
    "decisions that match nothing": "/decisions?verdict=changes_requested&current=only",
    "decision": "/decisions?decision={approved}",
    "decision that was superseded": "/decisions?decision={changes}",
    "system": "/system",
    "unknown workload": "/logs?workload=news_clasifier",
    "review": "/review?run=done-1",
    "review of errors": "/review?run=done-1&tab=Errors",
    "review of costs": "/review?run=done-1&tab=Cost+and+latency",
    "review of records": "/review?run=done-1&tab=Records",
    "review of a record": "/review?run=done-1&tab=Records&record=13",
    "unknown run": "/review?run=done-2",
}


@dataclass(frozen=True)
class Served:
    """An address with the ids that its pages' links hold."""

    url: str
    ids: Mapping[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The pages over a small installation with traffic, runs in every state, decisions and an import."""
    data = tmp_path_factory.mktemp("installation") / "data"
    store_traffic(data)
    database = open_state(data)
    add_finished_run(database)
    add_finished_run(database, "done-0", workload_id="tool_router")
    add_failed_run(database)
    add_running_run(database)
    decisions = add_history(database, "done-1", "done-0")
    ids = {name: decision.id for name, decision in decisions.items()}
    with serve_pages(data) as url:
        yield Served(url, {**ids, "import": import_with_rejections(database, data)})


def import_with_rejections(database: Database, data: Path) -> str:
    """Import a file of thirty lines that are no records, as the worker does, and return the import's id."""
    content = b'{"timestamp": "yesterday"}\n' * 30
    import_id = request_import(database, name="november.jsonl", content=content, requested_by="priya.raman", now=NOW)
    store = open_log_store(Settings(data=data))
    assert run_waiting_import(database, store, clock=utc_now)
    store.close()
    return import_id


@pytest.fixture(scope="module")
def address(served: Served) -> str:
    """Where those pages are served."""
    return served.url


@pytest.fixture(scope="module")
def empty_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages over a fresh installation."""
    data = tmp_path_factory.mktemp("fresh") / "data"
    data.mkdir()
    with serve_pages(data) as url:
        yield url


@pytest.fixture(scope="module", params=checks.DEVICES)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """One page for each device, kept for the module: a fresh one would load nine megabytes of scripts again."""
    device: checks.Device = request.param
    with checks.open_context(browser, device) as context:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        assert errors == []


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_a_page_is_accessible_and_readable(page: Page, served: Served, path: str) -> None:
    checks.open_page(page, served.url + path.format_map(served.ids))
    checks.assert_page_is_sound(page)


@pytest.mark.parametrize("path", ["/overview", "/workloads", "/logs", "/launch", "/runs"])
def test_a_fresh_installation_says_what_to_do_first(page: Page, empty_address: str, path: str) -> None:
    checks.open_page(page, empty_address + path)
    expect(page.get_by_text("No traffic yet")).to_be_visible()
    expect(page.get_by_text("flywheel logs import")).to_be_visible()
    checks.assert_page_is_sound(page)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/decisions", "Nothing has been decided yet"),
        ("/review", "No run was chosen"),
        ("/run", "No run was chosen"),
        ("/system", "No worker is running"),
    ],
)
def test_a_page_without_content_says_what_is_missing(page: Page, empty_address: str, path: str, told: str) -> None:
    checks.open_page(page, empty_address + path)
    expect(page.get_by_text(told)).to_be_visible()
    checks.assert_page_is_sound(page)


def test_a_record_opens_in_a_drawer_that_is_accessible_and_closes(page: Page, address: str) -> None:
    checks.open_page(page, f"{address}/logs?workload=tool_router", heading="Logs")
    page.get_by_role("link", name="Weather in Oslo in 59 days?").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text('"city": "Oslo"')).to_be_visible()
    expect(page).to_have_url(re.compile("workload=tool_router&record="))
    checks.settle(page)
    checks.assert_page_is_sound(page)
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(page).to_have_url(f"{address}/logs?workload=tool_router")
