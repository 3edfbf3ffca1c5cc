"""Templates from outside: what they may do, what they may not, and what is said when they do not fit."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backend.errors import TemplateProblem
from core.backend.templates import LONGEST_OUTPUT, check_template, find_templates, render, render_json

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
MESSAGES = [{"role": "user", "content": "a <b> & 'c' \"d\" {{ x }} é\n"}]


def test_the_blueprints_templates_give_back_what_the_record_holds() -> None:
    item = {"request": {"messages": MESSAGES}, "response": {"choices": [{"message": {"content": " [[x]] "}}]}}
    assert render_json("{{ item.request.messages | tojson }}", {"item": item}) == MESSAGES
    assert render("{{ item.response.choices[0].message.content | trim }}", {"item": item}) == "[[x]]"


@given(value=JSON_VALUES)
def test_tojson_and_reading_it_is_the_identity(value: object) -> None:
    assert render_json("{{ item.value | tojson }}", {"item": {"value": value}}) == value


@given(value=JSON_VALUES)
def test_texts_in_a_list_of_messages_are_filled_and_not_filled_again(value: object) -> None:
    text = json.dumps(value)
    filled = render_json([{"role": "user", "content": "{{ item.text }}"}], {"item": {"text": text + "{{ 1 }}"}})
    assert filled == [{"role": "user", "content": text + "{{ 1 }}"}]


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ item.__class__ }}",
        "{{ item.pop('a') }}",
        "{{ item.update({'a': 1}) }}",
        "{{ items }}",
        "{{ item.nothing }}",
        "{{ item.nothing | tojson }}",
        "{{ 'x' | center(1000000000) }}",
        "{{ '%0999999999d' | format(1) }}",
        "{{ ['x'] | join | indent(1000000000) }}",
        "{% set box = namespace(s='x') %}",
        "{{ lipsum(100000) }}",
        "{{ cycler }}",
        "{{ range(1000000) | list }}",
        "{{ 1 // 0 }}",
        "{% include 'x' %}",
        "{% import 'os' as os %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ],
)
def test_what_a_template_may_not_do_is_a_problem_of_the_template(source: str) -> None:
    item = {"a": [1]}
    with pytest.raises(TemplateProblem):
        render(source, {"item": item})
    assert item == {"a": [1]}


@pytest.mark.parametrize("source", ["{{ 'x' * 10 }}", "{{ 10 ** 2 }}", "{{ '%d' % 1 }}", "{{ item.n * item.n }}"])
def test_operators_that_make_gigabytes_are_refused_at_any_size(source: str) -> None:
    with pytest.raises(TemplateProblem, match=r"the operators \*, \*\* and % are not allowed in templates"):
        render(source, {"item": {"n": 2}})


def test_an_output_without_end_is_cut_off() -> None:
    with pytest.raises(TemplateProblem, match=f"longer than {LONGEST_OUTPUT:,} characters"):
        render("{% for i in range(100000) %}{{ item.text }}{% endfor %}", {"item": {"text": "x" * 1000}})


@pytest.mark.parametrize("source", ["{{ item", "{% if %}", "{{ item | nosuchfilter }}", "{% endfor %}"])
def test_a_template_that_cannot_be_read_is_found_before_any_record(source: str) -> None:
    assert str(check_template(source)).startswith("not a valid template")
    assert check_template("{{ item.a | trim }}") is None


def test_a_template_that_gives_no_json_is_named() -> None:
    with pytest.raises(TemplateProblem, match=r"'\{\{ item\.a \}\}' does not give JSON"):
        render_json("{{ item.a }}", {"item": {"a": "[1,"}})


def test_every_text_of_a_value_is_found() -> None:
    assert find_templates({"a": ["x", {"b": "y"}], "c": 1, "d": None}) == ["x", "y"]
