"""How quickly the pages of the demo open and answer clicks, in a real browser on this machine.

Targets (design, section 7): 100 ms for the median click, 2 s to the first paint with an empty browser cache; what is
judged is 150 ms and 2.5 s. Clicks are timed inside the page, from the click to the frame that shows what it leads to
with no script running; first paints from the navigation's start to the page's title, contents are printed beside it.
Beside other tests (pytest-xdist) the times are printed and not judged: they would be those of the other tests.
"""

import os
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import checks
from tests.demo.running import Demo

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

REPEATS = 7
MEDIAN_CLICK_MS = 150
FIRST_PAINT_MS = 2_500
TIME_CLICK = "([target, shows, text]) => timeClick(target, shows, text)"
TIMES = (Path(__file__).parent / "page_times.js").read_text()


@dataclass(frozen=True)
class Click:
    """A click on `target` (CSS) of a page, and what shows that it was answered: `shows` holding `text`, or changing."""

    name: str
    path: str
    target: str
    shows: str
    text: str | None = None


CLICKS = (
    Click("logs, older page", "/logs", ".st-key-older button", ".fw-table"),
    Click("logs, open a record", "/logs", ".fw-table tbody tr:nth-child(3) a", '[role="dialog"]', "Logged record"),
    Click("decisions, filter", "/decisions", ".st-key-decisions_current input", ".st-key-clear_filters", "Clear"),
    Click("decisions, open one", "/decisions", ".fw-table tbody a", '[role="dialog"]', "Results hash"),
    Click("review, tab", "/review?run={run}", '[role="tab"]:nth-of-type(2)', "h3", "moved"),
    Click(
        "review, ask for a decision", "/review?run={run}", ".st-key-act_rejected button", '[role="dialog"]', "Reject"
    ),
    Click("runs, open one", "/runs", ".fw-table tbody a", "h1", "Run over"),
    Click("menu, to the workloads", "/overview", 'a[href$="/workloads"]', "h1", "Workloads"),
    Click("menu, to the logs", "/workloads", 'a[href$="/logs"]', "h1", "Logs"),
)
PAGES = ("/overview", "/workloads", "/logs", "/runs", "/run?id={run}", "/review?run={run}", "/decisions", "/system")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A finished demo: its address, and its first run."""
    with Demo(tmp_path_factory.mktemp("bench") / "demo") as demo:
        demo.start()
        demo.wait_for("broker_assistant is finished")
        yield demo.web, demo.runs()["news_classifier"]["id"]


def test_the_median_click_meets_its_target(demo: tuple[str, str], browser: Browser) -> None:
    address, run = demo
    with checks.open_context(browser, "desktop") as context:
        context.add_init_script(TIMES)
        page = context.new_page()
        times = {click.name: time_clicks(page, click, address + click.path.format(run=run)) for click in CLICKS}
    every = sorted(time for found in times.values() for time in found)
    sys.stdout.write(f"\n{'click':32} {'median ms':>10} {'slowest ms':>11}\n")
    for name, found in times.items():
        sys.stdout.write(f"{name:32} {statistics.median(found):>10.0f} {max(found):>11.0f}\n")
    median, late = statistics.median(every), every[int(len(every) * 0.95)]
    sys.stdout.write(f"{'all':32} {median:>10.0f} {every[-1]:>11.0f}   95 % under {late:.0f} ms, target 100\n")
    assert is_shared() or median < MEDIAN_CLICK_MS


def test_first_paints_meet_their_target(demo: tuple[str, str], browser: Browser) -> None:
    address, run = demo
    first: list[float] = []
    sys.stdout.write(f"\n{'first visit, nothing cached':32} {'title ms':>10} {'content ms':>11}\n")
    for path in PAGES:
        titles, contents = zip(*(time_visit(browser, address + path.format(run=run)) for _ in range(3)), strict=True)
        first.append(statistics.median(titles))
        name = path.partition("?")[0]
        sys.stdout.write(f"{name:32} {first[-1]:>10.0f} {statistics.median(contents):>11.0f}\n")
    sys.stdout.write(f"{'median of the pages':32} {statistics.median(first):>10.0f}   target 2000\n")
    assert is_shared() or statistics.median(first) < FIRST_PAINT_MS


def is_shared() -> bool:
    """Tell whether other tests run at the same time."""
    return "PYTEST_XDIST_WORKER" in os.environ


def time_clicks(page: Page, click: Click, url: str) -> list[float]:
    """Return milliseconds of several clicks, each on the page as it opens; a first one that warms up does not count."""
    times = []
    for _ in range(REPEATS + 1):
        checks.open_page(page, url)
        target = page.locator(click.target).first.element_handle(timeout=checks.TIMEOUT_MS)
        times.append(page.evaluate(TIME_CLICK, [target, click.shows, click.text]))
    return times[1:]


def time_visit(browser: Browser, url: str) -> tuple[float, float]:
    """Return milliseconds to the title and to the content of a page in a browser that has nothing cached."""
    with checks.open_context(browser, "desktop") as context:
        context.add_init_script(TIMES)
        page = context.new_page()
        checks.open_page(page, url)
        page.wait_for_function("window.flywheelTimes.content !== undefined", timeout=checks.TIMEOUT_MS)
        times = page.evaluate("window.flywheelTimes")
        return times["title"], times["content"]
