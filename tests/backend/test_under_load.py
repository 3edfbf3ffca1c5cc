"""The server while it works: answers stay quick, uploads at once all arrive, jobs wait, die and do no harm."""

import statistics
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.backend.server_process import ServerProcess
from tests.backend.workload import (
    LONG_TRAINING,
    NAMESPACE,
    commit_lines,
    deploy,
    evaluation_body,
    finish,
    put_dataset,
    read_job,
    send_commit,
    start,
    training_body,
    wait_for_progress,
    wait_for_status,
)

pytestmark = pytest.mark.usefixtures("workload")
LARGEST_P95_S = 0.1


def test_health_answers_quickly_while_a_student_trains(client: httpx.Client) -> None:
    job_id = start(client, "customization", LONG_TRAINING)
    wait_for_progress(client, "customization", job_id)
    times_s = []
    for _ in range(200):
        began_s = time.perf_counter()
        assert client.get("/v1/health").status_code == 200
        times_s.append(time.perf_counter() - began_s)
    assert read_job(client, "customization", job_id)["status"] == "running"
    client.post(f"/v1/customization/jobs/{job_id}/cancel")
    assert statistics.quantiles(times_s, n=20)[-1] < LARGEST_P95_S


def test_uploads_at_once_into_one_dataset_all_arrive(server: ServerProcess, client: httpx.Client) -> None:
    put_dataset(client, "busy", {"first.jsonl": b"{}\n"})

    def upload(number: int) -> int:
        with httpx.Client(base_url=server.url, timeout=30) as own:
            body = commit_lines({f"part-{number:02}.jsonl": f'{{"n": {number}}}\n'.encode() * 1000})
            return send_commit(own, "busy", body).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(upload, range(24))) == {200}
    files = client.get(f"/v1/hf/api/datasets/{NAMESPACE}/busy/tree/main").json()
    assert [file["path"] for file in files] == ["first.jsonl", *(f"part-{number:02}.jsonl" for number in range(24))]
    last = client.get(f"/v1/hf/datasets/{NAMESPACE}/busy/resolve/main/part-23.jsonl").content
    assert last == b'{"n": 23}\n' * 1000


def test_one_name_created_by_many_at_once_exists_once(server: ServerProcess) -> None:
    def create(_number: int) -> int:
        with httpx.Client(base_url=server.url, timeout=30) as own:
            body = {"name": "contested", "namespace": NAMESPACE, "files_url": "hf://datasets/ns/x"}
            return own.post("/v1/datasets", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(create, range(16)))
    assert codes == [200] + [409] * 15


def test_two_jobs_run_at_a_time_and_the_third_waits_its_turn(server: ServerProcess, client: httpx.Client) -> None:
    running = [start(client, "customization", LONG_TRAINING) for _ in range(2)]
    for job_id in running:
        wait_for_progress(client, "customization", job_id)
    third = start(client, "customization", training_body(epochs=1))
    time.sleep(0.3)  # enough for a job that is not held back to begin
    assert read_job(client, "customization", third)["status"] == "created"
    assert len(server.children()) == 2
    client.post(f"/v1/customization/jobs/{running[0]}/cancel")
    wait_for_status(client, "customization", third, "completed")
    client.post(f"/v1/customization/jobs/{running[1]}/cancel")


def test_many_clients_ask_a_model_while_it_is_evaluated(server: ServerProcess, client: httpx.Client) -> None:
    deploy(client, "asked")
    stop = threading.Event()
    problems: list[str] = []

    def ask() -> None:
        with httpx.Client(base_url=server.url, timeout=30) as own:
            while not stop.is_set():
                messages = [{"role": "user", "content": "Topics: red; blue. What is red?"}]
                response = own.post(
                    "/nim/v1/chat/completions", json={"model": "local/linear-small", "messages": messages}
                )
                if response.status_code != 200:
                    problems.append(response.text)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    job = finish(client, "evaluation", evaluation_body())
    stop.set()
    for asker in askers:
        asker.join()
    client.delete(f"/v1/deployment/model-deployments/{NAMESPACE}/asked")
    assert job["status"] == "completed"
    assert not problems


def test_a_killed_job_process_fails_its_job_and_nothing_else(server: ServerProcess, client: httpx.Client) -> None:
    job_id = start(client, "customization", LONG_TRAINING)
    wait_for_progress(client, "customization", job_id)
    for process_id in server.children():
        subprocess.run(["kill", "-9", str(process_id)], check=True)
    job = wait_for_status(client, "customization", job_id, "failed")
    assert "process ended unexpectedly" in job["status_details"]["status_logs"][-1]["detail"]
    assert finish(client, "customization", training_body(epochs=1))["status"] == "completed"


def test_a_template_that_fills_memory_ends_its_job_and_not_the_server(
    server: ServerProcess, client: httpx.Client
) -> None:
    deploy(client, "bombed")
    bomb = "{% macro grow(n, s) %}{% if n %}{{ grow(n - 1, s ~ s) }}{% endif %}{% endmacro %}{{ grow(60, 'x') }}"
    template = {"messages": [{"role": "user", "content": bomb}]}
    job = finish(client, "evaluation", evaluation_body(template=template, limit_samples=1))
    assert job["status"] == "failed"
    assert server.answers()
    assert finish(client, "evaluation", evaluation_body(limit_samples=1))["status"] == "completed"
    client.delete(f"/v1/deployment/model-deployments/{NAMESPACE}/bombed")
