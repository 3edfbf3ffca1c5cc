"""What a student reads from a request: the text, the labels, the label in doubt, the form of the answer."""

import pytest

from core.backend.students.input_text import find_input_text
from core.backend.students.label_list import Label, find_default, find_labels
from core.backend.students.request_reading import offered_functions, read_request
from core.backend.students.wrapping import find_wrapping
from tests.backend.students.workloads import ask


def names(prompt: str) -> list[str]:
    return [label.name for label in find_labels(prompt)]


def test_a_prompt_of_the_blueprints_kind_is_read_completely() -> None:
    read = read_request(ask("my parcel never arrived"))

    assert read.text == "my parcel never arrived"
    assert [label.name for label in read.labels] == ["Billing", "Delivery", "Login", "Other"]
    assert read.labels[1].description == "Parcels, couriers and tracking."
    assert read.default == Label(name="Other", description="Anything else.")
    assert read.wrapping.wrap("Login") == "[[Login]]"
    assert read.examples == ()
    assert read.tools == ()


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("- [Fed | Central Banks]: Rates\n- [IPO]: Listings\n", ["Fed | Central Banks", "IPO"]),
        ("Intents:\n1. card_arrival\n2. reverted?\n3. Refund_shown\n", ["card_arrival", "reverted?", "Refund_shown"]),
        ("* spam: unwanted mail\n* ham: wanted mail\n* other\n", ["spam", "ham", "other"]),
        ("Categories: sports, politics or weather. Answer briefly.", ["sports", "politics", "weather"]),
        ('Choose one of the following: "yes", "no"', ["yes", "no"]),
        ("Classify it as positive, negative or neutral.", ["positive", "negative", "neutral"]),
        ("- [A]: first\n- [a]: again\n- [B]: second\n", ["A", "B"]),
        ("Write a poem about the sea.", []),
        ("- only one item\n- and another\n", []),
    ],
)
def test_labels_are_found_in_each_way_of_listing_them(prompt: str, expected: list[str]) -> None:
    assert names(prompt) == expected


def test_a_description_goes_on_in_indented_lines() -> None:
    labels = find_labels("- [Earnings]: Results of a quarter\n    or of a year.\n- [IPO]: Listings.\n")

    assert labels[0].description == "Results of a quarter or of a year."


def test_rules_that_mention_a_label_are_no_items_of_the_list() -> None:
    prompt = (
        "- [News]: Company news.\n- [Other]: The rest.\n\nRules:\n  - [Other] is the default category when in doubt\n"
    )

    assert find_labels(prompt)[1] == Label(name="Other", description="The rest.")


@pytest.mark.parametrize(
    "sentence",
    [
        "[Other] is the default category when in doubt",
        "The default category is OTHER.",
        "other is the default label",
        'If none of them fits, answer "other".',
        "When in doubt, use [Other].",
        "Use 'other' if nothing matches.",
    ],
)
def test_the_label_in_doubt_is_found_in_each_way_of_saying_it(sentence: str) -> None:
    labels = find_labels("- [News]: Company news.\n- [Other]: The rest.\n")

    default = find_default(f"Sort the text.\n{sentence}\n", labels)

    assert default is not None
    assert default.name == "Other"


def test_a_default_that_is_no_label_is_ignored() -> None:
    assert find_default("When in doubt, use common sense.", (Label(name="a"), Label(name="b"))) is None


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ('Answer with JSON only: {"intent": "<one of the intents>"}', '{"intent": "x"}'),
        ('Reply as { "topic" : "..." }', '{"topic": "x"}'),
        ("give it inside double square brackets, like [[class]]", "[[x]]"),
        ("Put the label in double brackets.", "[[x]]"),
        ("Answer with the label.", "x"),
    ],
)
def test_the_answer_takes_the_form_that_the_prompt_shows(prompt: str, expected: str) -> None:
    assert find_wrapping(prompt).wrap("x") == expected


def test_a_label_with_quotes_stays_valid_json() -> None:
    assert find_wrapping('{"a": "<b>"}').wrap('say "é"') == '{"a": "say \\"é\\""}'


@pytest.mark.parametrize(
    "message",
    [
        "Read:\n### START HEADLINE ###\n\nthe text\n\n### END HEADLINE ###\nAnswer.",
        'Customer message:\n"""\nthe text\n"""',
        "Rate this:\n```\nthe text\n```\nThanks",
        "<<< the text >>> Label?",
        "<review>the text</review> Label?",
        'First """an example""" then judge """the text"""',
        "Headline: the text\nCategory:",
        "the text",
        "Long instructions. " * 40 + "\n\nthe text",
    ],
)
def test_the_text_to_judge_is_found_by_its_marks(message: str) -> None:
    assert find_input_text(message, has_instructions=False).text == "the text"


def test_with_instructions_elsewhere_a_cue_in_the_middle_is_part_of_the_text() -> None:
    message = "Title: my order\n\nI ordered " + "shoes and " * 20

    assert find_input_text(message, has_instructions=True).text == message.strip()


def test_content_in_parts_is_read_like_text() -> None:
    request = ask("late parcel")
    messages = request["messages"]
    assert isinstance(messages, list)
    messages[1]["content"] = [{"type": "text", "text": messages[1]["content"]}, {"type": "image_url", "image_url": {}}]

    assert read_request(request).text == "late parcel"


@pytest.mark.parametrize(
    "request_body",
    [{}, {"messages": None}, {"messages": ["hello"]}, {"messages": [{"role": "system", "content": "Be kind."}]}],
)
def test_a_request_without_a_user_message_has_an_empty_text(request_body: dict[str, object]) -> None:
    assert read_request(request_body).text == ""


def test_tools_are_offered_unless_the_choice_is_none() -> None:
    tool = {"type": "function", "function": {"name": "get_quote"}}

    assert offered_functions({"tools": [tool, "nonsense", {"function": {}}]}) == ({"name": "get_quote"},)
    assert offered_functions({"tools": [tool], "tool_choice": "none"}) == ()
