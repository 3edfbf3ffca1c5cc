"""What a candidate scored, computed from its samples alone. Pure.

Every number is over all records of the evaluation set: a missing, failed, truncated or unreadable output counts as
wrong. The service's own aggregate scores are kept beside these, never mixed with them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.evaluation.samples import Outcome, Sample
from core.scoring import macro_f1, weighted_f1


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """Scores of one candidate, each from 0 to 1 over `n` records; None where it does not apply or was not reported.

    `accuracy` is the share of answers equal to the teacher's. The F1 scores are those of the labels (the tool's name
    for tool calls); `token_overlap_f1` is what NeMo calls `f1`: the mean token overlap of the whole texts. `rouge_l` is
    the mean F1 of ROUGE-L; `json_validity` the share of valid JSON among the records that expect JSON.
    """

    n: int
    correct: int
    accuracy: float
    macro_f1: float | None
    weighted_f1: float | None
    token_overlap_f1: float | None
    tool_name_accuracy: float | None
    tool_arguments_accuracy: float | None
    invalid_format: int
    truncated: int
    errors: int
    missing: int
    prompt_tokens: int | None
    completion_tokens: int | None
    mean_latency_ms: float | None
    rouge_l: float | None = None
    json_validity: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as plain JSON values."""
        return asdict(self)


def measure(samples: Sequence[Sample], *, has_labels: bool) -> Metrics:
    """Return the scores of a candidate; `has_labels` is False for free text, where classes mean nothing."""
    n = len(samples)
    outcomes = Counter(sample.outcome for sample in samples)
    labelled = [(s.expected_label, s.answer_label) for s in samples if s.expected_label is not None]
    expected, predicted = [pair[0] for pair in labelled], [pair[1] for pair in labelled]
    with_classes = has_labels and bool(labelled)
    return Metrics(
        n=n,
        correct=outcomes[Outcome.CORRECT],
        accuracy=outcomes[Outcome.CORRECT] / n if n else 0.0,
        macro_f1=macro_f1(expected, predicted) if with_classes else None,
        weighted_f1=weighted_f1(expected, predicted) if with_classes else None,
        token_overlap_f1=_mean_over_all([s.token_overlap for s in samples]),
        tool_name_accuracy=_mean_over_all([s.tool_name_correct for s in samples]),
        tool_arguments_accuracy=_mean_over_all([s.tool_arguments_correct for s in samples]),
        invalid_format=outcomes[Outcome.INVALID_FORMAT],
        truncated=outcomes[Outcome.TRUNCATED],
        errors=outcomes[Outcome.ERROR],
        missing=outcomes[Outcome.MISSING],
        prompt_tokens=_total([s.prompt_tokens for s in samples]),
        completion_tokens=_total([s.completion_tokens for s in samples]),
        mean_latency_ms=_mean_of_known([s.latency_ms for s in samples]),
        rouge_l=_mean_over_all([s.rouge_l for s in samples]),
        json_validity=_mean_of_known([s.json_valid for s in samples]),
    )


def _mean_over_all(values: Sequence[float | bool | None]) -> float | None:
    """A record without a value scored nothing; None when no record has one."""
    if not values or all(value is None for value in values):
        return None
    return sum(float(value or 0) for value in values) / len(values)


def _total(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _mean_of_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
