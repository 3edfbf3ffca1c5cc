"""One-line previews of requests shown together."""

from app.ui.previews import preview_each

TEMPLATE = (
    "You are a helpful assistant. Classify this headline:\n\n### START ###\n\n{}\n\n### END ###\n\nAnswer in brackets."
)


def test_what_all_requests_share_is_left_out() -> None:
    previews = preview_each([TEMPLATE.format("Shares of Acme rise 4 %"), TEMPLATE.format("Borealis cuts dividend")])
    assert previews == ("… Shares of Acme rise 4 %", "… Borealis cuts dividend")


def test_short_common_words_stay() -> None:
    assert preview_each(["Where is my card?", "Where is my order?"]) == ("Where is my card?", "Where is my order?")


def test_equal_or_single_requests_are_shown_from_their_beginning() -> None:
    assert preview_each(["one  line\nonly"]) == ("one line only",)
    assert preview_each(["same", "same"]) == ("same", "same")
    assert preview_each([]) == ()


def test_long_previews_end_with_an_ellipsis() -> None:
    (preview,) = preview_each(["word " * 100], max_chars=20)
    assert len(preview) <= 20
    assert preview.endswith("…")


def test_one_request_that_is_the_beginning_of_another_loses_nothing_of_the_other() -> None:
    shared = "a shared beginning that is long enough"
    assert preview_each([f"{shared} x", f"{shared} x and y"]) == ("… x", "… x and y")
