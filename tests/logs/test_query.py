"""The search box: what a text asks for, and which texts are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.logs import QueryError
from core.logs.query import Term, parse_query
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
        ('"net income', [term("net", "income")]),
        ("brown-fox", [term("brown", "fox")]),
        ("inco*", [term("inco", is_prefix=True)]),
        ("new-inco*", [term("new", "inco", is_prefix=True)]),
        ('"inco*"', [term("inco")]),
        ("\u201cnet income\u201d", [term("net", "income")]),
        ("ＦＵＬＬ", [term("full")]),
        ("e\u0301té", [term("été")]),
        ("证券", [term("证", "券")]),
        ("prompt:x", [term("prompt", "x")]),
        ("!!! --- *", []),
        ("", []),
    ],
)
def test_words_phrases_and_prefixes(text: str, expected: list[Term]) -> None:
    assert required(text) == expected


def test_a_minus_excludes_words_phrases_and_prefixes() -> None:
    query = parse_query('net -tax -"after all" -inco* well-known')
    assert query.required == (term("net"), term("well", "known"))
    assert query.excluded == (term("tax"), term("after", "all"), term("inco", is_prefix=True))


@pytest.mark.parametrize("text", ["-tax", "-a -b", '-"x y"', "a*", "good a*", "x" * 5000, "w " * 65])
def test_texts_that_cannot_be_searched_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert caught.value.field == "text"
    assert str(caught.value)


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
        assert match_expression(query, [1]).count('"') == 2 * sum(
            len(part.words) for part in (*query.required, *query.excluded)
        )


@given(st.text())
def test_what_is_indexed_is_found_by_its_own_words(text: str) -> None:
    for word in words(text):
        assert words(word) == [word]
