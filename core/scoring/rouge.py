"""ROUGE-L of two texts: how much of their words stands in both in the same order.

Source: Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", section 3, sentence level. Values equal
those of the package `rouge-score` 0.1.2 without stemmer, whose words are runs of a-z and 0-9 after lower-casing:
letters beyond ASCII separate words, so a text without any ASCII letter or digit scores 0.
"""

import re
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class RougeScore:
    """The longest common subsequence of words as a share: of the prediction, of the reference, and their F1."""

    precision: float
    recall: float
    f1: float


def rouge_l(prediction: str, reference: str) -> RougeScore:
    """Return ROUGE-L of `prediction` against `reference`, each part from 0 to 1; all 0 when a side has no words."""
    predicted, expected = _WORD.findall(prediction.lower()), _WORD.findall(reference.lower())
    common = LCSseq.similarity(predicted, expected)
    if common == 0:
        return RougeScore(precision=0.0, recall=0.0, f1=0.0)
    precision, recall = common / len(predicted), common / len(expected)
    return RougeScore(precision=precision, recall=recall, f1=2 * precision * recall / (precision + recall))
