"""What survives the end of the server, soft or hard: state, honest job ends, no orphans."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.backend.server_process import ServerProcess, is_alive, running_server
from tests.backend.workload import (
    LONG_TRAINING,
    NAMESPACE,
    SILENT_TEMPLATE,
    deploy,
    evaluation_body,
    finish,
    make_records,
    put_workload,
    read_job,
    start,
    training_body,
    wait_for_progress,
    wait_for_status,
)
from tests.waiting import wait_until

LISTS = (
    "/v1/namespaces",
    "/v1/datasets",
    "/v1/models",
    "/v1/customization/jobs",
    "/v1/customization/configs",
    "/v1/evaluation/jobs",
    "/v1/deployment/model-deployments",
    "/v1/datastore/namespaces",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of its own for each test: it will be stopped."""
    with running_server(tmp_path / "backend") as server:
        yield server


@pytest.fixture
def client(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        put_workload(client, evaluate=400)
        yield client


def interrupt(server: ServerProcess, client: httpx.Client, signal_number: int) -> dict[str, str]:
    """Stop the server while a training and an evaluation run and a job waits; start it again."""
    deploy(client)
    jobs = {
        "customization": start(client, "customization", LONG_TRAINING),
        "evaluation": start(client, "evaluation", evaluation_body(template=SILENT_TEMPLATE)),
    }
    wait_for_progress(client, "customization", jobs["customization"])
    wait_for_status(client, "evaluation", jobs["evaluation"], "running")
    jobs["waiting"] = start(client, "customization", training_body())
    children = server.children()
    assert len(children) == 2
    began_s = time.monotonic()
    server.stop(signal_number)
    assert time.monotonic() - began_s < 3
    wait_until(lambda: not any(map(is_alive, children)), "the job processes to end", timeout_s=3)
    client.base_url = server.start().url
    return jobs


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.full)])
def test_jobs_that_a_restart_interrupted_end_as_failed_with_that_reason(
    server: ServerProcess, client: httpx.Client, signal_number: int
) -> None:
    jobs = interrupt(server, client, signal_number)
    reason = "the local backend was restarted while this job ran"
    trained = read_job(client, "customization", jobs["customization"])
    assert trained["status"] == trained["status_details"]["status"] == "failed"
    assert trained["status_details"]["status_logs"][-1]["detail"] == reason
    assert trained["status_details"]["metrics"]["metrics"]["train_loss"]  # what was learned about it is kept
    evaluated = read_job(client, "evaluation", jobs["evaluation"])
    assert (evaluated["status"], evaluated["status_details"]["message"]) == ("failed", reason)
    waiting = read_job(client, "customization", jobs["waiting"])
    assert waiting["status"] == "failed"
    assert "waited for its turn" in waiting["status_details"]["status_logs"][-1]["detail"]
    # And the server works as before.
    assert finish(client, "customization", training_body(epochs=1))["status"] == "completed"


@pytest.mark.full
def test_everything_is_there_after_a_kill(server: ServerProcess, client: httpx.Client) -> None:
    deploy(client)
    model = finish(client, "customization", training_body(epochs=4))["output_model"]
    job = finish(client, "evaluation", evaluation_body(model, limit_samples=20))
    question = {"model": model, "messages": make_records(1, seed=5)[0]["request"]["messages"]}
    before = describe(client, job["id"], question)
    server.stop(signal.SIGKILL)
    client.base_url = server.start().url
    assert describe(client, job["id"], question) == before


def describe(client: httpx.Client, job_id: str, question: dict[str, Any]) -> list[Any]:
    path = f"/v1/hf/datasets/{NAMESPACE}/train-set/resolve/main/training/train_data.jsonl"
    return [
        *(client.get(path, params={"page_size": 100}).json() for path in LISTS),
        client.get(path).content,
        client.get(f"/v1/evaluation/jobs/{job_id}/results").json(),
        client.get(f"/v1/evaluation/jobs/{job_id}/download-results").content,
        client.post("/nim/v1/chat/completions", json=question).json()["choices"],
    ]


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_quick_and_a_success(server: ServerProcess, signal_number: int) -> None:
    began_s = time.monotonic()
    assert server.stop(signal_number) == 0
    assert time.monotonic() - began_s < 3


def test_a_stop_does_not_wait_for_a_client_that_keeps_its_connection(server: ServerProcess) -> None:
    with httpx.Client(base_url=server.url) as idle:
        idle.get("/v1/health")
        began_s = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began_s < 3
