"""The browser fixtures themselves: what page tests stand on."""

from playwright.sync_api import Page, expect

COUNTER = """<button onclick="this.textContent = Number(this.textContent) + 1">0</button>"""


def test_a_click_reaches_the_page(page: Page) -> None:
    page.set_content(COUNTER)
    page.get_by_role("button").click()
    expect(page.get_by_role("button")).to_have_text("1")


def test_each_test_starts_on_an_empty_page(page: Page) -> None:
    assert page.url == "about:blank"
    assert page.context.cookies() == []
