"""Hashed n-gram counts, against counting them one by one."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backend.students.ngrams import NgramPlan, count_ngrams

WORDS = NgramPlan(unit="word", shortest=1, longest=3, bits=24)
CHARACTERS = NgramPlan(unit="character", shortest=2, longest=5, bits=24)

texts = st.lists(st.text(alphabet="abc é1.$ \n", max_size=30), min_size=1, max_size=6)


def slow_words(text: str) -> Counter[object]:
    words = [
        "0" * min(len(word), 4) if word[0].isdigit() else word
        for word in re.findall(r"[^\W\d_]+|\d+(?:[.,]\d+)*|[$%@#&?!]", text.lower())
    ]
    return Counter(tuple(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1))


def slow_characters(text: str) -> Counter[object]:
    padded = f" {' '.join(text.lower().split())} "
    runs = (padded[i : i + n] for n in (2, 3, 4, 5) for i in range(len(padded) - n + 1))
    return Counter(run for run in runs if " " not in run[1:-1])


@given(texts)
@pytest.mark.parametrize(("plan", "slow"), [(WORDS, slow_words), (CHARACTERS, slow_characters)])
def test_counts_are_those_of_counting_one_by_one(
    plan: NgramPlan, slow: Callable[[str], Counter[object]], texts: list[str]
) -> None:
    counted = count_ngrams(texts, plan)

    for row, text in enumerate(texts):
        expected = sorted(slow(text).values())
        # Every n-gram has a bucket of its own in 2^24 buckets, collisions of so few aside.
        assert sorted(counted[[row]].data) == expected


@given(texts)
def test_a_text_has_the_same_counts_alone_and_among_others(texts: list[str]) -> None:
    together = count_ngrams(texts, CHARACTERS)

    for row, text in enumerate(texts):
        assert abs(together[[row]] - count_ngrams([text], CHARACTERS)).sum() == 0


def test_more_texts_than_one_chunk_come_out_in_order() -> None:
    texts = [f"word{'x' * (number % 7)}" for number in range(9_000)]

    counted = count_ngrams(texts, WORDS)

    assert counted.shape == (9_000, 1 << 24)
    assert abs(counted[[8_999]] - count_ngrams([texts[8_999]], WORDS)).sum() == 0


def test_buckets_are_the_same_on_every_machine() -> None:
    """A saved adapter means its buckets; a changed hash would turn it into noise. Values of the first release."""
    words = count_ngrams(["Rate cut"], NgramPlan(unit="word", shortest=1, longest=2, bits=15))
    characters = count_ngrams(["ab"], NgramPlan(unit="character", shortest=2, longest=3, bits=19))

    assert sorted(words.indices) == [10374, 17886, 30032]
    assert sorted(characters.indices) == [108848, 165553, 212245, 277387, 508701]


def test_links_and_amounts_count_as_one_word_each() -> None:
    first = count_ngrams(["see https://t.co/abc for $12.50"], WORDS)
    second = count_ngrams(["see http://example.org/x?y=1 for $99.75"], WORDS)

    assert abs(first - second).sum() == 0


@pytest.mark.parametrize("texts", [[], [""], ["", " \n "], ["\ud800 lone surrogate"]])
def test_texts_with_nothing_to_count_have_rows_of_their_own(texts: list[str]) -> None:
    for plan in (WORDS, CHARACTERS):
        assert count_ngrams(texts, plan).shape == (len(texts), plan.buckets)
