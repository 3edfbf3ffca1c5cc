"""What a reviewer does on the Review page, and what the page then reads as; for tests on made and on real runs."""

from playwright.sync_api import Locator, Page, expect

from tests.browser import checks

TABS = ("Quality", "Errors", "Cost and latency", "Records", "History")


def decide_on(page: Page, button: str, question: str, confirm: str, *, reason: str) -> None:
    """Open the dialog, give the reason and confirm with many quick clicks."""
    page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(question).fill(reason)
    checks.click_repeatedly(dialog.get_by_role("button", name=confirm))
    expect(dialog).to_have_count(0)
    checks.settle(page)


def approve(page: Page, *, reason: str) -> None:
    """Approve the candidate on show."""
    decide_on(page, "Approve…", "Why is this acceptable?", "Approve promotion", reason=reason)


def read_must_see_list(page: Page, total: int) -> None:
    """Open the first record of the list on show and step through all of them; the reader stays open."""
    page.get_by_role("table", name="Records: Must see").get_by_role("link").first.click()
    for number in range(1, total + 1):
        expect(page.get_by_role("dialog").get_by_role("status")).to_have_text(f"{number} of {total}")
        checks.settle(page)
        page.keyboard.press("ArrowRight")


def shown(element: Locator) -> str:
    """What a reader sees, with plain blanks."""
    return plain(element.inner_text())


def plain(text: str) -> str:
    """Return a text with plain blanks."""
    return text.replace("\N{NO-BREAK SPACE}", " ")
