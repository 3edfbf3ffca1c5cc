"""Reading answers: every kind, its edges, and the labels of log records."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.scoring import AnswerFormat, AnswerFormatError, AnswerKind, fold_answer, label_of, read_answer

BRACKETS = AnswerFormat(kind=AnswerKind.DOUBLE_BRACKETS)
INTENT = AnswerFormat(kind=AnswerKind.JSON_FIELD, field="intent")
WHOLE = AnswerFormat(kind=AnswerKind.WHOLE_TEXT)
TOOLS = AnswerFormat(kind=AnswerKind.TOOL_CALL)


def says(content: object) -> dict[str, object]:
    return {"role": "assistant", "content": content}


def calls(name: str, arguments: object = "{}") -> dict[str, object]:
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"type": "function", "function": {"name": name, "arguments": arguments}}],
    }


def response(message: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "message": message}]}


@pytest.mark.parametrize(
    ("content", "text", "key"),
    [
        ("[[m&a | investments]]", "m&a | investments", "m&a | investments"),
        ("[[[Analyst Rating]]]", "Analyst Rating", "analyst rating"),
        ("I think [[ Earnings ]] fits best.", "Earnings", "earnings"),
        ("[[first]] or [[second]]", "first", "first"),
        ("[[open\n[[closed]]", "closed", "closed"),
        ("[[General  News]]", "General  News", "general news"),
        ("[[STRASSE]]", "STRASSE", "strasse"),
        ("[[Straße]]", "Straße", "strasse"),
        ("[[e\u0301lan]]", "e\u0301lan", "\u00e9lan"),
        ("[[x [1]]]", "x [1", "x [1"),
        ([{"type": "text", "text": "[[ipo]]"}], "ipo", "ipo"),
    ],
)
def test_double_brackets_are_read_with_their_case_and_compared_without(content: object, text: str, key: str) -> None:
    answer = read_answer(says(content), BRACKETS)

    assert (answer.text, answer.key, answer.label, answer.problem) == (text, key, key, None)


@pytest.mark.parametrize("content", ["earnings", "[earnings]", "[[]]", "[[  ]]", "[[multi\nline]]", "[[open", "]]x[["])
def test_text_without_a_bracketed_label_is_unreadable(content: object) -> None:
    answer = read_answer(says(content), BRACKETS)

    assert answer.key is None
    assert answer.problem == "the answer has no [[...]] on one line"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ('{"intent": "reverted_card_payment?"}', "reverted_card_payment?"),
        ('{"intent": "Refund_not_showing_up"}', "refund_not_showing_up"),
        (' \n{"intent":" card_arrival ","why":"x"} ', "card_arrival"),
        ('```json\n{"intent": "card_arrival"}\n```', "card_arrival"),
        ('```\n{"intent": "card_arrival"}```', "card_arrival"),
        ('{"intent": 5}', "5"),
        ('{"intent": true}', "true"),
        ('{"intent": "ünï"}', "ünï"),
    ],
)
def test_json_field_is_read(content: object, key: str) -> None:
    assert read_answer(says(content), INTENT).key == key


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("card_arrival", "the answer is not a JSON object"),
        ('Here: {"intent": "card_arrival"}', "the answer is not a JSON object"),
        ('["card_arrival"]', "the answer is not a JSON object"),
        ('{"intent": "card_arrival"', "the answer is not a JSON object"),
        ('{"a":' * 100_000, "the answer is not a JSON object"),
        ('{"Intent": "card_arrival"}', "the JSON answer has no field 'intent'"),
        ('{"intent": null}', "field 'intent' of the JSON answer is empty or not a plain value"),
        ('{"intent": " "}', "field 'intent' of the JSON answer is empty or not a plain value"),
        ('{"intent": ["card_arrival"]}', "field 'intent' of the JSON answer is empty or not a plain value"),
    ],
)
def test_unreadable_json_says_why(content: object, problem: str) -> None:
    answer = read_answer(says(content), INTENT)

    assert (answer.text, answer.key, answer.problem) == (None, None, problem)


def test_whole_text_keeps_case_and_lines_for_display() -> None:
    answer = read_answer(says(" A kid friendly\ncoffee shop. "), WHOLE)

    assert (answer.text, answer.key) == ("A kid friendly\ncoffee shop.", "a kid friendly coffee shop.")


@pytest.mark.parametrize("answer_format", [BRACKETS, INTENT, WHOLE])
@pytest.mark.parametrize("content", [None, "", " \n", 7, [], [{"type": "image_url"}]])
def test_message_without_text_is_an_empty_answer(answer_format: AnswerFormat, content: object) -> None:
    assert read_answer(says(content), answer_format).problem == "the answer is empty"


@pytest.mark.parametrize("answer_format", [BRACKETS, INTENT, WHOLE, TOOLS])
def test_missing_message_is_no_answer(answer_format: AnswerFormat) -> None:
    assert read_answer(None, answer_format).problem == "there is no answer"


def test_case_counts_when_the_format_says_so() -> None:
    exact = AnswerFormat(kind=AnswerKind.WHOLE_TEXT, fold_case=False)

    assert read_answer(says("US"), exact).key != read_answer(says("us"), exact).key
    assert read_answer(says("US"), WHOLE).key == read_answer(says("us"), WHOLE).key


def test_tool_call_is_labelled_by_its_name_and_compared_with_its_arguments() -> None:
    answer = read_answer(calls("play_music", '{"year": "1951"}'), TOOLS)
    other = read_answer(calls("play_music", {"year": "1952"}), TOOLS)

    assert (answer.text, answer.label) == ('play_music {"year": "1951"}', "play_music")
    assert answer.tool is not None
    assert answer.tool.arguments == {"year": "1951"}
    assert other.label == answer.label
    assert other.key != answer.key


def test_tool_call_with_unreadable_arguments_still_names_its_tool() -> None:
    answer = read_answer(calls("play_music", "{broken"), TOOLS)

    assert (answer.key, answer.label) == (None, "play_music")
    assert answer.problem == "the arguments of a tool call are not a JSON object"


def test_text_where_a_tool_call_is_expected_is_unreadable() -> None:
    assert read_answer(says("play_music"), TOOLS).problem == "the answer calls no tool"


@pytest.mark.parametrize(
    ("message", "label"),
    [
        (says("[[M&A | Investments]]"), "m&a | investments"),
        (says('{"intent": "Refund_not_showing_up"}'), "refund_not_showing_up"),
        (says('{"intent": "reverted_card_payment?"}'), "reverted_card_payment?"),
        (says("Yes"), "yes"),
        (says("x" * 64), "x" * 64),
        (says("x" * 65), None),
        (says("[[" + "x" * 65 + "]]"), None),
        (says('{"a": "1", "b": "2"}'), '{"a": "1", "b": "2"}'),
        (says('{"a": 1}'), '{"a": 1}'),
        (says(""), None),
        (says(None), None),
        (calls("PlayMusic"), "PlayMusic"),
    ],
)
def test_label_of_a_log_record(message: Any, label: str | None) -> None:
    assert label_of(response(message)) == label


@pytest.mark.parametrize(
    "broken", [None, {}, {"choices": []}, {"choices": {}}, {"choices": [None]}, {"choices": [{"message": "x"}]}]
)
def test_response_without_a_message_has_no_label(broken: Any) -> None:
    assert label_of(broken) is None


@pytest.mark.parametrize(
    "answer_format", [BRACKETS, INTENT, WHOLE, TOOLS, AnswerFormat(kind=AnswerKind.WHOLE_TEXT, fold_case=False)]
)
def test_format_survives_the_manifest(answer_format: AnswerFormat) -> None:
    assert AnswerFormat.from_dict(answer_format.to_dict()) == answer_format


@pytest.mark.parametrize(
    ("value", "field", "message"),
    [
        ({"kind": "double_bracket"}, "kind", "did you mean 'double_brackets'"),
        ({}, "kind", "None is no kind of answer"),
        ({"kind": "json_field"}, "field", "needs the name of its field"),
        ({"kind": "whole_text", "field": "x"}, "field", "has no field"),
        ({"kind": "json_field", "field": 3}, "field", "must be a text"),
        ({"kind": "whole_text", "fold_case": "no"}, "fold_case", "must be true or false"),
        ({"kind": "whole_text", "version": 2}, "version", "version 2 is unknown"),
    ],
)
def test_unusable_format_is_refused_with_the_field_named(value: dict[str, object], field: str, message: str) -> None:
    with pytest.raises(AnswerFormatError, match=message) as caught:
        AnswerFormat.from_dict(value)

    assert caught.value.field == field


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold_answer(fold_answer(text)) == fold_answer(text)


@given(st.text(alphabet=st.characters(exclude_characters="[]\n", exclude_categories=["Cs"])).filter(str.strip))
def test_any_label_in_brackets_comes_back(label: str) -> None:
    answer = read_answer(says(f"The answer: [[{label}]]."), BRACKETS)

    assert answer.text == label.strip()
