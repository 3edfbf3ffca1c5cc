"""Rebuild `rouge_l.json` with the package rouge-score, which exists as source only and is therefore not in the lock.

    pip install rouge-score==0.1.2      (into another environment than the project's)
    python tests/scoring/golden/build_rouge.py

Texts are drawn from a fixed seed; each case holds prediction, reference, and the precision, recall and F1 found.
"""

import json
import random
from importlib.metadata import version
from pathlib import Path

GOLDEN = Path(__file__).with_name("rouge_l.json")
TEXT = """the a refund card was not received I've 12,50 € größe zürich naïve 中文 don't re-order e-mail #42
Payment PAYMENT payment. declined; [[label]] {json} _under_score x"""
WORDS = TEXT.split()
EDGE_CASES = [
    ("", ""),
    ("", "a reference"),
    ("a prediction", ""),
    ("!!! ???", "..."),
    ("größe", "größe"),
    ("中文", "中文"),
    ("the same words", "the same words"),
    ("words same the", "the same words"),
    ("a a a a", "a"),
    ("a b c d e f", "f e d c b a"),
    ("Line one\nLine two\t3", "line two\r\n3"),
    ("İstanbul", "istanbul"),
    ("ﬁne 5 ² ①", "fine 5 2 1"),
]


def draw_cases() -> list[tuple[str, str]]:
    """Return 200 pairs of texts: some unrelated, some an edited copy."""
    rng = random.Random(20261121)
    cases = []
    for _ in range(200):
        reference = rng.choices(WORDS, k=rng.randint(1, 40))
        prediction = [word for word in reference if rng.random() < 0.8] if rng.random() < 0.7 else []
        prediction += rng.choices(WORDS, k=rng.randint(0, 10))
        if rng.random() < 0.3:
            rng.shuffle(prediction)
        cases.append((" ".join(prediction), " ".join(reference)))
    return cases


def main() -> None:
    """Score all cases and write them."""
    from rouge_score import rouge_scorer

    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    rows = []
    for prediction, reference in EDGE_CASES + draw_cases():
        score = scorer.score(reference, prediction)["rougeL"]
        rows.append([prediction, reference, score.precision, score.recall, score.fmeasure])
    text = {"source": f"rouge-score {version('rouge-score')}", "cases": rows}
    GOLDEN.write_text(json.dumps(text, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
