"""More runs for page tests: with a manifest, waiting, in an outage, cancelled with something left to clean up."""

from datetime import datetime, timedelta
from typing import Any

import rfc8785
from sqlmodel import Session, col, select, update

from core.artifacts import put_artifact
from core.database import Database
from core.datasets import BuildOptions, build_datasets
from core.logs import LogFilter, open_log_store
from core.nemo import ServiceHealth
from core.runs import RunStatus, StepStatus
from core.runs.health import store_health
from core.runs.tables import EventRow, RunRow, StepRow, WorkerRow
from core.settings import Settings
from tests.ui.runs import NOW, RECORDS, SMALL, add_finished_run, add_run, add_running_run

REQUEST: dict[str, Any] = {
    "workload_id": "news_classifier",
    "client_id": "research-desk",
    "students": ["local/linear-small", "local/linear-large"],
    "variants": ["base", "customized"],
    "evaluation_size": RECORDS,
    "validation_ratio": 0.1,
    "minimum_records": 50,
    "limit": None,
    "seed": 42,
    "stratify": True,
    "rare_class_threshold": 1,
    "parse_function_arguments": True,
    "training": {
        name: {"epochs": 8, "batch_size": 32, "learning_rate": 0.0001, "adapter_dim": 32, "adapter_dropout": 0.1}
        for name in ("local/linear-small", "local/linear-large")
    },
}


def add_manifest(database: Database, run_id: str, settings: Settings) -> None:
    """Give a run the manifest of real datasets built from the settings' log store."""
    logs = open_log_store(settings)
    options = BuildOptions(workload_id="news_classifier", evaluation_size=RECORDS, minimum_records=50)
    built = build_datasets(logs.stream(LogFilter(workload_id="news_classifier")), options, name_suffix=run_id)
    logs.close()
    manifest: dict[str, Any] = {"version": 1, "program": "0", "request": REQUEST, "datasets": dict(built.manifest)}
    with database.write() as session:
        sha256 = put_artifact(session, rfc8785.dumps(manifest), media_type="application/json", now=NOW)
        session.execute(update(RunRow).where(col(RunRow.id) == run_id).values(manifest=sha256, request=REQUEST))


def add_waiting_run(database: Database, run_id: str = "waiting-1") -> None:
    """Store a run that no worker has taken up."""
    add_run(database, run_id, RunStatus.PENDING, request=REQUEST)


def add_outage_run(database: Database, run_id: str = "outage-1") -> None:
    """Store a run whose customizer has not answered for four minutes."""
    add_running_run(database, run_id)
    key, error = f"customize:{SMALL}", "customizer answered 503 (no healthy upstream)"
    with database.write() as session:
        step = _step(session, run_id, key)
        step.outage_since, step.attempts = NOW - timedelta(minutes=4), 9
        session.add(EventRow(run_id=run_id, seq=2, type="step.outage", step=key, data={"error": error}, at=NOW))


def add_cancelled_run(database: Database, run_id: str = "cancelled-1") -> None:
    """Store a cancelled run of which one deployment is still up."""
    reason = "Cancelled by maya.lindqvist: wrong client"
    add_run(database, run_id, RunStatus.CANCELLED, error=reason, cancel_reason=reason, started_at=NOW, finished_at=NOW)
    with database.write() as session:
        for step in session.exec(select(StepRow).where(col(StepRow.run_id) == run_id)):
            step.status = StepStatus.SKIPPED
        _step(session, run_id, f"deploy:{SMALL}").intent_at = NOW


def add_worker(database: Database) -> None:
    """Register a worker that lives until long after the test."""
    row: dict[str, Any] = {"id": "worker-1", "host": "here", "pid": 1, "version": "0", "started_at": NOW}
    with database.write() as session:
        session.add(WorkerRow(**row, alive_until=4_000_000_000.0))


def add_service_down(database: Database, service: str, *, now: datetime) -> None:
    """Record that a worker saw twice, and just now, that a service does not answer."""
    seen = ServiceHealth(service=service, url="http://127.0.0.1:8630", ok=False, detail="connection refused")
    with database.write() as session:
        for at in (now - timedelta(seconds=9), now):
            store_health(session, [seen], now=at)
            session.flush()


def _step(session: Session, run_id: str, key: str) -> StepRow:
    return session.exec(select(StepRow).where(col(StepRow.run_id) == run_id, col(StepRow.key) == key)).one()


def add_finished_run_of_request(database: Database, run_id: str) -> None:
    """Store a completed run whose request names every effective value, five epochs among them."""
    training = {name: {**values, "epochs": 5} for name, values in REQUEST["training"].items()}
    add_finished_run(database, run_id, request={**REQUEST, "training": training})
