"""What candidates scored: samples judged record by record, metrics, stored results and their hashes."""

from core.evaluation.metrics import Metrics, measure
from core.evaluation.results import (
    EvaluationResult,
    StoredEvaluation,
    evaluate_outputs,
    get_evaluation,
    hash_results,
    list_evaluations,
    load_samples,
    parse_candidate,
    store_evaluation,
)
from core.evaluation.samples import Candidate, ExpectedAnswer, Outcome, Sample, judge_outputs, read_evaluation_set

__all__ = [
    "Candidate",
    "EvaluationResult",
    "ExpectedAnswer",
    "Metrics",
    "Outcome",
    "Sample",
    "StoredEvaluation",
    "evaluate_outputs",
    "get_evaluation",
    "hash_results",
    "judge_outputs",
    "list_evaluations",
    "load_samples",
    "measure",
    "parse_candidate",
    "read_evaluation_set",
    "store_evaluation",
]
