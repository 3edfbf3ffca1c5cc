"""Reading tool calls from messages and comparing them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.scoring import ToolCall, read_tool_calls, tool_arguments_match, tool_name_matches


def message(*calls: tuple[str, object]) -> dict[str, object]:
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for i, (name, arguments) in enumerate(calls)
        ],
    }


def calls(*pairs: tuple[str, object]) -> tuple[ToolCall, ...]:
    return read_tool_calls(message(*pairs))


def test_arguments_are_read_from_text_and_from_objects_alike() -> None:
    from_text = calls(("play", '{"year": "1951", "sort": "top"}'))
    from_object = calls(("play", {"year": "1951", "sort": "top"}))

    assert from_text == from_object == (ToolCall(name="play", arguments={"year": "1951", "sort": "top"}),)


@pytest.mark.parametrize("arguments", ["{}", "", "  ", None, {}])
def test_missing_or_blank_arguments_mean_none_were_given(arguments: object) -> None:
    assert calls(("play", arguments)) == (ToolCall(name="play", arguments={}),)


@pytest.mark.parametrize("arguments", ["{not json", "[1]", '"text"', 5, ["a"], "[" * 100_000])
def test_arguments_that_are_no_object_stay_unreadable_and_match_nothing(arguments: object) -> None:
    broken = calls(("play", arguments))

    assert broken == (ToolCall(name="play", arguments=None),)
    assert tool_name_matches(broken, calls(("play", "{}")))
    assert not tool_arguments_match(broken, calls(("play", "{}")))
    assert not tool_arguments_match(broken, broken)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        {},
        {"tool_calls": None},
        {"tool_calls": []},
        {"tool_calls": {"function": {"name": "play"}}},
        {"tool_calls": ["play"]},
        {"tool_calls": [{"type": "function"}]},
        {"tool_calls": [{"function": {"name": ""}}]},
        {"tool_calls": [{"function": {"name": 7}}]},
    ],
)
def test_messages_without_a_named_call_have_none(broken: Any) -> None:
    assert read_tool_calls(broken) == ()


def test_order_of_calls_and_of_keys_does_not_matter() -> None:
    left = calls(("play", '{"a": 1, "b": {"c": [1, 2], "d": null}}'), ("stop", "{}"))
    right = calls(("stop", {}), ("play", {"b": {"d": None, "c": [1, 2]}, "a": 1}))

    assert tool_name_matches(left, right)
    assert tool_arguments_match(left, right)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ({"n": 5}, {"n": 5.0}, True),
        ({"n": [5.0]}, {"n": [5]}, True),
        ({"n": 5}, {"n": "5"}, False),
        ({"n": 1}, {"n": True}, False),
        ({"n": [1, 2]}, {"n": [2, 1]}, False),
        ({"n": "Paris"}, {"n": "paris"}, False),
        ({"n": None}, {}, False),
        ({"n": "é"}, {"n": "é"}, True),
    ],
)
def test_arguments_are_compared_as_json_values(left: Any, right: Any, same: bool) -> None:
    assert tool_arguments_match(calls(("play", left)), calls(("play", json.dumps(right)))) is same


def test_number_of_calls_counts() -> None:
    once, twice = calls(("play", "{}")), calls(("play", "{}"), ("play", "{}"))

    assert not tool_name_matches(once, twice)
    assert not tool_arguments_match(once, twice)
    assert not tool_name_matches(once, ())


def test_arguments_belong_to_their_call() -> None:
    left = calls(("play", {"x": 1}), ("stop", {"x": 2}))
    right = calls(("play", {"x": 2}), ("stop", {"x": 1}))

    assert tool_name_matches(left, right)
    assert not tool_arguments_match(left, right)


def test_call_is_shown_with_its_arguments_in_their_own_order() -> None:
    (call,) = calls(("play", '{"sort": "top", "artist": "Björk"}'))

    assert call.to_text() == 'play {"sort": "top", "artist": "Björk"}'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.dictionaries(st.text(), json_values)), min_size=1), st.data())
def test_any_calls_match_their_shuffled_copy_read_from_text(pairs: list[tuple[str, Any]], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(pairs))

    left, right = calls(*pairs), calls(*((name, json.dumps(arguments)) for name, arguments in shuffled))

    assert tool_arguments_match(left, right)
