"""Runs in every state for page tests, written as rows: what a worker would have left."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from core.artifacts import put_artifact
from core.database import Database
from core.evaluation import Candidate, evaluate_outputs, read_evaluation_set, store_evaluation
from core.logs import open_log_store
from core.migrations import open_database
from core.nemo import RemoteSample
from core.policy import load_policy
from core.promotion import EvidenceSources
from core.runs import RunStatus, StepKind, StepStatus, Variant
from core.runs.plan import plan_steps, resource_key
from core.runs.tables import EventRow, RunRow, StepRow
from core.scoring import AnswerFormat, AnswerKind
from core.settings import Settings
from tests.ui.traffic import LABELS, lines

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SMALL, LARGE = "local/linear-small", "local/linear-large"
BRACKETS = AnswerFormat(kind=AnswerKind.DOUBLE_BRACKETS)
RECORDS = 60
POLICY = """
minimum_agreement = 0.5
minimum_records = 50
maximum_invalid_rate = 0.2
require_complete_samples = false
"""
"""Rules that every candidate below keeps, so that tests of acts need not care about gates."""
WRONG_EVERY = {
    Candidate(student=SMALL, variant="base"): 2,
    Candidate(student=SMALL, variant="customized"): 5,
    Candidate(student=LARGE, variant="base"): 3,
    Candidate(student=LARGE, variant="customized"): 12,
}
"""Each candidate answers every n-th record wrongly, customized ones others than their base."""


def write_policy(data: Path, rules: str = POLICY) -> Path:
    """Write the policy file beside a data folder, where a web process that is started there finds it."""
    path = data.parent / "policy.toml"
    path.write_text(rules)
    return path


def open_state(data: Path) -> Database:
    """Open the state database of a data folder, with a policy beside it that suits 60 records."""
    if not (data.parent / "policy.toml").exists():
        write_policy(data)
    return open_database(Settings(data=data))


def evidence_sources(database: Database) -> EvidenceSources:
    """Return what decisions on this state rest on, as the pages over the same data folder have it."""
    data = Path(str(database.engine.url.database)).parent
    settings = Settings(data=data)
    policy = load_policy(data.parent / "policy.toml")
    return EvidenceSources(policy=policy, settings=settings, logs=open_log_store(settings))


def add_run(database: Database, run_id: str, status: RunStatus, **values: Any) -> None:
    """Store a run of two students with its planned steps, all of them pending."""
    students, variants = (SMALL, LARGE), (Variant.BASE, Variant.CUSTOMIZED)
    request = {"students": list(students), "variants": [str(variant) for variant in variants]}
    row: dict[str, Any] = {
        "workload_id": "news_classifier",
        "client_id": "research-desk",
        "requested_by": "maya.lindqvist",
        "request": {**request, "evaluation_size": RECORDS, "seed": 42},
        "request_hash": "0" * 64,
        "status": status,
        "created_at": NOW - timedelta(minutes=30),
        "event_seq": 1,
        **values,
    }
    with database.write() as session:
        session.add(RunRow(id=run_id, **row))
        session.flush()
        for position, step in enumerate(plan_steps(students, variants, is_probed=False)):
            session.add(
                StepRow(
                    run_id=run_id,
                    key=step.key,
                    position=position,
                    kind=step.kind,
                    student=step.student,
                    variant=step.variant,
                    idempotency_key=resource_key(run_id, step.key),
                )
            )
        session.add(EventRow(run_id=run_id, seq=1, type="run.queued", data={"by": "maya.lindqvist"}, at=NOW))


def add_finished_run(database: Database, run_id: str = "done-1", **values: Any) -> None:
    """Store a completed run with the results of four candidates on 60 headlines."""
    times = {"started_at": NOW - timedelta(minutes=29), "finished_at": NOW - timedelta(minutes=12)}
    content = b"\n".join(line for line, _ in zip(lines(), range(RECORDS), strict=False)) + b"\n"
    with database.write() as session:
        sha256 = put_artifact(session, content, media_type="application/jsonl", now=NOW)
    add_run(database, run_id, RunStatus.COMPLETED, evaluation_set=sha256, record_count=130, **{**times, **values})
    with database.write() as session:
        for step in _steps(session, run_id):
            step.status, step.progress, step.started_at, step.finished_at = StepStatus.COMPLETED, 1.0, NOW, NOW
            step.released = step.kind == StepKind.DEPLOY
            if step.kind == StepKind.UPLOAD:
                step.output = {"datasets": [_dataset("evaluation", RECORDS), _dataset("training", 70)]}
            if step.kind == StepKind.CUSTOMIZE:
                step.details = {"losses": LOSSES}
        for candidate, every in WRONG_EVERY.items():
            _store_result(session, run_id, candidate, content, sha256, every)


def add_failed_run(database: Database, run_id: str = "failed-1") -> None:
    """Store a run that failed at its first deployment."""
    reason = "deployment management answered 503 for 15 minutes; start the service, then retry the run"
    add_run(database, run_id, RunStatus.FAILED, error=reason, started_at=NOW, finished_at=NOW)
    with database.write() as session:
        for step in _steps(session, run_id):
            is_first = step.key == f"deploy:{SMALL}"
            step.status = StepStatus.FAILED if is_first else StepStatus.SKIPPED
            step.error = reason if is_first else None


def add_running_run(database: Database, run_id: str = "running-1") -> None:
    """Store a run that is in the middle of its first customization."""
    add_run(database, run_id, RunStatus.RUNNING, started_at=NOW, record_count=130, lease_until=4_000_000_000.0)
    with database.write() as session:
        for step in _steps(session, run_id):
            if step.key in {"prepare", "upload", f"deploy:{SMALL}", f"evaluate:{SMALL}:base"}:
                step.status, step.progress, step.started_at, step.finished_at = StepStatus.COMPLETED, 1.0, NOW, NOW
            if step.key == f"customize:{SMALL}":
                step.status, step.progress, step.started_at = StepStatus.RUNNING, 0.4, NOW
                step.details = {"losses": LOSSES[:6], "epochs_completed": 3}


LOSSES = [["train_loss", step, round(2.6 / (1 + step / 40), 3)] for step in range(9, 200, 10)] + [
    ["val_loss", step, round(2.7 / (1 + step / 60), 3)] for step in range(49, 200, 50)
]


def _store_result(session: Session, run_id: str, candidate: Candidate, content: bytes, sha256: str, every: int) -> None:
    expected = read_evaluation_set(content, BRACKETS)
    outputs = [_output(dict(record.record), number, every) for number, record in enumerate(expected)]
    result = evaluate_outputs(
        expected,
        [output for output in outputs if output is not None],
        candidate=candidate,
        answer_format=BRACKETS,
        has_labels=True,
        evaluation_set=sha256,
    )
    store_evaluation(
        session,
        run_id,
        result,
        model=f"flywheel/{candidate.student}",
        remote_id=f"eval-{candidate}",
        service_scores={"chat-completion.f1.f1_score": result.metrics.accuracy},
        decoding={},
        finished_at=NOW,
    )


def _output(record: Mapping[str, Any], number: int, every: int) -> RemoteSample | None:
    """Return what the service sent back: right, wrong, and one each of missing, failed, cut off and unreadable."""
    content = str(record["response"]["choices"][0]["message"]["content"])
    if number == 7:
        return None
    if (number + (every > 4)) % every == 0:
        content = f"[[{LABELS[(LABELS.index(content.strip('[]')) + 1) % len(LABELS)]}]]"
    sent = {"role": "assistant", "content": "I think it is about money." if number == 13 else content}
    return RemoteSample(
        request=record["request"],
        message=None if number == 21 else sent,
        finish_reason="stop",
        prompt_tokens=320,
        completion_tokens=6,
        latency_ms=41.0 + number,
        scores={"f1.f1_score": 1.0},
        error="the service answered 500" if number == 21 else None,
    )


def _dataset(kind: str, records: int) -> dict[str, Any]:
    return {"kind": kind, "name": f"flywheel-{kind}", "namespace": "flywheel", "url": "hf://x", "records": records}


def _steps(session: Session, run_id: str) -> list[StepRow]:
    return list(session.exec(select(StepRow).where(col(StepRow.run_id) == run_id).order_by(col(StepRow.position))))
