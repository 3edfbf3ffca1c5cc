"""Token overlap F1, by hand and against the counting definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.scoring import token_overlap_f1


@pytest.mark.parametrize(
    ("prediction", "reference", "expected"),
    [
        ("[[Earnings]]", "[[earnings]]", 1.0),
        ("the Cat, a hat!", "cat hat", 1.0),
        # 1 shared of 2 and 3 tokens: 2*1/5. The blueprint's own example of undue partial credit.
        ("price targets", "stock price movement", 0.4),
        # Multiset: one of the two "a b b" tokens is shared once only. Tokens of "b b" 2, of "b c c" 3, shared 1.
        ("b b", "b c c", 0.4),
        ("m&a | investments", "[[m&a | investments]]", 1.0),  # both are "ma investments"
        ("größe", "GRÖßE", 1.0),
        ("analyst another then", "nalyst nother n", 0.0),  # articles are dropped as words, not inside words
        ("cat", "dog", 0.0),
        ("", "", 1.0),
        ("the", "!?", 1.0),  # nothing is left on either side
        ("", "word", 0.0),
        ("word", "a", 0.0),
    ],
)
def test_token_overlap_by_hand(prediction: str, reference: str, expected: float) -> None:
    assert token_overlap_f1(prediction, reference) == pytest.approx(expected)


words = st.lists(st.sampled_from(["red", "green", "blue", "blau", "ß"]), min_size=1, max_size=8)


@given(words, words)
def test_overlap_is_the_harmonic_mean_of_precision_and_recall(prediction: list[str], reference: list[str]) -> None:
    remaining, shared = list(reference), 0
    for word in prediction:
        if word in remaining:
            remaining.remove(word)
            shared += 1
    precision, recall = shared / len(prediction), shared / len(reference)
    expected = 2 * precision * recall / (precision + recall) if shared else 0.0

    assert token_overlap_f1(" ".join(prediction), " ".join(reference)) == pytest.approx(expected)


@given(st.text(), st.text())
def test_overlap_of_any_texts_is_a_symmetric_share(left: str, right: str) -> None:
    score = token_overlap_f1(left, right)

    assert 0 <= score <= 1
    assert score == token_overlap_f1(right, left)
    assert token_overlap_f1(left, left) == 1
