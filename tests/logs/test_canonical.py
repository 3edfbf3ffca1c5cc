"""Canonical JSON equals RFC 8785 where that is defined, and is defined where RFC 8785 is not."""

import json
import math
from typing import Any, cast

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from core.logs import canonical_hash, canonical_json, canonical_request_key
from core.logs.canonical import record_hashes
from core.logs.json_text import dump_json, load_json

EXACT = 2**53 - 1
texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = (
    st.none() | st.booleans() | texts | st.integers(-EXACT, EXACT) | st.floats(allow_nan=False, allow_infinity=False)
)
anything = st.none() | st.booleans() | st.text() | st.integers() | st.floats(allow_nan=False)


def json_values(leaves: st.SearchStrategy[Any], keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20)


@given(json_values(scalars, texts))
def test_the_bytes_are_those_of_rfc_8785(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


# The examples of RFC 8785, section 3.2.2 and 3.2.3.
def test_the_examples_of_the_standard() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical_json(value).decode() == expected
    keys = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(canonical_json(keys)).values()) == [2, 4, 6, 7, 1, 5, 3]


@given(json_values(anything, st.text()))
def test_every_json_value_has_canonical_bytes_that_do_not_depend_on_key_order(value: Any) -> None:
    reordered = json.loads(json.dumps(value), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert canonical_json(value) == canonical_json(reordered)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**53, b'"9007199254740992"'),
        (-(2**70), b'"-1180591620717411303424"'),
        (math.nan, b'"NaN"'),
        (math.inf, b'"Infinity"'),
        (-math.inf, b'"-Infinity"'),
        (1.0, b"1"),
        (-0.0, b"0"),
        (1e16, b"10000000000000000"),
        ("\ud83d", b'"\\\\ud83d"'),
    ],
)
def test_numbers_beyond_the_standard_become_text(value: object, expected: bytes) -> None:
    assert canonical_json({"value": value}) == b'{"value":' + expected + b"}"
    assert canonical_json([value]) == b"[" + expected + b"]"


def test_what_is_nested_too_deep_is_refused() -> None:
    value: Any = 1.5
    for _ in range(100):
        value = [value]
    assert canonical_json(value) == rfc8785.dumps(value)
    for deep in ([value], {"a": value}, {"é": value}, [{"a": 1.0}, [[[value]]]]):
        with pytest.raises(ValueError, match="deeper than 100 levels"):
            canonical_json(deep)


def test_equal_values_written_differently_have_one_hash() -> None:
    assert canonical_hash({"a": 1.0, "b": [2]}) == canonical_hash({"b": [2.0], "a": 1})
    assert canonical_hash({"a": 1}) != canonical_hash({"a": "1"})


requests = st.fixed_dictionaries(
    {
        "messages": st.just([{"role": "user", "content": "hi"}]) | st.builds(lambda a: request(a)["messages"], texts),
        "temperature": st.floats(allow_nan=False) | st.sampled_from([0.0, 1.0, -0.0, 1e16]),
        "extra": json_values(anything, st.text()),
    }
)


@given(requests, json_values(anything, st.text()))
def test_the_fast_way_to_both_hashes_agrees_with_each(sent: dict[str, Any], extra: Any) -> None:
    body = {"request": sent, "extra": extra}
    before = repr(body)
    assert record_hashes(body, sent) == (canonical_hash(body), canonical_request_key(sent))
    assert repr(body) == before


def request(arguments: object) -> dict[str, Any]:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    return {
        "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None, "tool_calls": [call]}]
    }


def test_a_request_keeps_its_key_whether_arguments_are_text_or_object() -> None:
    assert canonical_request_key(request('{"b": 1, "a": [1.0]}')) == canonical_request_key(request({"a": [1], "b": 1}))
    assert canonical_request_key(request('{"b": 1}')) != canonical_request_key(request('{"b": 2}'))


@pytest.mark.parametrize(
    "arguments", ["", "{", "[1]", "3", None, 5, [1], "\ud83d", "[" * 100_000, '{"a":' * 60 + "1" + "}" * 60]
)
def test_arguments_that_are_no_object_stay_as_they_are(arguments: object) -> None:
    value = request(arguments)
    before = dump_json(value)
    assert canonical_request_key(value) == canonical_hash(value)
    assert dump_json(value) == before


@pytest.mark.parametrize("messages", [None, 5, [], [None], [{"tool_calls": None}], [{"tool_calls": [None, {}]}]])
def test_any_request_has_a_key(messages: object) -> None:
    assert len(canonical_request_key({"messages": messages})) == 64


@given(json_values(anything, st.text()))
def test_writing_and_reading_json_gives_the_value_back(value: Any) -> None:
    assert load_json(dump_json(value)) == value
    assert load_json(json.dumps(value).encode()) == value


def test_numbers_keep_every_digit() -> None:
    text = b"[12345678901234567890123, 18446744073709551616, -9223372036854775809, 0.1, 1e400, NaN]"
    values = cast("list[float]", load_json(text))
    assert values[:-1] == [12345678901234567890123, 2**64, -(2**63) - 1, 0.1, math.inf]
    assert math.isnan(values[-1])
    assert dump_json(values) == b"[12345678901234567890123,18446744073709551616,-9223372036854775809,0.1,Infinity,NaN]"
    assert dump_json([None, -math.inf]) == b"[null,-Infinity]"
