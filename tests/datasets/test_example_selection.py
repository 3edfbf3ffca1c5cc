"""Which training rows become examples: uniformly over classes, or by likeness with room for other tools."""

import random

import pytest

from core.datasets.example_selection import (
    SPARE,
    order_by_likeness,
    order_by_likeness_and_tool,
    order_uniformly,
)
from core.datasets.similarity import EmbeddingSimilarity, Match, NgramSimilarity

HEADLINES = [
    "Oil prices rise again",
    "Bank cuts interest rates",
    "Chip maker misses estimates",
    "Rates cut by the bank",
]


class LetterEmbedder:
    """Vectors of letter counts, remembering what it was told."""

    name = "letters"

    def __init__(self) -> None:
        self.purposes: list[str] = []

    def embed(self, texts: list[str], *, purpose: str) -> list[list[float]]:
        self.purposes.append(purpose)
        return [[float(text.lower().count(letter)) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]


def similarities() -> list[NgramSimilarity | EmbeddingSimilarity]:
    return [NgramSimilarity(), EmbeddingSimilarity(LetterEmbedder())]  # type: ignore[arg-type]  # lists are sequences


@pytest.mark.parametrize("similarity", similarities(), ids=lambda each: type(each).__name__)
def test_most_similar_text_comes_first_with_its_cosine(similarity: NgramSimilarity | EmbeddingSimilarity) -> None:
    ((first, second), (same,)) = (
        similarity.rank(["the bank cut its interest rates"], HEADLINES, count=2)[0],
        similarity.rank([HEADLINES[2]], HEADLINES, count=1)[0],
    )

    assert {first.position, second.position} == {1, 3}
    assert first.score >= second.score > 0
    assert (same.position, round(same.score, 4)) == (2, 1)


@pytest.mark.parametrize("similarity", similarities(), ids=lambda each: type(each).__name__)
def test_ranking_without_queries_candidates_or_letters_is_no_error(
    similarity: NgramSimilarity | EmbeddingSimilarity,
) -> None:
    assert similarity.rank([], HEADLINES, count=2) == []
    assert similarity.rank(["a"], [], count=2) == [[]]
    assert [match.position for match in similarity.rank(["hello"], ["", " ", "."], count=2)[0]] == [0, 1]
    assert [match.position for match in similarity.rank([""], HEADLINES, count=2)[0]] == [0, 1]


def test_equal_candidates_keep_their_order() -> None:
    assert [match.position for match in NgramSimilarity().rank(["one"], ["two", "one", "one"], count=3)[0]] == [1, 2, 0]


def test_queries_and_documents_are_embedded_as_what_they_are() -> None:
    # The reference embeds everything as queries.
    embedder = LetterEmbedder()

    EmbeddingSimilarity(embedder).rank(["a"], ["b"], count=1)  # type: ignore[arg-type]

    assert embedder.purposes == ["passage", "query"]


def test_uniform_examples_show_each_class_in_turn() -> None:
    labels = ["a"] * 50 + ["b"] * 5 + ["c"] * 5

    order = order_uniformly(labels, count=6, rng=random.Random(0))

    assert len(order) == 6 * SPARE
    for start in (0, 3, 6):
        assert {labels[position] for position in order[start : start + 3]} == {"a", "b", "c"}
    assert len(set(order)) == len(order)


def test_uniform_examples_are_drawn_at_random_not_by_place_or_length() -> None:
    labels = ["a"] * 1000

    orders = [order_uniformly(labels, count=3, rng=random.Random(seed))[:3] for seed in range(200)]

    chosen = [position for order in orders for position in order]
    assert 400 < sum(chosen) / len(chosen) < 600
    assert order_uniformly(labels, count=3, rng=random.Random(7))[:3] == orders[7]


def test_with_fewer_examples_than_classes_chance_decides_which_are_shown() -> None:
    # The reference shows nothing of tools beyond the number of examples, always the same ones.
    labels = [f"class {number:02}" for number in range(20) for _ in range(4)]

    shown = {
        labels[position]
        for seed in range(100)
        for position in order_uniformly(labels, count=3, rng=random.Random(seed))[:3]
    }

    assert len(shown) == 20


def test_class_with_few_rows_leaves_its_turn_to_the_others() -> None:
    order = order_uniformly(["a", "b", "b", "b"], count=4, rng=random.Random(1))

    assert sorted(order) == [0, 1, 2, 3]


def test_similar_rows_of_other_tools_fill_what_likeness_alone_leaves() -> None:
    labels = ["play", "play", "play", "stop", "stop", "find"]
    matches = [Match(position, 1 - position / 10) for position in range(6)]

    order = order_by_likeness_and_tool(matches, labels, count=3, relevance_ratio=0.7)

    assert order == [0, 1, 3, 5, 2, 4]
    assert order_by_likeness(matches) == [0, 1, 2, 3, 4, 5]


def test_one_example_is_the_most_similar_one_whatever_the_ratio() -> None:
    matches = [Match(1, 0.9), Match(0, 0.8)]

    assert order_by_likeness_and_tool(matches, ["a", "b"], count=1, relevance_ratio=0.0)[0] == 1
