"""The page checks themselves: each finds what it is for, and nothing on a sound page."""

import pytest
from playwright.sync_api import Page

from tests.browser import checks

SOUND = (
    "<html lang=en><title>t</title><main><h1>Runs</h1><p>Nothing wrong here, though this is a long line of text.</p>"
)


def test_a_sound_page_has_no_findings(page: Page) -> None:
    page.set_content(SOUND)
    checks.assert_page_is_sound(page)


@pytest.mark.parametrize(
    "html",
    [
        "<div style='width:60px;white-space:nowrap'>wider than its box</div>",
        "<div style='width:60px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis'>cut off with dots</div>",
        "<div style='width:60px'><span style='white-space:nowrap'>inline in a narrow block</span></div>",
    ],
)
def test_text_that_leaves_its_box_is_found(page: Page, html: str) -> None:
    page.set_content(SOUND + html)
    assert checks.find_text_outside_its_box(page)
    with pytest.raises(AssertionError):
        checks.assert_page_is_sound(page)


def test_text_over_text_is_found(page: Page) -> None:
    page.set_content(
        SOUND + "<p style='position:absolute;top:200px'>one</p><p style='position:absolute;top:203px'>two</p>"
    )
    assert checks.find_text_over_text(page)


def test_hidden_text_does_not_count(page: Page) -> None:
    hidden = "<p style='position:absolute;top:200px;display:none'>one</p><p style='position:absolute;top:203px'>two</p>"
    page.set_content(SOUND + hidden)
    assert checks.find_text_over_text(page) == []


def test_text_that_a_box_scrolls_out_of_sight_does_not_count(page: Page) -> None:
    scrolled = "<div style='height:40px;overflow-y:auto' tabindex=0><p>first</p><p>second</p></div>"
    page.set_content(SOUND + scrolled + "<p style='margin-top:-10px'>below</p>")
    assert checks.find_text_over_text(page) == []


def test_poor_contrast_is_found(page: Page) -> None:
    page.set_content(SOUND + "<p style='color:#bbb;background:#fff'>pale</p>")
    assert any("color-contrast" in finding for finding in checks.find_axe_violations(page))


def test_what_ends_below_the_window_is_not_above_the_fold(page: Page) -> None:
    page.set_content(SOUND + "<p style='margin-top:2000px'>deep</p>")
    checks.assert_above_the_fold(page, page.get_by_role("heading"))
    with pytest.raises(AssertionError, match="ends at"):
        checks.assert_above_the_fold(page, page.get_by_text("deep"))
