"""A small made-up workload, and the calls that every test of jobs needs."""

import base64
import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from tests.waiting import wait_until

STUDENT = "local/linear-small"
NAMESPACE = "ns"
TOPICS = {
    "metals": ["gold", "silver", "copper", "bullion", "ore", "refinery"],
    "weather": ["rain", "storm", "sunshine", "frost", "wind", "cloud"],
    "sport": ["goal", "match", "league", "coach", "score", "referee"],
}
SYSTEM = "Answer with one topic: metals, weather, sport."
FINAL = {"completed", "failed", "cancelled"}
TRAINING_OPTION = {"training_type": "sft", "finetuning_type": "lora", "num_gpus": 0, "micro_batch_size": 1}
F1 = {"type": "f1", "params": {"ground_truth": "{{ item.response.choices[0].message.content | trim }}"}}
EXACT = {
    "type": "string-check",
    "params": {"check": ["{{ sample.output_text }}", "equals", "{{ item.response.choices[0].message.content }}"]},
}
MESSAGES = {"messages": "{{ item.request.messages | tojson }}"}
# Slow enough to be met in the middle: forty thousand turns a record.
SLOW_TEXT = "{% for a in range(40) %}{% for b in range(1000) %}{% endfor %}{% endfor %}"

Json = dict[str, Any]


def make_records(count: int, *, seed: int = 1) -> list[Json]:
    """Logged records whose topic can be told from their words."""
    chooser = random.Random(seed)
    records = []
    for number in range(count):
        topic = chooser.choice(list(TOPICS))
        text = " ".join(chooser.sample(TOPICS[topic], 3)) + f" {number}"
        records.append(
            {
                "timestamp": 1_700_000_000 + number,
                "workload_id": "topics",
                "client_id": "tests",
                "request": {
                    "model": "teacher",
                    "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}],
                },
                "response": {"choices": [{"message": {"role": "assistant", "content": topic}}]},
            }
        )
    return records


def training_row(record: Mapping[str, Any]) -> Json:
    return {"messages": [*record["request"]["messages"], record["response"]["choices"][0]["message"]]}


def json_lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def commit_lines(files: Mapping[str, bytes], **header: str) -> bytes:
    lines: list[Json] = [{"key": "header", "value": {"summary": "upload", "description": "", **header}}]
    for path, content in files.items():
        encoded = base64.b64encode(content).decode()
        lines.append({"key": "file", "value": {"path": path, "content": encoded, "encoding": "base64"}})
    return json_lines(lines)


def send_commit(client: httpx.Client, name: str, body: bytes) -> httpx.Response:
    path = f"/v1/hf/api/datasets/{NAMESPACE}/{name}/commit/main"
    return client.post(path, content=body, headers={"content-type": "application/x-ndjson"})


def create_namespaces(client: httpx.Client) -> None:
    assert client.post("/v1/namespaces", json={"id": NAMESPACE}).status_code in {200, 409}
    assert client.post("/v1/datastore/namespaces", data={"namespace": NAMESPACE}).status_code in {201, 409}


def put_dataset(client: httpx.Client, name: str, files: Mapping[str, bytes]) -> None:
    """Make, fill and register a dataset."""
    repository = {"name": name, "organization": NAMESPACE, "type": "dataset"}
    assert client.post("/v1/hf/api/repos/create", json=repository).status_code == 200
    assert send_commit(client, name, commit_lines(files)).status_code == 200
    entity = {"name": name, "namespace": NAMESPACE, "files_url": f"hf://datasets/{NAMESPACE}/{name}"}
    assert client.post("/v1/datasets", json=entity).status_code == 200


