"""The system's Chromium, driven by Playwright, kept quiet: it asks nothing outside this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FLAGS = (
    "--headless",
    "--no-sandbox",  # needs no privileges that containers lack
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def run_chromium(program: Path) -> Iterator[Browser]:
    """Run `program` without a window; yield the browser and close it afterwards.

    While it runs, this thread counts as inside an event loop: `asyncio.run` and a second Playwright are refused.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
