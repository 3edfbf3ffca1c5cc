"""What every page must pass in a real browser: axe, no text outside its box, no text over other text, the fold.

Each finder returns findings as text, empty when all is well, so that a failing test prints what to look at.
"""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests import machine

AXE_RULES = ("wcag2a", "wcag2aa", "wcag21aa", "wcag22aa")
AXE_VERSION = "4.14.1"
TIMEOUT_MS = 20_000
TEXT_FINDINGS = (Path(__file__).parent / "text_findings.js").read_text()


Device = Literal["desktop", "phone"]
Scheme = Literal["light", "dark"]

DEVICES: tuple[Device, ...] = ("desktop", "phone")
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def open_context(browser: Browser, device: Device, *, scheme: Scheme = "light") -> BrowserContext:
    """Return a fresh browser context of a device's size and a colour scheme, without animations."""
    is_phone = device == "phone"
    return browser.new_context(
        viewport={"width": 390, "height": 844} if is_phone else {"width": 1440, "height": 900},
        color_scheme=scheme,
        is_mobile=is_phone,
        has_touch=is_phone,
        device_scale_factor=2 if is_phone else 1,
        reduced_motion="reduce",
    )


def open_page(page: Page, address: str, *, heading: str | None = None) -> None:
    """Go to an address and wait until its script has run; `heading` is the title to expect."""
    page.goto(address)
    title = page.get_by_role("heading", level=1, name=heading) if heading else page.get_by_role("heading", level=1)
    expect(title).to_be_visible(timeout=TIMEOUT_MS)
    settle(page)


def settle(page: Page) -> None:
    """Wait until no script runs, nothing is a skeleton, and every chart has been drawn."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=TIMEOUT_MS)
    expect(skeletons(page)).to_have_count(0, timeout=TIMEOUT_MS)
    for chart in page.get_by_test_id("stPlotlyChart").all():
        expect(chart.locator(".main-svg").first).to_be_visible(timeout=TIMEOUT_MS)
    page.evaluate("document.fonts.ready")


def click_repeatedly(button: Locator) -> None:
    """Click before, while and after the server handles the first click; a mouse is too slow for each of them."""
    expect(button).to_be_enabled()
    button.focus()  # as a mouse does, which ends typing
    button.evaluate("button => { for (let n = 0; n < 15; n++) setTimeout(() => button.click(), 10 * n); }")


def skeletons(page: Page) -> Locator:
    """Return the placeholders on show: a page's own, and those of parts whose scripts still load."""
    return page.locator('[data-testid^="stSkeleton"]')


def find_axe_violations(page: Page) -> list[str]:
    """Return violations of WCAG 2.2 A and AA with the first element of each."""
    page.add_script_tag(path=str(axe_script()))
    violations = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(result => result.violations)", list(AXE_RULES)
    )
    return [
        f"{violation['id']} ({violation['impact']}), {len(violation['nodes'])} times:"
        f" {violation['nodes'][0]['html'][:160]} {violation['nodes'][0]['failureSummary'][:200]}"
        for violation in violations
    ]


def find_text_outside_its_box(page: Page) -> list[str]:
    """Return visible texts that are wider than the box they stand in, or than the window."""
    return [str(finding) for finding in page.evaluate(TEXT_FINDINGS)["outside"]]


def find_text_over_text(page: Page) -> list[str]:
    """Return pairs of visible texts, neither inside the other, whose boxes intersect."""
    return [str(finding) for finding in page.evaluate(TEXT_FINDINGS)["over"]]


def assert_page_is_sound(page: Page) -> None:
    """Fail with everything that is wrong with the page as it stands, in light and in dark.

    The scheme is switched on the open page, as a person's system does it; texts lie the same in both.
    """
    findings = find_text_outside_its_box(page) + find_text_over_text(page)
    for scheme in SCHEMES:
        _switch_scheme(page, scheme)
        findings += [f"{scheme}: {finding}" for finding in find_axe_violations(page)]
    assert findings == [], "\n".join(findings)


def assert_above_the_fold(page: Page, *locators: Locator) -> None:
    """Fail unless every locator's element lies wholly in the window without scrolling."""
    size = page.viewport_size
    assert size is not None
    for locator in locators:
        expect(locator).to_be_visible(timeout=TIMEOUT_MS)
        box = locator.bounding_box()
        assert box is not None, f"{locator} has no box"
        assert box["y"] >= 0, f"{locator} begins above the window"
        assert box["y"] + box["height"] <= size["height"], f"{locator} ends at {box['y'] + box['height']:.0f} px"
        assert box["x"] + box["width"] <= size["width"], f"{locator} ends right of the window"


def _switch_scheme(page: Page, scheme: Scheme) -> None:
    page.emulate_media(color_scheme=scheme)
    app = page.get_by_test_id("stApp")
    if app.count():
        expect(app).to_have_css("color-scheme", scheme, timeout=TIMEOUT_MS)


@cache
def axe_script() -> Path:
    """Return axe-core's script, installed once into the user's cache with npm; skip the test without npm."""
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache_home / "flywheel-review" / f"axe-core-{AXE_VERSION}"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if script.exists():
        return script
    if shutil.which("npm") is None:
        machine.skip_or_fail("npm is not installed, and axe-core comes from it")
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder), f"axe-core@{AXE_VERSION}"],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return script
