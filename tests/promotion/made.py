"""A finished run with real samples to decide on, and what its evidence rests on beside the state."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlmodel import Session

from core.database import Database
from core.evaluation import Candidate, EvaluationResult, Sample, hash_samples, measure, store_evaluation
from core.logs import open_log_store
from core.policy import Policy
from core.promotion import EvidenceSources
from core.scoring import AnswerFormat, AnswerKind
from core.settings import Settings
from tests.evaluation.made import SET, samples
from tests.runs.rows import NOW, STUDENT, add_run

CUSTOMIZED = Candidate(student=STUDENT, variant="customized")
BASE = Candidate(student=STUDENT, variant="base")


def make_sources(folder: Path, policy: Policy | None = None, settings: Settings | None = None) -> EvidenceSources:
    """Return sources over an empty log store."""
    settings = settings or Settings(data=folder)
    settings.data.mkdir(parents=True, exist_ok=True)
    return EvidenceSources(policy=policy or Policy(), settings=settings, logs=open_log_store(settings))


def add_results(
    database: Database, results: Mapping[Candidate, Sequence[Sample]] | None = None, *, run_id: str = "run-1"
) -> str:
    """Store a run with these candidates' samples; by default one of 200 records that agrees on 190."""
    add_run(database, run_id)
    with database.write() as session:
        for candidate, made in (results or {CUSTOMIZED: samples(190, 10)}).items():
            store(session, run_id, candidate, made)
    return run_id


def store(session: Session, run_id: str, candidate: Candidate, made: Sequence[Sample]) -> None:
    """Store one candidate's samples as a worker would."""
    result = EvaluationResult(
        candidate=candidate,
        evaluation_set=SET,
        answer_format=AnswerFormat(kind=AnswerKind.WHOLE_TEXT),
        samples=tuple(made),
        metrics=measure(made, has_labels=True),
        samples_hash=hash_samples(made),
    )
    store_evaluation(
        session,
        run_id,
        result,
        model="flywheel/model@1",
        remote_id="eval-1",
        service_scores={},
        decoding={"temperature": 0.0, "max_tokens": 1024},
        finished_at=NOW,
    )
