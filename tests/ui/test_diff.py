"""Word differences between answers."""

from hypothesis import given
from hypothesis import strategies as st

from app.ui.diff import MAX_WORDS, Change, Stretch, compare_words, render_diff

TEXTS = st.text(alphabet=st.sampled_from("abc \n\té<&"), max_size=60)


def side(stretches: tuple[Stretch, ...], *, without: Change) -> list[str]:
    """The words of one side, put together again."""
    return "".join(stretch.text for stretch in stretches if stretch.change is not without).split()


def test_a_changed_word_is_removed_and_added_between_words_that_stay() -> None:
    stretches = compare_words("Total is 40 euros.", "Total is 45 euros.")
    assert [(stretch.change, stretch.text.strip()) for stretch in stretches] == [
        (Change.SAME, "Total is"),
        (Change.REMOVED, "40"),
        (Change.ADDED, "45"),
        (Change.SAME, "euros."),
    ]


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_out_of_the_difference(old: str, new: str) -> None:
    stretches = compare_words(old, new)
    assert side(stretches, without=Change.ADDED) == old.split()
    assert side(stretches, without=Change.REMOVED) == new.split()


def test_equal_texts_have_no_change_and_empty_ones_no_stretch() -> None:
    assert [stretch.change for stretch in compare_words("same", "same")] == [Change.SAME]
    assert compare_words("", "") == ()


def test_markup_in_logged_text_is_shown_not_run() -> None:
    html = render_diff(compare_words("<img src=x onerror=alert(1)>", "<b>bold</b> & more"))
    assert "<img" not in html
    assert "&lt;img" in html
    assert "&lt;b&gt;bold&lt;/b&gt;" in html


def test_line_breaks_survive() -> None:
    html = render_diff(compare_words("a\nb", "a\nc"))
    assert html == '<div class="fw-text fw-diff">a\n<del>b</del>\n<ins>c</ins></div>'


def test_different_texts_are_replaced_as_a_whole() -> None:
    stretches = compare_words("energy | oil", "company | product news")
    assert [(stretch.change, stretch.text) for stretch in stretches] == [
        (Change.REMOVED, "energy | oil"),
        (Change.ADDED, "company | product news"),
    ]


def test_very_long_texts_are_not_compared_word_by_word() -> None:
    long = "word " * (MAX_WORDS + 1)
    assert [stretch.change for stretch in compare_words(long, "word")] == [Change.REMOVED, Change.ADDED]
