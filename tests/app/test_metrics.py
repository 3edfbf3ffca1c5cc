"""`/metrics` of API and worker: OpenMetrics that its own parser reads, the state's truth, every figure described."""

import re
from pathlib import Path

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as read_plain
from starlette.testclient import TestClient

from app.api import create_api
from core.database import Database
from core.logs import open_log_store
from core.migrations import open_database
from core.runs import LeftoverKind, RunStatus, StepStatus, provide_slots, read_state_metrics
from core.runs.leftovers import note_leftover
from core.runs.tables import StepRow
from core.settings import Settings, load_settings
from tests.chaos.scene import Scene
from tests.logs.scripted_elasticsearch import run_scripted
from tests.machine import REPOSITORY, find_free_port
from tests.runs.rows import NOW, STUDENT, add_run
from tests.waiting import wait_until

DOCUMENT = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")


def read(client: TestClient) -> dict[tuple[str, tuple[str, ...]], float]:
    reply = client.get("/metrics")
    assert reply.headers["content-type"].startswith("application/openmetrics-text")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(reply.text)  # type: ignore[no-untyped-call]
        for sample in family.samples
    }


def test_the_api_tells_the_state_and_its_own_answers(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with TestClient(create_api(settings, clock=lambda: NOW), base_url="http://127.0.0.1") as client:
        client.get("/api/jobs/nothing")
        client.get("/nowhere/at/all")
        figures = read(client)
    assert figures["flywheel_runs", ("pending",)] == 0
    assert figures["flywheel_api_requests_total", ("GET", "/api/jobs/{job_id}", "404")] == 1
    assert figures["flywheel_api_requests_total", ("GET", "other", "404")] == 1
    assert figures["flywheel_api_request_seconds_count", ("/api/jobs/{job_id}",)] == 1


def test_figures_are_those_of_the_rows(database: Database, tmp_path: Path) -> None:
    add_run(database, "run-1", status=RunStatus.PENDING)
    add_run(database, "run-2", status=RunStatus.COMPLETED, epoch=3)
    provide_slots(database, 2)
    with database.write() as session:
        step = session.get_one(StepRow, ("run-2", f"customize:{STUDENT}"))
        step.status, step.started_at, step.finished_at = StepStatus.COMPLETED, NOW, NOW.replace(second=42)
        note_leftover(session, LeftoverKind.MODEL, "m", run_id="run-2", error="503", now=NOW)
    logs = open_log_store(Settings(data=tmp_path / "logs"))
    found = read_state_metrics(database, logs, now=NOW.replace(minute=2))
    logs.close()
    figures = {(s.name, tuple(s.labels.values())): s.value for family in found for s in family.samples}
    assert figures["flywheel_runs", ("completed",)] == 1
    assert figures["flywheel_queue_oldest_seconds", ()] == 120
    assert figures["flywheel_run_claims", ()] == 3
    assert figures["flywheel_slots", ("free",)] == 2
    assert figures["flywheel_leftovers", ("model",)] == 1
    assert figures["flywheel_step_seconds_count", ("customize",)] == 1
    assert abs(figures["flywheel_step_seconds_sum", ("customize",)] - 42) < 0.01


def test_a_log_store_that_is_down_takes_no_other_figure_with_it(tmp_path: Path) -> None:
    database = open_database(Settings(data=tmp_path))
    add_run(database, "run-1", status=RunStatus.PENDING)
    with run_scripted({}) as url:
        environ = {"FLYWHEEL_LOGS__STORE": "elasticsearch", "FLYWHEEL_LOGS__ELASTICSEARCH__URL": url}
        logs = open_log_store(load_settings(environ=environ))
    found = read_state_metrics(database, logs, now=NOW)
    figures = {(s.name, tuple(s.labels.values())): s.value for family in found for s in family.samples}
    assert figures["flywheel_log_store_up", ()] == 0
    assert figures["flywheel_runs", ("pending",)] == 1
    assert ("flywheel_log_records", ()) not in figures
    logs.close()
    database.dispose()


def test_every_figure_is_described_and_none_that_is_not_there(tmp_path: Path) -> None:
    with TestClient(create_api(Settings(data=tmp_path)), base_url="http://127.0.0.1") as client:
        text = client.get("/metrics").text
    told = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
    assert told == set(re.findall(r"^\| `(flywheel_\w+)`", DOCUMENT, re.MULTILINE))


def test_a_worker_serves_the_same_figures(tmp_path: Path) -> None:
    port = find_free_port()
    with Scene(tmp_path) as scene:
        scene.start_worker(FLYWHEEL_WORKER__METRICS_PORT=str(port))

        def workers() -> float:
            try:
                text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
            except httpx.TransportError:
                return 0
            return next(f.samples[0].value for f in read_plain(text) if f.name == "flywheel_workers")

        assert wait_until(workers, "the worker's figures", timeout_s=20) == 1
