"""The search box: what a text asks for, and which texts are refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.logs import QueryError
from core.logs.query import FieldCondition, Pattern, Term, parse_query
from core.logs.query_text import Field, replace_times
from core.logs.sqlite.conditions import Choice
from core.logs.sqlite.selection import match_expression
from core.logs.text import words


def required(text: str) -> list[Term]:
    return list(parse_query(text).required)


def term(*found: str, is_prefix: bool = False) -> Term:
    return Term(words=found, is_prefix=is_prefix)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("net income", [term("net"), term("income")]),
        ("  NET\tincome ", [term("net"), term("income")]),
        ('"net income" rose', [term("net", "income"), term("rose")]),
        ("brown-fox", [term("brown", "fox")]),
        ("inco*", [term("inco", is_prefix=True)]),
        ("new-inco*", [term("new", "inco", is_prefix=True)]),
        ('"inco*"', [term("inco")]),
        ("\u201cnet income\u201d", [term("net", "income")]),
        ("ＦＵＬＬ", [term("full")]),
        ("e\u0301té", [term("été")]),
        ("证券", [term("证", "券")]),
        ('a"b c" "x"y', [term("a", "b"), term("c"), term("x"), term("y")]),
        ("http://host.example/a 12:30", [term("http", "host", "example", "a"), term("12", "30")]),
        ('"model:x"', [term("model", "x")]),
        ("!!! +++ *", []),
        ("", []),
    ],
)
def test_words_phrases_and_prefixes(text: str, expected: list[Term]) -> None:
    assert required(text) == expected


def test_a_minus_excludes_words_phrases_and_prefixes() -> None:
    query = parse_query('net -tax -"after all" -inco* well-known')
    assert query.required == (term("net"), term("well", "known"))
    assert query.excluded == (term("tax"), term("after", "all"), term("inco", is_prefix=True))


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("-tax", 0, "only excludes"),
        ('-"x y" -b', 0, "only excludes"),
        ("good a*", 5, "too short"),
        ("good - bad", 5, "minus stands before nothing"),
        ("good -!!", 5, "minus stands before nothing"),
        ('good "net income', 5, "has no end"),
        ('-model:"x', 7, "has no end"),
        ('"', 0, "has no end"),
        ("good modl:x", 5, "did you mean 'model'"),
        ("good -prompt:x", 6, "there are model, finish, label"),
        ("model:", 6, "model: needs a value"),
        ('label:" "', 6, "label: needs a value"),
        ("label:*", 6, "label: needs a value"),
        ("has:tool", 4, "did you mean 'tools'"),
        ("after:yesterday", 6, "write a day such as after:2026-11-25"),
        ("x before:1969-12-31", 9, "not a time from 1970 to 2099"),
        ("-after:2026-11-25", 0, "use before:"),
        ("w " * 65, 128, "more than 64 words"),
        ("x" * 5000, None, "4,096 is the limit"),
    ],
)
def test_texts_that_cannot_be_searched_are_refused_with_a_sentence_and_the_place(
    text: str, position: int | None, said: str
) -> None:
    with pytest.raises(QueryError, match=re.escape(said)) as caught:
        parse_query(text)
    assert caught.value.field == "text"
    assert caught.value.position == position
    assert position is None or f"character {position + 1} of" in str(caught.value)


def test_fields_named_twice_may_have_either_value_and_times_narrow() -> None:
    query = parse_query('Model:a -model:b model:"c d" LABEL:e* after:2026-11-01 before:2026-11-02 before:2026-11-03')
    assert query.condition(Field.MODEL) == FieldCondition(
        field=Field.MODEL, any_of=(Pattern(text="a"), Pattern(text="c d")), none_of=(Pattern(text="b"),)
    )
    assert query.condition(Field.LABEL) == FieldCondition(
        field=Field.LABEL, any_of=(Pattern(text="e", is_prefix=True),)
    )
    assert query.condition(Field.CLIENT) is None
    day_ms = 86_400_000
    assert (query.since_ms, query.until_ms) == (1_793_491_200_000, 1_793_491_200_000 + day_ms)


def test_times_of_a_text_can_be_replaced() -> None:
    text = 'net "after: hours" after:2026-11-01 -tax before:"2026-11-02 10:00"'
    assert replace_times(text, after="2026-11-05", before=None) == 'net "after: hours" -tax after:2026-11-05'
    assert replace_times("", after="a", before="b") == "after:a before:b"


def test_words_are_runs_of_letters_and_digits() -> None:
    assert words("The QUICK brown_fox, jumps! 3.5%") == ["the", "quick", "brown", "fox", "jumps", "3", "5"]
    assert words("pre " + "Q" * 4000 + " post") == ["pre", "post"]
    assert words("\ud83d broken \ude00") == ["broken"]


@given(st.text())
def test_any_text_is_a_query_or_a_clear_error_and_never_engine_syntax(text: str) -> None:
    try:
        query = parse_query(text)
    except QueryError:
        return
    for part in (*query.required, *query.excluded):
        assert all(word.isalnum() or not word.isascii() for word in part.words)
    if query.required:
        assert match_expression(query, [Choice(column="workload", letter="w", numbers=(1,))]).count('"') == 2 * sum(
            len(part.words) for part in (*query.required, *query.excluded)
        )


@given(st.text())
def test_what_is_indexed_is_found_by_its_own_words(text: str) -> None:
    for word in words(text):
        assert words(word) == [word]


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_ascii_has_the_words_that_any_text_has(text: str) -> None:
    assert words(text) == re.findall(r"[^\W_]+", text.lower())
