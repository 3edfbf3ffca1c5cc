"""The fixed frame of a templated workload is found and taken off."""

import random

from core.datasets.frames import Frame, conversation_text, detect_frame, last_user_text
from tests.datasets.logged import asked

TEXTS = [f"headline {number} of {number * 7}" for number in range(40)]
INSTRUCTIONS = "You are a classifier.\nLabels:\n- a\n- b"


def test_lines_that_most_texts_share_are_the_frame() -> None:
    framed = [f"{INSTRUCTIONS}\n\n{text}\n\nAnswer now." for text in TEXTS]

    frame = detect_frame(framed)

    assert [frame.strip(text) for text in framed] == [text.removeprefix("headline ") for text in TEXTS]


def test_beginning_and_end_inside_a_line_are_the_frame() -> None:
    framed = [f"Classify {text!r} as a or b." for text in TEXTS]

    frame = detect_frame(framed)

    assert frame.prefix == "Classify 'headline "
    assert frame.suffix == " as a or b."


def test_two_templates_in_one_workload_are_both_taken_off() -> None:
    framed = [f"{'Old' if number % 3 else 'New'} instructions.\n{text}" for number, text in enumerate(TEXTS)]

    frame = detect_frame(framed)

    assert frame.lines == {"Old instructions.", "New instructions."}


def test_a_few_odd_texts_do_not_spoil_the_frame() -> None:
    framed = [f"Classify: {text}" for text in [*TEXTS, *TEXTS]]
    framed[7] = "Something else"

    assert detect_frame(framed).prefix == "Classify: headline "


def test_order_of_texts_does_not_matter() -> None:
    framed = [f"{INSTRUCTIONS}\n{text}" for text in TEXTS]

    assert detect_frame(framed) == detect_frame(random.Random(0).sample(framed, len(framed)))


def test_few_texts_and_texts_with_nothing_in_common_have_no_frame() -> None:
    assert detect_frame(["Classify: a", "Classify: b"]) == Frame()
    assert detect_frame([f"{number}" for number in range(100, 140)]) == Frame()


def test_conversation_holds_all_texts_and_calls_and_the_last_user_text_one() -> None:
    request = asked("hello")
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    messages = [*request["messages"], {"role": "assistant", "content": None, "tool_calls": calls}]  # type: ignore[misc]

    text = conversation_text({"messages": messages})

    assert text.startswith("Classify.\nhello\n")
    assert '"name": "f"' in text
    assert last_user_text({"messages": messages}) == "hello"
    assert last_user_text({"messages": []}) == ""
