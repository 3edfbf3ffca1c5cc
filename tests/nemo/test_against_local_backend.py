"""The whole adapter over real HTTP against the local backend: nothing is mocked but the traffic."""

import json
import random
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from core.backend.identity import utc_now
from core.backend.service import create_backend
from core.nemo import (
    CustomizationSpec,
    CustomizationStatus,
    DatasetReference,
    DeploymentSpec,
    EvaluationKind,
    EvaluationSpec,
    EvaluationStatus,
    Hyperparameters,
    JobState,
    ModelOps,
    RemoteSample,
    RequestRefused,
    ResourceExists,
    ResourceMissing,
    ServiceUnavailable,
    connect_model_ops,
)
from core.settings import NemoSettings, Settings
from tests.waiting import wait_until

STUDENT = "local/linear-small"
TARGET = "local/linear-small@1.0"
TOPICS = {
    "metals": ["gold", "silver", "copper", "bullion", "ore"],
    "weather": ["rain", "storm", "sunny", "frost", "wind"],
    "sport": ["goal", "match", "league", "coach", "score"],
}
EVERY_WORD = [word for words in TOPICS.values() for word in words]
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("book_flight", "check_weather")
]
TRAINING_FILES = ("training/train_data.jsonl", "validation/val_data.jsonl")


@dataclass(frozen=True)
class RunningBackend:
    url: str
    server: uvicorn.Server


def run_backend(folder: Path) -> Iterator[RunningBackend]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(create_backend(folder, clock=utc_now), log_level="warning", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_until(lambda: server.started, "the local backend to start")
        yield RunningBackend(url=url, server=server)
        server.should_exit = True
        thread.join(timeout=20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBackend]:
    yield from run_backend(tmp_path_factory.mktemp("backend"))


def connect(backend: RunningBackend) -> ModelOps:
    nemo = NemoSettings(services_url=backend.url, nim_url=f"{backend.url}/nim", data_store_url=backend.url)
    return connect_model_ops(Settings(nemo=nemo))


@pytest.fixture(scope="module")
def operations(backend: RunningBackend) -> Iterator[ModelOps]:
    adapter = connect(backend)
    yield adapter
    adapter.close()


def ask(text: str) -> dict[str, Any]:
    labels = ", ".join(TOPICS)
    system = f"Classify the text. Answer with one of these labels in double brackets: {labels}."
    return {
        "model": "teacher",
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}],
        "temperature": 0.2,
    }


