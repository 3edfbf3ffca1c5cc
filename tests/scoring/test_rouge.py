"""ROUGE-L against rouge-score: the values stored by `golden/build_rouge.py`, and the package itself where it is."""

import importlib.util
import json
import random
from pathlib import Path

import pytest

from core.scoring import rouge_l
from tests.scoring.golden.build_rouge import EDGE_CASES, draw_cases

GOLDEN = json.loads(Path(__file__).with_name("golden").joinpath("rouge_l.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("prediction", "reference", "precision", "recall", "f1"), GOLDEN["cases"])
def test_score_equals_that_of_rouge_score(
    prediction: str, reference: str, precision: float, recall: float, f1: float
) -> None:
    score = rouge_l(prediction, reference)

    assert (score.precision, score.recall, score.f1) == pytest.approx((precision, recall, f1), abs=1e-12)


def test_golden_values_are_those_of_the_cases_in_the_script() -> None:
    assert GOLDEN["source"] == "rouge-score 0.1.2"
    assert [(case[0], case[1]) for case in GOLDEN["cases"]] == EDGE_CASES + draw_cases()
    assert len(GOLDEN["cases"]) >= 200


@pytest.mark.skipif(
    importlib.util.find_spec("rouge_score") is None, reason="rouge-score is not installed (source only)"
)
def test_fresh_random_cases_equal_rouge_score_where_it_is_installed() -> None:
    from rouge_score import rouge_scorer

    scorer, rng = rouge_scorer.RougeScorer(["rougeL"]), random.Random()
    for _ in range(200):
        prediction, reference = (" ".join(rng.choices(("a", "b", "c", "d", "größe", "1"), k=9)) for _ in range(2))
        assert rouge_l(prediction, reference).f1 == pytest.approx(
            scorer.score(reference, prediction)["rougeL"].fmeasure
        )


def test_order_of_words_matters() -> None:
    # "police kill the gunman": Lin 2004, section 3.1, gives 3/4 and 2/4 against "police killed the gunman".
    assert rouge_l("police kill the gunman", "police killed the gunman").f1 == pytest.approx(3 / 4)
    assert rouge_l("the gunman kill police", "police killed the gunman").f1 == pytest.approx(2 / 4)
