"""An evaluation's result: computed when the evaluation ends, stored with its samples, read by every page.

A result carries a hash over everything a decision rests on, so that a later change is noticed.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import rfc8785
from sqlalchemy import insert
from sqlmodel import Session, col, delete, select

from core.errors import NotFoundError
from core.evaluation.metrics import Metrics, measure
from core.evaluation.samples import Candidate, ExpectedAnswer, Outcome, Sample, judge_outputs
from core.evaluation.tables import EvaluationRow, SampleRow
from core.nemo import RemoteSample
from core.scoring import SCORER_VERSION, AnswerFormat
from core.statistics import Interval, wilson_interval

SAMPLE_FIELDS = tuple(Sample.__dataclass_fields__)
HASHED_FIELDS = (
    "position",
    "key",
    "outcome",
    "output_text",
    "output_tool",
    "answer_key",
    "expected_key",
    "finish_reason",
    "error",
)


@dataclass(frozen=True, kw_only=True)
class EvaluationResult:
    """What an evaluation measured, before it is stored."""

    candidate: Candidate
    evaluation_set: str
    answer_format: AnswerFormat
    samples: tuple[Sample, ...]
    metrics: Metrics
    results_hash: str


@dataclass(frozen=True, kw_only=True)
class StoredEvaluation:
    """A candidate's result as read from the state. `agreement` is Wilson's interval of `metrics.accuracy`."""

    run_id: str
    candidate: Candidate
    model: str
    remote_id: str
    evaluation_set: str
    scorer_version: str
    answer_format: AnswerFormat
    decoding: Mapping[str, Any]
    metrics: Metrics
    agreement: Interval | None
    service_scores: Mapping[str, float]
    results_hash: str
    finished_at: datetime


def evaluate_outputs(
    expected: Sequence[ExpectedAnswer],
    outputs: Iterable[RemoteSample],
    *,
    candidate: Candidate,
    answer_format: AnswerFormat,
    has_labels: bool,
    evaluation_set: str,
) -> EvaluationResult:
    """Judge every record and measure the candidate; `evaluation_set` is the SHA-256 of the file judged on."""
    samples = judge_outputs(expected, outputs, answer_format)
    return EvaluationResult(
        candidate=candidate,
        evaluation_set=evaluation_set,
        answer_format=answer_format,
        samples=samples,
        metrics=measure(samples, has_labels=has_labels),
        results_hash=hash_results(samples, candidate=candidate, evaluation_set=evaluation_set),
    )


def hash_results(
    samples: Sequence[Sample], *, candidate: Candidate, evaluation_set: str, policy: str | None = None
) -> str:
    """Return the SHA-256 of the canonical JSON (RFC 8785) of everything a decision on this candidate rests on."""
    evidence = {
        "evaluation_set": evaluation_set,
        "candidate": {"student": candidate.student, "variant": candidate.variant},
        "scorer_version": SCORER_VERSION,
        "policy": policy,
        "samples": [_evidence_of(sample) for sample in samples],
    }
    return hashlib.sha256(rfc8785.dumps(evidence)).hexdigest()


def store_evaluation(
    session: Session,
    run_id: str,
    result: EvaluationResult,
    *,
    model: str,
    remote_id: str,
    service_scores: Mapping[str, float],
    decoding: Mapping[str, Any],
    finished_at: datetime,
) -> None:
    """Write a result with all its samples, replacing one that an interrupted attempt may have left."""
    candidate = result.candidate
    for table in (SampleRow, EvaluationRow):
        session.execute(
            delete(table).where(
                col(table.run_id) == run_id,
                col(table.student) == candidate.student,
                col(table.variant) == candidate.variant,
            )
        )
    session.add(
        EvaluationRow(
            run_id=run_id,
            student=candidate.student,
            variant=candidate.variant,
            model=model,
            remote_id=remote_id,
            evaluation_set=result.evaluation_set,
            scorer_version=SCORER_VERSION,
            answer_format=result.answer_format.to_dict(),
            decoding=dict(decoding),
            service_scores=dict(service_scores),
            metrics=result.metrics.to_dict(),
            results_hash=result.results_hash,
            finished_at=finished_at,
        )
    )
    session.flush()
    identity = {"run_id": run_id, "student": candidate.student, "variant": candidate.variant}
    session.execute(insert(SampleRow), [{**identity, **asdict(sample)} for sample in result.samples])


def list_evaluations(session: Session, run_id: str) -> list[StoredEvaluation]:
    """Return the results of a run, by student and variant."""
    rows = select(EvaluationRow).where(col(EvaluationRow.run_id) == run_id)
    return [_stored(row) for row in session.exec(rows.order_by(col(EvaluationRow.student), col(EvaluationRow.variant)))]


def get_evaluation(session: Session, run_id: str, candidate: Candidate) -> StoredEvaluation:
    """Return one candidate's result. Raises `NotFoundError`, naming the candidates there are."""
    row = session.get(EvaluationRow, (run_id, candidate.student, candidate.variant))
    if row is None:
        known = ", ".join(str(result.candidate) for result in list_evaluations(session, run_id)) or "none yet"
        raise NotFoundError(
            f"run {run_id} has no result for candidate {str(candidate)!r}; it has {known}", field="candidate"
        )
    return _stored(row)


def load_samples(session: Session, run_id: str, candidate: Candidate) -> list[Sample]:
    """Return a candidate's samples in the order of the evaluation set."""
    rows = (
        select(SampleRow)
        .where(
            col(SampleRow.run_id) == run_id,
            col(SampleRow.student) == candidate.student,
            col(SampleRow.variant) == candidate.variant,
        )
        .order_by(col(SampleRow.position))
    )
    return [_sample(row) for row in session.exec(rows)]


def parse_candidate(text: str) -> Candidate:
    """Read `student:variant`, for example `local/linear-large:customized`. Raises `NotFoundError`."""
    student, colon, variant = text.rpartition(":")
    if not colon or not student or not variant:
        raise NotFoundError(
            f"{text!r} names no candidate; write student:variant, for example local/linear-large:customized",
            field="candidate",
        )
    return Candidate(student=student, variant=variant)


def _stored(row: EvaluationRow) -> StoredEvaluation:
    metrics = Metrics(**row.metrics)
    return StoredEvaluation(
        run_id=row.run_id,
        candidate=Candidate(student=row.student, variant=row.variant),
        model=row.model,
        remote_id=row.remote_id,
        evaluation_set=row.evaluation_set,
        scorer_version=row.scorer_version,
        answer_format=AnswerFormat.from_dict(row.answer_format),
        decoding=row.decoding,
        metrics=metrics,
        agreement=wilson_interval(metrics.correct, metrics.n),
        service_scores=row.service_scores,
        results_hash=row.results_hash,
        finished_at=row.finished_at,
    )


def _sample(row: SampleRow) -> Sample:
    values = {name: getattr(row, name) for name in SAMPLE_FIELDS}
    return Sample(**{**values, "outcome": Outcome(row.outcome)})


def _evidence_of(sample: Sample) -> dict[str, Any]:
    values = {name: getattr(sample, name) for name in HASHED_FIELDS}
    return {**values, "outcome": str(sample.outcome), "output_tool": _hashable(sample.output_tool)}


def _hashable(value: Any) -> Any:
    """Write what RFC 8785 refuses (NaN, huge integers) as text; tool arguments can hold anything."""
    if isinstance(value, Mapping):
        return {str(key): _hashable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hashable(inner) for inner in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    return str(value)
