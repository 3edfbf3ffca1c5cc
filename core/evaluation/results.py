"""An evaluation's result: computed when the evaluation ends, stored with its samples, read by every page.

A result carries the hash of its samples, so that a later change is noticed (`core.evaluation.basis`). Reading samples
back is `core.evaluation.stored_samples`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, delete, select

from core.errors import NotFoundError
from core.evaluation.basis import hash_samples
from core.evaluation.comparability import EvaluationInputs
from core.evaluation.estimates import ScoreEstimates
from core.evaluation.latency import Probe
from core.evaluation.metrics import Metrics, measure
from core.evaluation.samples import Candidate, ExpectedAnswer, Sample, judge_outputs
from core.evaluation.tables import EvaluationRow, SampleRow
from core.nemo import RemoteSample
from core.scoring import SCORER_VERSION, AnswerFormat
from core.statistics import Interval, wilson_interval


@dataclass(frozen=True, kw_only=True)
class EvaluationResult:
    """What an evaluation measured, before it is stored. `prompt_template` names what wrapped each record, if known."""

    candidate: Candidate
    evaluation_set: str
    answer_format: AnswerFormat
    samples: tuple[Sample, ...]
    metrics: Metrics
    samples_hash: str
    prompt_template: str | None = None
    estimates: ScoreEstimates | None = None


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
    prompt_template: str | None
    decoding: Mapping[str, Any]
    metrics: Metrics
    agreement: Interval | None
    estimates: ScoreEstimates | None
    probe: Probe | None
    service_scores: Mapping[str, float]
    samples_hash: str
    finished_at: datetime

    @property
    def inputs(self) -> EvaluationInputs:
        """What the result depends on beside the model."""
        return EvaluationInputs(
            evaluation_set=self.evaluation_set,
            scorer_version=self.scorer_version,
            prompt_template=self.prompt_template,
            decoding=self.decoding,
        )


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
        samples_hash=hash_samples(samples),
    )


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
            prompt_template=result.prompt_template,
            decoding=dict(decoding),
            service_scores=dict(service_scores),
            metrics=result.metrics.to_dict(),
            estimates=result.estimates.to_dict() if result.estimates is not None else None,
            samples_hash=result.samples_hash,
            finished_at=finished_at,
        )
    )
    session.flush()
    identity = {"run_id": run_id, "student": candidate.student, "variant": candidate.variant}
    session.execute(insert(SampleRow), [{**identity, **asdict(sample)} for sample in result.samples])


def store_probe(session: Session, run_id: str, candidate: Candidate, probe: Probe) -> None:
    """Write a candidate's answer times beside its result, replacing those of an interrupted attempt."""
    row = session.get_one(EvaluationRow, (run_id, candidate.student, candidate.variant))
    row.probe = probe.to_dict()
    session.add(row)


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
        prompt_template=row.prompt_template,
        decoding=row.decoding,
        metrics=metrics,
        agreement=wilson_interval(metrics.correct, metrics.n),
        estimates=ScoreEstimates.from_dict(row.estimates) if row.estimates is not None else None,
        probe=Probe.from_dict(row.probe) if row.probe is not None else None,
        service_scores=row.service_scores,
        samples_hash=row.samples_hash,
        finished_at=row.finished_at,
    )
