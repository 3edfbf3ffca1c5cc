"""Token overlap of two texts: what NeMo's evaluator calls `f1`. It is not the F1 of a classification.

Follows the evaluation script of SQuAD (Rajpurkar et al. 2016, arXiv:1606.05250, section 6.1): lower-case, drop ASCII
punctuation, drop the articles, split at white space, compare as multisets of tokens.
"""

import re
import string
from collections import Counter

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_DROP_PUNCTUATION = str.maketrans("", "", string.punctuation)


def token_overlap_f1(prediction: str, reference: str) -> float:
    """Return the token F1 of `prediction` against `reference`, from 0 to 1.

    When one side has no tokens left after normalisation, the score is 1 if the other has none either, else 0.
    """
    predicted = Counter(overlap_tokens(prediction))
    expected = Counter(overlap_tokens(reference))
    if not predicted or not expected:
        return float(predicted == expected)
    shared = (predicted & expected).total()
    return 2 * shared / (predicted.total() + expected.total())


def overlap_tokens(text: str) -> list[str]:
    """Return the tokens that are compared, in order, after SQuAD's normalisation."""
    without_punctuation = text.lower().translate(_DROP_PUNCTUATION)
    return _ARTICLES.sub(" ", without_punctuation).split()