def make_records(count: int, seed: int) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    records = []
    for number in range(count):
        topic = list(TOPICS)[number % len(TOPICS)]
        words = [*rng.choices(TOPICS[topic], k=3), *rng.choices(EVERY_WORD, k=2)]
        text = f"No {number}: {' '.join(words)} ü"
        message = {"role": "assistant", "content": f"[[{topic}]]"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        records.append({"request": ask(text), "response": {"choices": [choice]}, "workload_id": "topics"})
    return records


def make_lines(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def training_rows(records: list[dict[str, Any]]) -> bytes:
    return make_lines(
        [
            {"messages": [*record["request"]["messages"], record["response"]["choices"][0]["message"]]}
            for record in records
        ]
    )


EVALUATION_RECORDS = make_records(30, seed=2)
EVALUATION_FILE = {"eval_data.jsonl": make_lines(EVALUATION_RECORDS)}


@pytest.fixture(scope="module")
def evaluation_dataset(operations: ModelOps) -> DatasetReference:
    return operations.put_dataset("flywheel-eval-topics-1", EVALUATION_FILE, run_id="run1")


@pytest.fixture(scope="module")
def training_dataset(operations: ModelOps) -> DatasetReference:
    records = make_records(150, seed=1)
    rows = (training_rows(records[:120]), training_rows(records[120:]))
    files = dict(zip(TRAINING_FILES, rows, strict=True))
    return operations.put_dataset("flywheel-train-topics-1", files, run_id="run1")


@pytest.fixture(scope="module")
def deployed(operations: ModelOps) -> str:
    spec = DeploymentSpec(name="fw-run1-deploy", model=STUDENT, gpus=0, run_id="run1")
    operations.create_deployment(spec)
    wait_until(lambda: STUDENT in operations.list_models(), "the student to answer")
    return spec.name


def customization(dataset: DatasetReference, key: str, *, epochs: int = 4) -> CustomizationSpec:
    return CustomizationSpec(
        key=key,
        run_id="run1",
        model=STUDENT,
        target=TARGET,
        dataset=dataset,
        output_model=f"flywheel/{key}",
        gpus=0,
        max_seq_length=8192,
        hyperparameters=Hyperparameters(
            epochs=epochs, batch_size=16, learning_rate=0.03, adapter_dim=8, adapter_dropout=0.1, seed=42
        ),
    )


def evaluation(dataset: DatasetReference, key: str, model: str = STUDENT) -> EvaluationSpec:
    return EvaluationSpec(
        key=key,
        run_id="run1",
        model=model,
        dataset=dataset,
        path="eval_data.jsonl",
        kind=EvaluationKind.CLASSIFICATION,
        limit=len(EVALUATION_RECORDS),
    )


def follow_customization(operations: ModelOps, job_id: str) -> list[CustomizationStatus]:
    seen: list[CustomizationStatus] = []

    def is_final() -> bool:
        seen.append(operations.get_customization(job_id))
        return seen[-1].state.is_final

    wait_until(is_final, f"{job_id} to end", timeout_s=60)
    return seen


def follow_evaluation(operations: ModelOps, job_id: str) -> EvaluationStatus:
    def final() -> EvaluationStatus | None:
        status = operations.get_evaluation(job_id)
        return status if status.state.is_final else None

    status = wait_until(final, f"{job_id} to end", timeout_s=60)
    assert status is not None
    return status


@pytest.fixture(scope="module")
def trained(operations: ModelOps, training_dataset: DatasetReference, deployed: str) -> list[CustomizationStatus]:
    spec = customization(training_dataset, "fw-run1-customize")
    return follow_customization(operations, operations.create_customization(spec))


def stored_file(backend: RunningBackend, dataset: str, path: str) -> httpx.Response:
    url = f"{backend.url}/v1/hf/datasets/flywheel/{dataset}/resolve/main/{path}"
    return httpx.get(url, trust_env=False, follow_redirects=True)


def test_a_dataset_is_stored_byte_for_byte_and_registered(
    backend: RunningBackend, evaluation_dataset: DatasetReference
) -> None:
    assert evaluation_dataset.url == "hf://datasets/flywheel/flywheel-eval-topics-1"
    assert (
        stored_file(backend, evaluation_dataset.name, "eval_data.jsonl").content == EVALUATION_FILE["eval_data.jsonl"]
    )
    entity = httpx.get(f"{backend.url}/v1/datasets/flywheel/{evaluation_dataset.name}", trust_env=False).json()
    assert (entity["files_url"], entity["project"]) == (evaluation_dataset.url, "flywheel")
    assert entity["custom_fields"] == {"flywheel_run": "run1"}


def test_a_dataset_can_be_stored_again_changed_and_deleted_twice(operations: ModelOps, backend: RunningBackend) -> None:
    first = {"training/a.jsonl": b'{"a": 1}\n', "training/b.jsonl": b'{"b": 1}\n'}
    operations.put_dataset("again", first, run_id="run1")
    operations.put_dataset("again", first, run_id="run1")
    operations.put_dataset("again", {"training/a.jsonl": b'{"a": 2}\n'}, run_id="run2")
    assert stored_file(backend, "again", "training/a.jsonl").content == b'{"a": 2}\n'
    assert stored_file(backend, "again", "training/b.jsonl").status_code == 404
    operations.delete_dataset("again")
    operations.delete_dataset("again")
    assert stored_file(backend, "again", "training/a.jsonl").status_code == 404
    assert httpx.get(f"{backend.url}/v1/datasets/flywheel/again", trust_env=False).status_code == 404


def test_a_deployment_becomes_ready_and_carries_our_mark(operations: ModelOps, deployed: str) -> None:
    deployment = operations.find_deployment(deployed)
    assert deployment is not None
    assert (deployment.state, deployment.model, deployment.run_id) == (JobState.COMPLETED, STUDENT, "run1")


def test_a_deployment_name_that_is_taken_is_told(operations: ModelOps, deployed: str) -> None:
    with pytest.raises(ResourceExists):
        operations.create_deployment(DeploymentSpec(name=deployed, model=STUDENT, gpus=0, run_id="run2"))


def test_a_deployment_can_be_taken_away_twice(operations: ModelOps) -> None:
    spec = DeploymentSpec(name="fw-run2-deploy", model="local/linear-medium", gpus=1, run_id="run2")
    operations.create_deployment(spec)
    operations.delete_deployment(spec.name)
    operations.delete_deployment(spec.name)
    wait_until(lambda: operations.find_deployment(spec.name) is None, "the deployment to go")
    assert spec.model not in operations.list_models()


def test_a_student_that_nobody_knows_is_refused_by_name(operations: ModelOps) -> None:
    spec = DeploymentSpec(name="fw-run1-unknown", model="local/linear-huge", gpus=0, run_id="run1")
    with pytest.raises(RequestRefused, match="linear-huge"):
        operations.create_deployment(spec)


def test_a_customization_learns_and_tells_how_it_goes(operations: ModelOps, trained: list[CustomizationStatus]) -> None:
    last = trained[-1]
    assert (last.state, last.progress, last.epochs_completed) == (JobState.COMPLETED, 1.0, 4)
    assert last.output_model == f"flywheel/fw-run1-customize@{last.id}"
    progress = [status.progress for status in trained if status.progress is not None]
    assert progress == sorted(progress)
    for series in ("train_loss", "val_loss"):
        points = [point for point in last.losses if point.series == series]
        assert len(points) > 1
        assert points[-1].value < points[0].value
    assert last.log
    assert last.created_at is not None
    assert abs(last.created_at - datetime.now(UTC)) < timedelta(minutes=5)
    wait_until(lambda: last.output_model in operations.list_models(), "the adapter to answer")


def test_a_customization_is_found_by_its_mark_and_only_since_then(
    operations: ModelOps, training_dataset: DatasetReference, trained: list[CustomizationStatus]
) -> None:
    spec = customization(training_dataset, "fw-run1-customize")
    created_at = trained[-1].created_at
    assert created_at is not None
    found = operations.find_customizations(spec, since=created_at - timedelta(seconds=60))
    assert [status.id for status in found] == [trained[-1].id]
    assert operations.find_customizations(spec, since=created_at + timedelta(seconds=1)) == []
    other = replace(spec, key="fw-other", output_model="flywheel/other")
    assert operations.find_customizations(other, since=created_at - timedelta(days=1)) == []


def test_base_and_customized_evaluations_score_the_same_records(
    operations: ModelOps, evaluation_dataset: DatasetReference, trained: list[CustomizationStatus]
) -> None:
    customized = trained[-1].output_model
    assert customized is not None
    means = {}
    for key, model in (("fw-run1-base", STUDENT), ("fw-run1-customized", customized)):
        job_id = operations.create_evaluation(evaluation(evaluation_dataset, key, model))
        status = follow_evaluation(operations, job_id)
        assert (status.state, status.progress, status.detail) == (JobState.COMPLETED, 1.0, None)
        samples = list(operations.evaluation_samples(job_id))
        check_samples(samples)
        scores = operations.evaluation_scores(job_id)
        mean = sum(sample.scores["f1.f1_score"] for sample in samples) / len(samples)
        assert scores == {"chat-completion.f1.f1_score": pytest.approx(mean)}
        means[key] = mean
    assert means["fw-run1-customized"] > 0.9
    assert means["fw-run1-base"] < means["fw-run1-customized"]


def check_samples(samples: list[RemoteSample]) -> None:
    """Every record comes back once, unchanged, with an answer and its measures."""
    wanted = [json.dumps(record["request"], sort_keys=True) for record in EVALUATION_RECORDS]
    assert sorted(json.dumps(sample.request, sort_keys=True) for sample in samples) == sorted(wanted)
    for sample in samples:
        assert sample.error is None
        assert sample.message is not None
        assert sample.message["role"] == "assistant"
        assert sample.finish_reason == "stop"
        assert sample.prompt_tokens
        assert sample.completion_tokens
        assert sample.latency_ms is not None
        assert 0 <= sample.latency_ms < 60_000


def test_evaluations_are_found_by_their_mark(
    operations: ModelOps, evaluation_dataset: DatasetReference, deployed: str
) -> None:
    since = datetime.now(UTC) - timedelta(seconds=60)
    spec = evaluation(evaluation_dataset, "fw-run1-found")
    twice = [operations.create_evaluation(spec) for _ in range(2)]
    operations.create_evaluation(evaluation(evaluation_dataset, "fw-run1-other"))
    assert [status.id for status in operations.find_evaluations(spec, since=since)] == twice
    for job_id in twice:
        follow_evaluation(operations, job_id)


def test_tool_calls_are_scored_by_name_and_arguments(operations: ModelOps, deployed: str) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "check_weather", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    records = [
        {
            "request": {"messages": [{"role": "user", "content": f"Check the weather {number}"}], "tools": TOOLS},
            "response": {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]},
        }
        for number in range(5)
    ]
    dataset = operations.put_dataset("flywheel-eval-tools-1", {"eval_data.jsonl": make_lines(records)}, run_id="run1")
    spec = replace(evaluation(dataset, "fw-run1-tools"), kind=EvaluationKind.TOOL_CALLING, limit=5)
    job_id = operations.create_evaluation(spec)
    status = follow_evaluation(operations, job_id)
    assert status.state is JobState.COMPLETED, status.detail
    assert set(operations.evaluation_scores(job_id)) == {
        "custom-tool-calling.tool-calling-accuracy.function_name_accuracy",
        "custom-tool-calling.tool-calling-accuracy.function_name_and_args_accuracy",
    }
    samples = list(operations.evaluation_samples(job_id))
    assert [sample.request["tools"] for sample in samples] == [TOOLS] * 5


def test_a_running_customization_is_cancelled_and_cancelling_again_changes_nothing(
    operations: ModelOps, training_dataset: DatasetReference
) -> None:
    spec = customization(training_dataset, "fw-run1-cancel", epochs=1000)
    job_id = operations.create_customization(spec)
    wait_until(
        lambda: operations.get_customization(job_id).state is JobState.RUNNING, "the training to run", timeout_s=30
    )
    operations.cancel_customization(job_id)
    assert follow_customization(operations, job_id)[-1].state is JobState.CANCELLED
    operations.cancel_customization(job_id)
    assert not [model for model in operations.list_models() if "fw-run1-cancel" in model]


def test_an_evaluation_that_has_ended_can_be_cancelled_without_harm(
    operations: ModelOps, evaluation_dataset: DatasetReference, deployed: str
) -> None:
    job_id = operations.create_evaluation(evaluation(evaluation_dataset, "fw-run1-late"))
    operations.cancel_evaluation(job_id)
    ended = follow_evaluation(operations, job_id).state
    operations.cancel_evaluation(job_id)
    assert operations.get_evaluation(job_id).state is ended


def test_a_model_can_be_deleted_twice(operations: ModelOps, training_dataset: DatasetReference, deployed: str) -> None:
    spec = customization(training_dataset, "fw-run1-delete", epochs=1)
    status = follow_customization(operations, operations.create_customization(spec))[-1]
    assert status.output_model is not None
    wait_until(lambda: status.output_model in operations.list_models(), "the adapter to answer")
    operations.delete_model(status.output_model)
    operations.delete_model(status.output_model)
    wait_until(lambda: status.output_model not in operations.list_models(), "the adapter to go")


def test_jobs_that_do_not_exist_are_missing_and_can_be_cancelled(operations: ModelOps) -> None:
    with pytest.raises(ResourceMissing):
        operations.get_customization("cust-none")
    with pytest.raises(ResourceMissing):
        operations.get_evaluation("eval-none")
    with pytest.raises(ResourceMissing):
        operations.evaluation_scores("eval-none")
    with pytest.raises(ResourceMissing):
        list(operations.evaluation_samples("eval-none"))
    operations.cancel_customization("cust-none")
    operations.cancel_evaluation("eval-none")


@pytest.mark.parametrize(
    ("change", "named"),
    [({"target": "local/linear-huge@1.0"}, "linear-huge"), ({"output_model": "no-namespace"}, "output_model")],
)
def test_a_customization_that_cannot_be_is_refused_with_the_reason(
    operations: ModelOps, training_dataset: DatasetReference, change: dict[str, Any], named: str
) -> None:
    spec = replace(customization(training_dataset, "fw-run1-refused"), **change)
    with pytest.raises(RequestRefused, match=named):
        operations.create_customization(spec)


def test_training_on_files_that_are_no_conversations_fails_with_the_reason(operations: ModelOps) -> None:
    dataset = operations.put_dataset("broken", dict.fromkeys(TRAINING_FILES, b'{"text": 1}\n'), run_id="run1")
    job_id = operations.create_customization(customization(dataset, "fw-run1-broken"))
    status = follow_customization(operations, job_id)[-1]
    assert status.state is JobState.FAILED
    assert "messages" in (status.detail or "")


def test_all_services_are_well(operations: ModelOps) -> None:
    assert [seen for seen in operations.probe() if not seen.ok] == []


def test_many_threads_share_one_adapter_without_mixing_answers(
    operations: ModelOps, trained: list[CustomizationStatus], deployed: str
) -> None:
    with ThreadPoolExecutor(max_workers=16) as pool:
        ids = pool.map(lambda _: operations.get_customization(trained[-1].id).id, range(100))
        names = pool.map(lambda _: getattr(operations.find_deployment(deployed), "name", None), range(100))
        assert set(ids) == {trained[-1].id}
        assert set(names) == {deployed}


def test_a_backend_that_is_gone_is_provably_not_reached(tmp_path: Path) -> None:
    for backend in run_backend(tmp_path):
        adapter = connect(backend)
        assert adapter.list_models() == frozenset()
    with pytest.raises(ServiceUnavailable) as caught:
        adapter.create_deployment(DeploymentSpec(name="fw-1", model=STUDENT, gpus=0, run_id="run1"))
    assert [seen.ok for seen in adapter.probe()] == [False] * 6
    adapter.close()
    assert str(backend.url) in str(caught.value)
