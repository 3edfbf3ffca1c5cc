"""Label scores against scikit-learn 1.9, the other implementation of the same definitions."""

import random
from collections.abc import Callable

import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

from core.scoring import ScoringError, accuracy, confusion, macro_f1, per_class, weighted_f1

ALPHABET = ("earnings", "m&a | investments", "reverted_card_payment?", "größe", "中文", "ipo", "", "a b")
NOT_EXPECTED = "a label that no record expects"
UNREADABLE = "\0 stands for None on scikit-learn's side"


def random_case(seed: int) -> tuple[list[str], list[str | None]]:
    rng = random.Random(seed)
    labels = rng.sample(ALPHABET, rng.randint(1, len(ALPHABET)))
    size = rng.randint(1, 60)
    expected = rng.choices(labels, weights=[rng.random() + 0.01 for _ in labels], k=size)
    skill = rng.random()
    wrong = [*labels, NOT_EXPECTED, None]
    predicted = [label if rng.random() < skill else rng.choice(wrong) for label in expected]
    return expected, predicted


def for_sklearn(predicted: list[str | None]) -> list[str]:
    return [UNREADABLE if label is None else label for label in predicted]


EDGE_CASES: list[tuple[list[str], list[str | None]]] = [
    (["a"], ["a"]),
    (["a"], [None]),
    (["a", "b"], ["b", "a"]),
    (["a", "a", "b"], [None, None, None]),
    (["a", "b"], ["a", NOT_EXPECTED]),
    (["a", "b"], [NOT_EXPECTED, NOT_EXPECTED]),
    (["größe", "GRÖSSE"], ["GRÖSSE", "GRÖSSE"]),
    (["", "x"], ["x", ""]),
]
CASES: list[tuple[list[str], list[str | None]]] = [random_case(seed) for seed in range(200)] + EDGE_CASES


@pytest.mark.parametrize(("expected", "predicted"), CASES)
def test_accuracy_and_f1_means_equal_sklearn(expected: list[str], predicted: list[str | None]) -> None:
    labels, theirs = sorted(set(expected)), for_sklearn(predicted)

    ours = (accuracy(expected, predicted), macro_f1(expected, predicted), weighted_f1(expected, predicted))

    assert ours == pytest.approx(
        (
            accuracy_score(expected, theirs),
            f1_score(expected, theirs, labels=labels, average="macro", zero_division=0),
            f1_score(expected, theirs, labels=labels, average="weighted", zero_division=0),
        ),
        abs=1e-12,
    )


@pytest.mark.parametrize(("expected", "predicted"), CASES[::4] + EDGE_CASES)
def test_every_class_equals_sklearn(expected: list[str], predicted: list[str | None]) -> None:
    labels = sorted(set(expected))
    columns = precision_recall_fscore_support(expected, for_sklearn(predicted), labels=labels, zero_division=0)

    scores = per_class(expected, predicted)

    assert [score.label for score in scores] == labels
    for score, precision, recall, f1, support in zip(scores, *columns, strict=True):
        assert (score.precision, score.recall, score.f1) == pytest.approx((precision, recall, f1), abs=1e-12)
        assert score.support == support
        assert score.predicted == predicted.count(score.label)


@pytest.mark.filterwarnings("ignore:A single label was found")  # scikit-learn overlooks the labels it was given
@pytest.mark.parametrize(("expected", "predicted"), CASES[::4] + EDGE_CASES)
def test_confusion_equals_sklearn_and_accounts_for_every_record(
    expected: list[str], predicted: list[str | None]
) -> None:
    labels = sorted(set(expected))

    matrix = confusion(expected, predicted)

    assert matrix.labels == tuple(labels)
    assert [list(row) for row in matrix.counts] == confusion_matrix(
        expected, for_sklearn(predicted), labels=labels
    ).tolist()
    assert sum(matrix.unreadable) == predicted.count(None)
    assert sum(matrix.foreign) == sum(label is not None and label not in labels for label in predicted)


def test_unreadable_prediction_costs_recall_but_no_precision() -> None:
    # Two of class a, one answered, one unreadable: precision 1/1, recall 1/2, F1 2*1/(2+1).
    (score,) = per_class(["a", "a"], ["a", None])

    assert (score.precision, score.recall) == (1.0, 0.5)
    assert score.f1 == pytest.approx(2 / 3)


@pytest.mark.parametrize("score", [accuracy, macro_f1, weighted_f1, per_class, confusion])
def test_no_records_have_no_score(score: Callable[..., object]) -> None:
    with pytest.raises(ScoringError, match="no records to score"):
        score([], [])


@pytest.mark.parametrize("score", [accuracy, macro_f1, weighted_f1, per_class, confusion])
def test_sides_of_different_length_are_refused(score: Callable[..., object]) -> None:
    with pytest.raises(ScoringError, match="2 expected labels but 1 predicted"):
        score(["a", "b"], ["a"])
