"""Importing a file in a real browser: choose it, watch the worker read it, see what was rejected, find the records."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import checks
from tests.processes import Installation
from tests.ui.traffic import lines

BROKEN = (b'{"timestamp": "yesterday"}', b"not json")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Pages over a fresh installation; its worker is started by the test that needs it."""
    data = tmp_path_factory.mktemp("import") / "data"
    data.mkdir()
    with Installation(data) as installation:
        installation.start("web")
        yield installation


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One desktop page for the module."""
    with checks.open_context(browser, "desktop") as context:
        yield context.new_page()


@pytest.fixture
def traffic_file(tmp_path: Path) -> Path:
    """A compressed file of 198 records and two lines that are none."""
    path = tmp_path / "november.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join((*lines(), *BROKEN)) + b"\n"))
    return path


def test_a_file_is_chosen_kept_over_a_reload_read_by_the_worker_and_its_records_are_found(
    page: Page, installation: Installation, traffic_file: Path
) -> None:
    checks.open_page(page, f"{installation.web}/workloads")
    page.get_by_role("button", name="Import a file…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    dialog.locator("input[type=file]").set_input_files(traffic_file)
    checks.click_repeatedly(dialog.get_by_role("button", name="Import", exact=True))
    expect(page).to_have_url(re.compile("import=[0-9a-f]{12}"))
    expect(dialog.get_by_text("No worker is running")).to_be_visible()
    checks.settle(page)
    checks.assert_page_is_sound(page)

    page.reload()
    expect(dialog.get_by_text("Waiting for a worker")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Import waits").click()

    installation.start("worker")
    expect(dialog.get_by_text("198 records stored, 2 lines rejected.")).to_be_visible(timeout=60_000)
    expect(dialog.get_by_role("table", name="Rejected lines").get_by_role("row")).to_have_count(3)
    checks.settle(page)
    checks.assert_page_is_sound(page)

    dialog.get_by_role("button", name="Show the records").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("198 records, newest first")).to_be_visible()
    page.get_by_role("button", name="Import…").click()
    expect(dialog.get_by_role("link", name="november.jsonl.gz")).to_have_count(1)


def test_a_link_to_an_import_opened_elsewhere_shows_the_same_outcome(
    page: Page, browser: Browser, installation: Installation
) -> None:
    page.get_by_role("dialog").get_by_role("link", name="november.jsonl.gz").click()
    expect(page.get_by_text("198 records stored, 2 lines rejected.")).to_be_visible()
    with checks.open_context(browser, "phone", scheme="dark") as context:
        elsewhere = context.new_page()
        checks.open_page(elsewhere, page.url)
        expect(elsewhere.get_by_text("198 records stored, 2 lines rejected.")).to_be_visible()
        checks.assert_page_is_sound(elsewhere)
