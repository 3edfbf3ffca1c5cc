"""Results of candidates made for a test: samples with so many right, wrong, unreadable and missing answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.evaluation import Candidate, CandidateSamples, EvaluationInputs, Outcome, Sample

STUDENT = "local/linear-large"
SET = "5e7" + "0" * 61
INPUTS = EvaluationInputs(
    evaluation_set=SET, scorer_version="1", prompt_template="plain", decoding={"temperature": 0, "max_tokens": 64}
)
LABELS = ("billing", "card_fraud", "delivery", "refund")


def candidate(variant: str = "customized", student: str = STUDENT) -> Candidate:
    return Candidate(student=student, variant=variant)


def sample(position: int, outcome: Outcome = Outcome.CORRECT, *, label: str | None = None, **values: Any) -> Sample:
    """A record that the teacher answers with `label`; a wrong answer names the next label."""
    expected = label if label is not None else LABELS[position % len(LABELS)]
    wrong = LABELS[(LABELS.index(expected) + 1) % len(LABELS)] if expected in LABELS else f"not {expected}"
    answer = {Outcome.CORRECT: expected, Outcome.WRONG: wrong}.get(outcome)
    made = {
        "answer_text": answer,
        "answer_key": answer,
        "answer_label": answer,
        "expected_text": expected,
        "expected_key": expected,
        "expected_label": expected,
        "token_overlap": 1.0 if outcome is Outcome.CORRECT else 0.0,
        **values,
    }
    return Sample(position=position, key=key_of(position), outcome=outcome, **made)


def key_of(position: int) -> str:
    return f"{position:064x}"


def samples(
    right: int,
    wrong: int = 0,
    *,
    invalid: int = 0,
    truncated: int = 0,
    errors: int = 0,
    missing: int = 0,
    **values: Any,
) -> list[Sample]:
    """So many records of each outcome, in this order of outcomes."""
    outcomes = [
        *[Outcome.CORRECT] * right,
        *[Outcome.WRONG] * wrong,
        *[Outcome.INVALID_FORMAT] * invalid,
        *[Outcome.TRUNCATED] * truncated,
        *[Outcome.ERROR] * errors,
        *[Outcome.MISSING] * missing,
    ]
    return [sample(position, outcome, **values) for position, outcome in enumerate(outcomes)]


def result(
    made: Sequence[Sample],
    variant: str = "customized",
    *,
    student: str = STUDENT,
    inputs: EvaluationInputs = INPUTS,
    run_id: str | None = None,
) -> CandidateSamples:
    return CandidateSamples(candidate=candidate(variant, student), samples=made, inputs=inputs, run_id=run_id)


def paired(both_right: int, newly_right: int, newly_wrong: int, both_wrong: int = 0) -> list[CandidateSamples]:
    """A base and a customized candidate with these counts of pairs."""
    rows = [
        *[(Outcome.CORRECT, Outcome.CORRECT)] * both_right,
        *[(Outcome.WRONG, Outcome.CORRECT)] * newly_right,
        *[(Outcome.CORRECT, Outcome.WRONG)] * newly_wrong,
        *[(Outcome.WRONG, Outcome.WRONG)] * both_wrong,
    ]
    return [
        result([sample(position, row[side]) for position, row in enumerate(rows)], variant)
        for side, variant in enumerate(("base", "customized"))
    ]


def gold_for(
    made: Sequence[Sample], *, both_right: int, newly_right: int, newly_wrong: int, both_wrong: int = 0
) -> Mapping[str, str]:
    """Gold such that candidate and teacher are right as counted; `made` needs enough right and wrong samples.

    Where both are right or both wrong, the samples used are those that agree with the teacher.
    """
    agreeing = [each for each in made if each.outcome is Outcome.CORRECT]
    differing = [each for each in made if each.outcome is Outcome.WRONG]
    assert len(agreeing) >= both_right + both_wrong
    assert len(differing) >= newly_right + newly_wrong
    gold = {each.key: each.expected_key or "" for each in agreeing[:both_right]}
    gold |= {each.key: "something else" for each in agreeing[both_right : both_right + both_wrong]}
    gold |= {each.key: each.answer_key or "" for each in differing[:newly_right]}
    gold |= {each.key: each.expected_key or "" for each in differing[newly_right : newly_right + newly_wrong]}
    return gold
