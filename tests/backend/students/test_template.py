"""What stays the same in the prompts of a workload."""

from hypothesis import given
from hypothesis import strategies as st

from core.backend.students.template import detect_template
from tests.backend.students.workloads import ask, make_rows


def user(text: str) -> list[dict[str, object]]:
    return [{"role": "user", "content": text}]


def test_only_what_varies_in_the_prompt_is_read() -> None:
    conversations = [row["messages"] for row in make_rows(30)]
    template = detect_template(conversations)  # type: ignore[arg-type]  # rows are JSON

    assert template.text_of(ask("where is my parcel")["messages"]) == "where is my parcel"  # type: ignore[arg-type]


def test_words_are_not_cut_where_all_texts_begin_or_end_alike() -> None:
    template = detect_template([user(f"Text: re{word}ed\nLabel:") for word in ("fund", "ject", "port", "call")])

    assert template.text_of(user("Text: refunded\nLabel:")) == "refunded"


def test_a_few_odd_prompts_do_not_spoil_the_template() -> None:
    regular = [user(f"Classify this: {word} please\nAnswer:") for word in ("one two", "three", "four", "five") * 10]

    template = detect_template([*regular, user("ping"), user("zzz")])

    assert template.text_of(user("Classify this: six please\nAnswer:")) == "six"


def test_a_prompt_that_does_not_fit_is_read_by_its_marks() -> None:
    template = detect_template([row["messages"] for row in make_rows(30)])  # type: ignore[misc]  # rows are JSON

    assert template.text_of(user('Judge: """my card was charged"""')) == "my card was charged"


def test_one_single_prompt_is_not_swallowed_by_its_own_template() -> None:
    """Of one prompt everything is common; what is left of it is its last word."""
    template = detect_template([user("Headline: Rates rise again")] * 3)

    assert template.text_of(user("Headline: Rates rise sharply")) in {"sharply", "Headline: Rates rise sharply"}


@given(st.permutations([f"Say what: {word} now" for word in ("a b", "b", "c d e", "f", "g", "h i")]))
def test_the_order_of_the_prompts_does_not_matter(prompts: list[str]) -> None:
    template = detect_template([user(prompt) for prompt in prompts])

    assert (template.prefix, template.suffix) == ("Say what: ", " now")
