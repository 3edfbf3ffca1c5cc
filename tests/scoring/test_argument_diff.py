"""The argument-level diff of tool calls, and its agreement with the comparison that scores them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.scoring import Change, ToolCall, calls_of_key, diff_tool_calls, tool_arguments_match
from core.scoring.tool_calls import tool_calls_key


def call(tool: str, /, **arguments: Any) -> ToolCall:
    return ToolCall(name=tool, arguments=arguments)


def changes_of(expected: list[ToolCall], predicted: list[ToolCall]) -> list[tuple[str, Change, list[tuple[Any, ...]]]]:
    return [
        (
            change.name,
            change.change,
            [(a.path, a.change, a.expected, a.predicted) for a in change.arguments if a.change is not Change.SAME],
        )
        for change in diff_tool_calls(expected, predicted)
    ]


def test_each_argument_says_what_became_of_it() -> None:
    expected = call("PlayMusic", artist="Björk", year=1997, sort="popular")
    predicted = call("PlayMusic", artist="björk", year=1997.0, service="spotify")

    assert changes_of([expected], [predicted]) == [
        (
            "PlayMusic",
            Change.CHANGED,
            [
                ("artist", Change.CHANGED, '"Björk"', '"björk"'),
                ("sort", Change.MISSING, '"popular"', None),
                ("service", Change.EXTRA, None, '"spotify"'),
            ],
        )
    ]


def test_nested_values_are_compared_leaf_by_leaf() -> None:
    expected = call("search", filter={"tags": ["a", "b"], "since": {}}, limit=5)
    predicted = call("search", filter={"tags": ["a", "c", "d"], "since": {}}, limit="5")

    assert changes_of([expected], [predicted]) == [
        (
            "search",
            Change.CHANGED,
            [
                ("filter.tags[1]", Change.CHANGED, '"b"', '"c"'),
                ("limit", Change.CHANGED, "5", '"5"'),
                ("filter.tags[2]", Change.EXTRA, None, '"d"'),
            ],
        )
    ]


def test_wrong_tool_is_a_missing_and_an_extra_call() -> None:
    assert changes_of([call("BookRestaurant", people=2)], [call("RateBook", rating=4)]) == [
        ("BookRestaurant", Change.MISSING, [("people", Change.MISSING, "2", None)]),
        ("RateBook", Change.EXTRA, [("rating", Change.EXTRA, None, "4")]),
    ]


def test_calls_of_one_tool_are_paired_by_likeness_in_any_order() -> None:
    expected = [call("f", a=1, b=1), call("f", a=1, b=2)]
    predicted = [call("f", a=1, b=2), call("f", a=1, b=3)]

    assert changes_of(expected, predicted) == [
        ("f", Change.CHANGED, [("b", Change.CHANGED, "1", "3")]),
        ("f", Change.SAME, []),
    ]


def test_unreadable_arguments_match_nothing() -> None:
    unreadable = ToolCall(name="f", arguments=None)

    assert changes_of([call("f", a=1)], [unreadable]) == [
        ("f", Change.CHANGED, [("a", Change.MISSING, "1", None), ("", Change.CHANGED, None, None)])
    ]
    assert [change.change for change in diff_tool_calls([unreadable], [unreadable])] == [Change.CHANGED]


def test_names_with_dots_are_not_paths() -> None:
    dotted, nested = ToolCall(name="f", arguments={"a.b": 1}), call("f", a={"b": 1})

    assert changes_of([dotted], [nested]) == [
        ("f", Change.CHANGED, [('["a.b"]', Change.MISSING, "1", None), ("a.b", Change.EXTRA, None, "1")])
    ]


def test_no_calls_differ_in_nothing() -> None:
    assert diff_tool_calls([], []) == ()


values = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, 2.5, "", "1", "x.y"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["", "a", "a.b", "b[0]"]), inner, max_size=2)
    ),
    max_leaves=4,
)
tool_calls = st.builds(
    ToolCall,
    name=st.sampled_from(["f", "g"]),
    arguments=st.none() | st.dictionaries(st.sampled_from(["", "a", "b", "a.b", "b[0]"]), values, max_size=3),
)


@given(expected=st.lists(tool_calls, max_size=3), predicted=st.lists(tool_calls, max_size=3))
def test_nothing_differs_exactly_when_the_calls_match(expected: list[ToolCall], predicted: list[ToolCall]) -> None:
    changes = diff_tool_calls(expected, predicted)

    assert all(change.change is Change.SAME for change in changes) == tool_arguments_match(expected, predicted)
    assert sum(change.change is not Change.EXTRA for change in changes) == len(expected)
    assert sum(change.change is not Change.MISSING for change in changes) == len(predicted)


@given(calls=st.lists(tool_calls.filter(lambda made: made.arguments is not None), max_size=3))
def test_calls_read_from_their_key_match_those_it_was_made_of(calls: list[ToolCall]) -> None:
    read = calls_of_key(tool_calls_key(calls))

    assert read is not None
    assert tool_arguments_match(calls, read)


@pytest.mark.parametrize("key", [None, "", "positive", "[1]", '["x"]', "{}x", '["[1, 2, 3]"]'])
def test_key_of_another_kind_of_answer_holds_no_calls(key: str | None) -> None:
    assert calls_of_key(key) is None
