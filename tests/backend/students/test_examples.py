"""Examples in a prompt: the blueprint's in-context format, arrow lines, earlier turns."""

import json

from core.backend.students.examples import find_arrow_lines, split_system
from core.backend.students.request_reading import read_request
from core.scoring import read_tool_calls
from tests.backend.students.workloads import INSTRUCTIONS, ask

PREAMBLE = (
    "You are a helpful assistant that can answer questions and help with tasks.\n"
    "Here are some examples of how you should respond to different types of requests:"
)


def show(text: str, answer: str) -> str:
    """Return one example in the blueprint's format."""
    return (
        "For example, if the conversation looks like this:\n"
        f"system: You sort customers' messages.\n\nuser: {INSTRUCTIONS.format(text=text)}\n\n"
        f"Then you'll respond with:\n{answer}"
    )


def in_context(*examples: str) -> dict[str, object]:
    """Return the request for a text with examples at the head of its system message."""
    request = ask("it never came")
    messages = request["messages"]
    assert isinstance(messages, list)
    messages[0]["content"] = "\n\n".join([PREAMBLE, *examples, "You sort customers' messages."])
    return request


def test_in_context_examples_are_read_with_their_texts_and_answers() -> None:
    request = in_context(show("wrong bill", "assistant: [[billing]]"), show("no parcel", "assistant: [[delivery]]"))

    read = read_request(request)

    assert [(example.text, example.message["content"]) for example in read.examples] == [
        ("wrong bill", "[[billing]]"),
        ("no parcel", "[[delivery]]"),
    ]


def test_examples_change_neither_the_text_nor_the_labels() -> None:
    with_examples, without = (
        read_request(in_context(show("no parcel", "assistant: [[delivery]]"))),
        read_request(ask("it never came")),
    )

    assert with_examples.text == without.text
    assert with_examples.labels == without.labels
    assert with_examples.default == without.default
    assert with_examples.wrapping == without.wrapping


def test_the_original_instructions_follow_the_last_example() -> None:
    system = "\n\n".join([PREAMBLE, show("a", "assistant: [[x]]"), "Original text.", "Its second paragraph."])

    assert split_system(system).instructions == "Original text.\n\nIts second paragraph."


def test_tool_calls_of_an_example_are_read_from_their_json() -> None:
    calls = [{"type": "function", "function": {"name": "track", "arguments": {"parcel": "A1\n\nB"}}}]
    answer = f"assistant: \nTool calls:\n{json.dumps(calls, indent=2)}"

    (example,) = split_system("\n\n".join([PREAMBLE, show("where is A1", answer), "Call a tool."])).examples

    (call,) = read_tool_calls(example.message)
    assert (example.text, call.name, call.arguments) == ("where is A1", "track", {"parcel": "A1\n\nB"})


def test_a_system_message_without_examples_stays_whole() -> None:
    assert split_system("Sort messages.\n\nBe brief.") == ((), "Sort messages.\n\nBe brief.")


def test_a_broken_example_is_left_out_and_the_others_are_read() -> None:
    broken = "For example, if the conversation looks like this:\nuser: hello"

    split = split_system("\n\n".join([PREAMBLE, broken, show("no parcel", "assistant: [[delivery]]"), "Sort."]))

    assert [example.text for example in split.examples] == ["no parcel"]
    assert split.instructions == "Sort."


def test_arrow_lines_are_examples_in_the_form_the_prompt_wants() -> None:
    request = ask("x")
    messages = request["messages"]
    assert isinstance(messages, list)
    messages[0]["content"] = "Examples:\n- Parcel is late -> [[Delivery]]\nForgot my code => [[Login]]\n"

    examples = read_request(request).examples

    assert [(example.text, example.message["content"]) for example in examples] == [
        ("Parcel is late", "[[Delivery]]"),
        ("Forgot my code", "[[Login]]"),
    ]


def test_an_arrow_within_a_sentence_is_read_to_the_end_of_its_line_only() -> None:
    assert find_arrow_lines("a -> b\nno arrow here\n") == (("a", "b"),)


def test_earlier_turns_are_examples() -> None:
    turns = [
        {"role": "user", "content": "no parcel"},
        {"role": "assistant", "content": "delivery"},
        {"role": "user", "content": "no code"},
    ]

    read = read_request({"messages": [{"role": "system", "content": "Sort."}, *turns]})

    assert read.text == "no code"
    assert [(example.text, example.message["content"]) for example in read.examples] == [("no parcel", "delivery")]
