"""Tokens, their features, and the spans that a tagger decodes from them."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backend.students.span_tagger import decode_tags
from core.backend.students.token_features import TokenSequence, fit_token_features, hash_tokens
from core.backend.students.tokens import tokenize, tokens_between

TAGS = ["B-city", "B-time", "I-city", "I-time", "O"]
texts = st.lists(st.text(alphabet="abC 1.$'é-", max_size=15), min_size=1, max_size=5)


def sequence(text: str, tool: str = "book") -> TokenSequence:
    return TokenSequence(tokens=tokenize(text), tool=tool)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Buy 1,250.5 of $ABC!", ["Buy", "1,250.5", "of", "$", "ABC", "!"]),
        ("ORD-14 isn't_it", ["ORD", "-", "14", "isn", "'", "t", "_", "it"]),
        ("Zürich, 3pm", ["Zürich", ",", "3", "pm"]),
        (" \n", []),
    ],
)
def test_tokens_are_numbers_words_and_signs(text: str, expected: list[str]) -> None:
    assert [token.text for token in tokenize(text)] == expected


@given(texts)
def test_tokens_know_their_place_in_the_text(texts: list[str]) -> None:
    for text in texts:
        tokens = tokenize(text)
        assert all(text[token.start : token.end] == token.text for token in tokens)
        assert "".join(token.text for token in tokens) == "".join(text.split())


def test_only_tokens_wholly_between_two_places_count() -> None:
    assert tokens_between(tokenize("one two three"), 2, 13) == [1, 2]


@given(texts)
def test_a_token_has_the_same_features_alone_and_among_other_sequences(texts: list[str]) -> None:
    together = hash_tokens([sequence(text) for text in texts], bits=18)

    alone = [hash_tokens([sequence(text)], bits=18) for text in texts]
    assert np.array_equal(together, np.concatenate(alone))


def test_features_tell_the_word_its_neighbours_and_the_tool() -> None:
    def row(text: str, place: int, tool: str = "book") -> set[int]:
        return set(hash_tokens([sequence(text, tool)], bits=30)[place].tolist())

    same = row("fly to Rome", 2) & row("go to Rome", 2)
    assert len(row("fly to Rome", 2)) > len(same) > len(row("fly to Rome", 2) & row("fly to Oslo", 2))
    assert row("fly to Rome", 2) != row("fly to rome", 2)  # the form of the word counts
    assert row("fly to Rome", 2, "book") != row("fly to Rome", 2, "weather")


def test_rows_of_known_tokens_come_again_and_unknown_ones_are_sparse() -> None:
    sequences = [sequence("fly to Rome"), sequence("fly to Oslo")]
    fitted = fit_token_features(sequences, bits=18)

    assert abs(fitted.features.rows_of(sequences) - fitted.rows).sum() == 0
    assert fitted.rows.shape[0] == 6
    assert fitted.features.rows_of([sequence("über")]).nnz < fitted.rows[[0]].nnz


def brute_force(scores: np.ndarray) -> float:
    """Return the score of the best well-formed sequence, by trying all."""

    def is_well_formed(tags: tuple[int, ...]) -> bool:
        names = ["O", *(TAGS[tag] for tag in tags)]
        return all(not tag.startswith("I-") or before[2:] == tag[2:] for before, tag in itertools.pairwise(names))

    sequences = itertools.product(range(len(TAGS)), repeat=len(scores))
    return max(
        sum(float(scores[place, tag]) for place, tag in enumerate(tags)) for tags in sequences if is_well_formed(tags)
    )


@given(st.integers(min_value=1, max_value=4), st.integers(min_value=0, max_value=10_000))
def test_decoded_tags_are_the_best_well_formed_sequence(length: int, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(length, len(TAGS))).astype(np.float32)

    tags = decode_tags(scores, TAGS)

    found = sum(float(scores[place, TAGS.index(tag)]) for place, tag in enumerate(tags))
    assert found == pytest.approx(brute_force(scores), abs=1e-4)


def test_no_tokens_have_no_tags() -> None:
    assert decode_tags(np.zeros((0, len(TAGS)), np.float32), TAGS) == []
