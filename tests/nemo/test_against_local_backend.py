"""The whole adapter over real HTTP against the local backend: nothing is mocked but the traffic."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from core.nemo import (
    CustomizationStatus,
    DatasetReference,
    DeploymentSpec,
    EvaluationKind,
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
from tests.backend.server_process import ServerProcess, running_server
from tests.nemo.topics import (
    EVALUATION_FILE,
    EVALUATION_RECORDS,
    STUDENT,
    TOOLS,
    TRAINING_FILES,
    customization,
    evaluation,
    follow_customization,
    follow_evaluation,
    make_lines,
    make_records,
    make_training_rows,
)
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("backend")) as server:
        yield server


def connect(url: str) -> ModelOps:
    nemo = NemoSettings(services_url=url, nim_url=f"{url}/nim", data_store_url=url)
    return connect_model_ops(Settings(nemo=nemo))


@pytest.fixture(scope="module")
def operations(backend: ServerProcess) -> Iterator[ModelOps]:
    adapter = connect(backend.url)
    yield adapter
    adapter.close()


@pytest.fixture(scope="module")
def evaluation_dataset(operations: ModelOps) -> DatasetReference:
    return operations.put_dataset("flywheel-eval-topics-1", EVALUATION_FILE, run_id="run1")


@pytest.fixture(scope="module")
def training_dataset(operations: ModelOps) -> DatasetReference:
    records = make_records(150, seed=1)
    rows = (make_training_rows(records[:120]), make_training_rows(records[120:]))
    files = dict(zip(TRAINING_FILES, rows, strict=True))
    return operations.put_dataset("flywheel-train-topics-1", files, run_id="run1")


@pytest.fixture(scope="module")
def deployed(operations: ModelOps) -> str:
    spec = DeploymentSpec(name="fw-run1-deploy", model=STUDENT, gpus=0, run_id="run1")
    operations.create_deployment(spec)
    wait_until(lambda: STUDENT in operations.list_models(), "the student to answer")
    return spec.name


@pytest.fixture(scope="module")
def trained(operations: ModelOps, training_dataset: DatasetReference, deployed: str) -> list[CustomizationStatus]:
    spec = customization(training_dataset, "fw-run1-customize")
    return follow_customization(operations, operations.create_customization(spec))


def stored_file(backend: ServerProcess, dataset: str, path: str) -> httpx.Response:
    url = f"{backend.url}/v1/hf/datasets/flywheel/{dataset}/resolve/main/{path}"
    return httpx.get(url, trust_env=False, follow_redirects=True)


def test_a_dataset_is_stored_byte_for_byte_and_registered(
    backend: ServerProcess, evaluation_dataset: DatasetReference
) -> None:
    assert evaluation_dataset.url == "hf://datasets/flywheel/flywheel-eval-topics-1"
    assert (
        stored_file(backend, evaluation_dataset.name, "eval_data.jsonl").content == EVALUATION_FILE["eval_data.jsonl"]
    )
    entity = httpx.get(f"{backend.url}/v1/datasets/flywheel/{evaluation_dataset.name}", trust_env=False).json()
    assert (entity["files_url"], entity["project"]) == (evaluation_dataset.url, "flywheel")
    assert entity["custom_fields"] == {"flywheel_run": "run1"}


def test_a_dataset_can_be_stored_again_changed_and_deleted_twice(operations: ModelOps, backend: ServerProcess) -> None:
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


def test_a_backend_that_is_not_there_is_provably_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    adapter = connect(url)
    with pytest.raises(ServiceUnavailable, match=url) as caught:
        adapter.create_deployment(DeploymentSpec(name="fw-1", model=STUDENT, gpus=0, run_id="run1"))
    assert not caught.value.ambiguous
    assert [seen.ok for seen in adapter.probe()] == [False] * 6
    adapter.close()