def put_workload(client: httpx.Client, *, train: int = 200, evaluate: int = 40) -> None:
    """Make the datasets `train-set` and `eval-set` and the configuration `small@v1`."""
    create_namespaces(client)
    rows = [training_row(record) for record in make_records(train, seed=1)]
    held_out = train // 5
    files = {
        "training/train_data.jsonl": json_lines(rows[held_out:]),
        "validation/val_data.jsonl": json_lines(rows[:held_out]),
    }
    put_dataset(client, "train-set", files)
    put_dataset(client, "eval-set", {"eval_data.jsonl": json_lines(make_records(evaluate, seed=2))})
    config = {
        "name": "small@v1",
        "namespace": NAMESPACE,
        "target": f"{STUDENT}@1.0",
        "max_seq_length": 2048,
        "training_options": [TRAINING_OPTION],
    }
    assert client.post("/v1/customization/configs", json=config).status_code == 200


def deploy(client: httpx.Client, name: str = "small", *, model: str = STUDENT) -> None:
    """Deploy a student and wait until it is ready."""
    body = {"name": name, "namespace": NAMESPACE, "config": {"model": model}}
    assert client.post("/v1/deployment/model-deployments", json=body).status_code == 200
    path = f"/v1/deployment/model-deployments/{NAMESPACE}/{name}"
    wait_until(lambda: client.get(path).json()["deployed"], "the deployment to be ready")


def training_body(**hyperparameters: Any) -> Json:
    """A customization job; long ones ask for many epochs."""
    return {
        "namespace": NAMESPACE,
        "config": f"{NAMESPACE}/small@v1",
        "dataset": {"name": "train-set", "namespace": NAMESPACE},
        "output_model": f"{NAMESPACE}/topics",
        "hyperparameters": {"training_type": "sft", "finetuning_type": "lora", **hyperparameters},
    }


LONG_TRAINING = training_body(epochs=1000, batch_size=1)


def evaluation_body(
    model: str = STUDENT, *, template: Json | None = None, metrics: Json | None = None, **config_parameters: Any
) -> Json:
    """An evaluation job over `eval-set`."""
    task = {
        "type": "chat-completion",
        "dataset": {"files_url": f"hf://datasets/{NAMESPACE}/eval-set/eval_data.jsonl"},
        "params": {"template": template or MESSAGES},
        "metrics": metrics or {"f1": F1, "exact": EXACT},
    }
    return {
        "namespace": NAMESPACE,
        "config": {"type": "custom", "params": config_parameters, "tasks": {"chat-completion": task}},
        "target": {"type": "model", "model": model},
    }


# A record that takes a minute without a word: nothing is reported before it is done.
SILENT_TEMPLATE = {
    "messages": [{"role": "user", "content": "{% for a in range(60) %}" + SLOW_TEXT * 20 + "{% endfor %}"}]
}
SLOW_TEMPLATE = {"messages": [{"role": "user", "content": SLOW_TEXT + "{{ item.request.messages[1].content }}"}]}


def start(client: httpx.Client, kind: str, body: Json) -> str:
    """Create a job (`customization` or `evaluation`) and return its id."""
    response = client.post(f"/v1/{kind}/jobs", json=body)
    assert response.status_code == 200, response.text
    return str(response.json()["id"])


def read_job(client: httpx.Client, kind: str, job_id: str) -> Json:
    job: Json = client.get(f"/v1/{kind}/jobs/{job_id}").json()
    return job


def wait_for_status(client: httpx.Client, kind: str, job_id: str, *statuses: str, timeout_s: float = 60) -> Json:
    def reached() -> Json | None:
        job = read_job(client, kind, job_id)
        return job if job["status"] in statuses else None

    return wait_until(reached, f"{job_id} to be {' or '.join(statuses)}", timeout_s=timeout_s) or {}


def finish(client: httpx.Client, kind: str, body: Json) -> Json:
    """Run a job to its end, whatever the end."""
    return wait_for_status(client, kind, start(client, kind, body), *FINAL)


def wait_for_progress(client: httpx.Client, kind: str, job_id: str) -> None:
    """Wait until a job is in the middle of its work."""
    field = "steps_completed" if kind == "customization" else "samples_processed"
    wait_until(
        lambda: read_job(client, kind, job_id)["status_details"][field] > 0, f"{job_id} to make progress", timeout_s=60
    )
