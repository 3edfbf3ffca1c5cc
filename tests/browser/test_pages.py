"""Every page, desktop and phone, light and dark: accessible, readable, and with its states."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import checks
from tests.browser.pages import serve_pages
from tests.ui.runs import add_finished_run, open_state
from tests.ui.traffic import SUPPORT, store_traffic

PAGES = {
    "overview": "/overview",
    "workloads": "/workloads",
    "workload": "/workloads?workload=news_classifier&client=research-desk",
    "workload with long names": f"/workloads?workload={SUPPORT}",
    "logs": "/logs",
    "logs of one workload": "/logs?workload=tool_router",
    "no match": "/logs?text=unheard",
    "unknown workload": "/logs?workload=news_clasifier",
    "review": "/review?run=done-1",
    "review of errors": "/review?run=done-1&tab=Errors",
    "review of costs": "/review?run=done-1&tab=Cost+and+latency",
    "review of records": "/review?run=done-1&tab=Records",
    "review of a record": "/review?run=done-1&tab=Records&record=13",
    "unknown run": "/review?run=done-2",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages over a small installation with traffic."""
    data = tmp_path_factory.mktemp("installation") / "data"
    store_traffic(data)
    add_finished_run(open_state(data))
    with serve_pages(data) as url:
        yield url


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
def test_a_page_is_accessible_and_readable(page: Page, address: str, path: str) -> None:
    checks.open_page(page, address + path)
    checks.assert_page_is_sound(page)


@pytest.mark.parametrize("path", ["/workloads", "/logs"])
def test_a_fresh_installation_says_what_to_do_first(page: Page, empty_address: str, path: str) -> None:
    checks.open_page(page, empty_address + path)
    expect(page.get_by_text("No traffic yet")).to_be_visible()
    expect(page.get_by_text("flywheel logs import")).to_be_visible()
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
