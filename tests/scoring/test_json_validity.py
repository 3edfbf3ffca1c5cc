"""Strict JSON: what is refused, and where."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.scoring import is_valid_json, json_problem

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(value=json_values, ascii_only=st.booleans())
def test_whatever_a_json_writer_writes_is_valid(value: object, ascii_only: bool) -> None:
    assert is_valid_json(json.dumps(value, ensure_ascii=ascii_only, indent=1))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the answer is empty"),
        ("  \n", "the answer is empty"),
        ('{"a": 1', "not JSON at line 1, column 8: expecting ',' delimiter"),
        ("{'a': 1}", "not JSON at line 1, column 2"),
        ('{"a": 1}\n{"b": 2}', "not JSON at line 2, column 1: extra data"),
        ('Sure! {"a": 1}', "not JSON at line 1, column 1"),
        ('```json\n{"a": 1}\n```', "not JSON at line 1, column 1"),
        ('{"a": NaN}', "NaN is not JSON"),
        ("-Infinity", "-Infinity is not JSON"),
        ('{"a": {"b": 1, "b": 2}}', "the JSON names 'b' twice in one object"),
        ("[" * 100_000, "the JSON is nested too deeply"),
        ('"line\nbreak"', "not JSON at line 1, column 6: invalid control character"),
    ],
)
def test_what_a_strict_parser_refuses_is_no_json(text: str, problem: str) -> None:
    found = json_problem(text)

    assert found is not None
    assert problem in found
    assert not is_valid_json(text)


@pytest.mark.parametrize("text", ["{}", "[]", "null", "5", '"größe"', ' {"a": [1, 2.5e3, true]} '])
def test_any_single_value_is_json(text: str) -> None:
    assert json_problem(text) is None
