"""The customizer through the vendor's client: targets, configurations, and a job from its create to its model."""

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.backend.workload import (
    FINAL,
    LONG_TRAINING,
    NAMESPACE,
    STUDENT,
    TRAINING_OPTION,
    deploy,
    finish,
    json_lines,
    make_records,
    put_dataset,
    read_job,
    start,
    training_body,
    training_row,
    wait_for_progress,
    wait_for_status,
)
from tests.waiting import wait_until

if TYPE_CHECKING:
    from nemo_microservices import NeMoMicroservices
    from nemo_microservices.types.customization import CustomizationJob

pytestmark = pytest.mark.usefixtures("workload")


@pytest.fixture(scope="module")
def trained(client: httpx.Client, workload: None) -> dict[str, Any]:
    """A job that ran to its end."""
    job = finish(client, "customization", training_body(epochs=8, adapter_dim=8))
    assert job["status"] == "completed", job
    return job


def test_every_student_is_a_target_from_the_start(sdk: "NeMoMicroservices") -> None:
    targets = {f"{target.namespace}/{target.name}": target for target in sdk.customization.targets.list()}
    target = targets["local/linear-large@1.0"]
    assert (target.base_model, target.status, target.enabled) == ("local/linear-large", "ready", True)


def test_a_target_is_created_changed_and_deleted(sdk: "NeMoMicroservices") -> None:
    created = sdk.customization.targets.create(
        name="mine@2.0", namespace=NAMESPACE, base_model=STUDENT, num_parameters=1, precision="fp32"
    )
    assert created.status == "ready"
    changed = sdk.customization.targets.update("mine@2.0", namespace=NAMESPACE, description="words")
    assert changed.description == "words"
    assert sdk.customization.targets.retrieve("mine@2.0", namespace=NAMESPACE).num_parameters == 1
    sdk.customization.targets.delete("mine@2.0", namespace=NAMESPACE)
    assert not list(sdk.customization.targets.list(filter={"namespace": NAMESPACE, "name": "mine@2.0"}))


def test_a_target_that_no_student_stands_behind_is_not_ready(sdk: "NeMoMicroservices") -> None:
    created = sdk.customization.targets.create(
        name="llama@2.0", namespace="meta", num_parameters=1, precision="bf16-mixed"
    )
    assert (created.base_model, created.status) == ("meta/llama", "failed")


def test_a_configuration_shows_its_target_in_full_and_changes_its_options(sdk: "NeMoMicroservices") -> None:
    from nemo_microservices.types import CustomizationTarget

    name = "options@v1.0.0+A100"
    created = sdk.customization.configs.create(
        name=name,
        namespace=NAMESPACE,
        target=f"{STUDENT}@1.0",
        max_seq_length=2048,
        training_options=[{"training_type": "sft", "finetuning_type": "lora", "num_gpus": 0, "micro_batch_size": 1}],
    )
    assert isinstance(created.target, CustomizationTarget)
    assert created.target.base_model == STUDENT
    changed = sdk.customization.configs.update(
        name,
        namespace=NAMESPACE,
        add_training_options=[
            {"training_type": "sft", "finetuning_type": "all_weights", "num_gpus": 1, "micro_batch_size": 1}
        ],
        remove_training_options=[{"training_type": "sft", "finetuning_type": "lora"}],
    )
    assert [option.finetuning_type for option in changed.training_options] == ["all_weights"]
    assert sdk.customization.configs.retrieve(name, namespace=NAMESPACE).max_seq_length == 2048
    found = sdk.customization.configs.list(filter={"target_base_model": STUDENT}, sort="-name")
    assert name in [config.name for config in found]
    sdk.customization.configs.delete(name, namespace=NAMESPACE)
    assert name not in [config.name for config in sdk.customization.configs.list()]


def test_a_job_is_created_with_everything_the_contract_shows(sdk: "NeMoMicroservices") -> None:
    job = create_with_sdk(sdk)
    assert job.id
    assert job.id.startswith("cust-")
    assert job.output_model == f"{NAMESPACE}/sdk@{job.id}"
    assert (job.config, job.dataset) == (f"{NAMESPACE}/small@v1", f"{NAMESPACE}/train-set")
    assert (job.custom_fields, job.project) == ({"flywheel_key": "run-1"}, "p")
    assert job.config_snapshot
    assert (job.config_snapshot.base_model, job.config_snapshot.max_seq_length) == (STUDENT, 2048)
    assert job.hyperparameters.epochs == 2
    assert job.hyperparameters.learning_rate
    assert job.status_details
    assert [log.message for log in job.status_details.status_logs or []] == ["created"]
    assert [warning.message for warning in job.warnings or []] == ["warmup_steps is not used by the local backend"]
    by_key: Any = {"custom_fields": {"flywheel_key": "run-1"}}  # the client's types do not know this filter
    found = sdk.customization.jobs.list(filter=by_key)
    assert [one.id for one in found] == [job.id]


def create_with_sdk(sdk: "NeMoMicroservices") -> "CustomizationJob":
    return sdk.customization.jobs.create(
        name="topics/small",
        namespace=NAMESPACE,
        project="p",
        config=f"{NAMESPACE}/small@v1",
        dataset={"name": "train-set", "namespace": NAMESPACE},
        output_model=f"{NAMESPACE}/sdk",
        hyperparameters={
            "training_type": "sft",
            "finetuning_type": "lora",
            "epochs": 2,
            "batch_size": 16,
            "warmup_steps": 5,
            "lora": {"adapter_dim": 8, "adapter_dropout": 0.1},
        },
        custom_fields={"flywheel_key": "run-1"},
    )


def test_a_finished_job_tells_its_course_and_its_losses(sdk: "NeMoMicroservices", trained: dict[str, Any]) -> None:
    status = sdk.customization.jobs.status(trained["id"])
    assert (status.status, status.percentage_done, status.epochs_completed) == ("completed", 100.0, 8)
    assert status.steps_per_epoch == 5  # 160 rows in batches of 32
    assert status.steps_completed == 40
    assert [log.message for log in status.status_logs or []] == ["created", "TrainingJobRunning", "completed"]
    assert status.metrics
    assert status.metrics.metrics
    training, validation = status.metrics.metrics.train_loss or [], status.metrics.metrics.val_loss or []
    assert [point.step for point in training] == [9, 19, 29, 39]
    assert [point.step for point in validation] == [4, 9, 14, 19, 24, 29, 34, 39]
    losses = [point.value for point in validation if point.value is not None]
    assert losses[-1] < losses[0] / 2
    assert status.best_epoch == losses.index(min(losses)) + 1


def test_the_log_of_a_job_is_the_log_of_its_container(sdk: "NeMoMicroservices", trained: dict[str, Any]) -> None:
    logs = sdk.customization.jobs.container_logs(trained["id"])
    assert logs.entries
    text = str((logs.entries[trained["id"]].logs or {})["main"])
    assert "TrainingJobRunning" in text
    assert "trained on 160 rows, validated on 40" in text


def test_the_adapter_becomes_a_model_that_answers_while_its_student_is_deployed(
    sdk: "NeMoMicroservices", client: httpx.Client, trained: dict[str, Any]
) -> None:
    namespace, _, name = trained["output_model"].partition("/")
    model = sdk.models.retrieve(name, namespace=namespace)
    assert model.base_model == STUDENT
    assert model.peft
    assert model.peft.finetuning_type == "lora"
    assert model.artifact
    assert model.artifact.status == "upload_completed"
    deploy(client, "for-adapter")
    ids = [served["id"] for served in client.get("/nim/v1/models").json()["data"]]
    assert trained["output_model"] in ids
    right = 0
    for record in make_records(30, seed=9):
        body = {"model": trained["output_model"], "messages": record["request"]["messages"]}
        answer = client.post("/nim/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"]
        right += answer == record["response"]["choices"][0]["message"]["content"]
    assert right >= 27
    client.delete(f"/v1/deployment/model-deployments/{NAMESPACE}/for-adapter")
    assert client.get("/nim/v1/models").json()["data"] == []


def test_deleting_the_model_deletes_its_adapter(client: httpx.Client, sdk: "NeMoMicroservices") -> None:
    job = finish(client, "customization", training_body(epochs=1))
    namespace, _, name = job["output_model"].partition("/")
    sdk.models.delete(name, namespace=namespace)
    deploy(client, "after-delete")
    ids = [served["id"] for served in client.get("/nim/v1/models").json()["data"]]
    client.delete(f"/v1/deployment/model-deployments/{NAMESPACE}/after-delete")
    assert STUDENT in ids
    assert job["output_model"] not in ids


def test_two_equal_trainings_give_equal_losses(client: httpx.Client) -> None:
    first, second = (finish(client, "customization", training_body(epochs=2, seed=7)) for _ in range(2))
    curves = [
        [point["value"] for point in job["status_details"]["metrics"]["metrics"]["val_loss"]] for job in (first, second)
    ]
    assert curves[0] == curves[1]


def test_a_dataset_without_validation_files_gives_a_tenth_of_its_rows(client: httpx.Client) -> None:
    rows = [training_row(record) for record in make_records(100)]
    put_dataset(
        client, "train-only", {"training/a.jsonl": json_lines(rows[:60]), "training/b.jsonl": json_lines(rows[60:])}
    )
    body = training_body(epochs=1) | {"dataset": f"hf://datasets/{NAMESPACE}/train-only"}
    job = finish(client, "customization", body)
    assert job["status_details"]["status_logs"][-1]["detail"] == "trained on 90 rows, validated on 10"


def test_an_inline_configuration_trains_as_well_as_a_named_one(client: httpx.Client) -> None:
    config = {"target": f"{STUDENT}@1.0", "max_seq_length": 64, "training_options": [TRAINING_OPTION]}
    job = finish(client, "customization", training_body(epochs=1) | {"config": config})
    assert job["status"] == "completed"
    assert job["config"]["target"]["base_model"] == STUDENT


def test_a_job_without_output_model_keeps_nothing(client: httpx.Client) -> None:
    body = training_body(epochs=1)
    del body["output_model"]
    job = finish(client, "customization", body)
    assert (job["status"], job["output_model"]) == ("completed", None)


def test_a_cancelled_job_ends_at_once_and_leaves_no_model(sdk: "NeMoMicroservices", client: httpx.Client) -> None:
    job_id = start(client, "customization", LONG_TRAINING)
    wait_for_progress(client, "customization", job_id)
    cancelled = sdk.customization.jobs.cancel(job_id)
    assert cancelled.status == "cancelled"
    wait_until(lambda: read_job(client, "customization", job_id)["status"] == "cancelled", "the end", timeout_s=1)
    steps = read_job(client, "customization", job_id)["status_details"]["steps_completed"]
    # The next job gets a process, so the work of the cancelled one is over.
    assert finish(client, "customization", training_body(epochs=1))["status"] == "completed"
    assert read_job(client, "customization", job_id)["status_details"]["steps_completed"] == steps
    namespace, _, name = str(cancelled.output_model).partition("/")
    assert client.get(f"/v1/models/{namespace}/{name}").status_code == 404


def test_a_waiting_job_is_cancelled_before_it_starts(client: httpx.Client) -> None:
    running = [start(client, "customization", LONG_TRAINING) for _ in range(2)]
    for job_id in running:
        wait_for_status(client, "customization", job_id, "running")
    waiting = start(client, "customization", training_body(epochs=1))
    assert read_job(client, "customization", waiting)["status"] == "created"  # two at a time
    for job_id in [waiting, *running]:
        assert client.post(f"/v1/customization/jobs/{job_id}/cancel").json()["status"] == "cancelled"
    messages = [log["message"] for log in read_job(client, "customization", waiting)["status_details"]["status_logs"]]
    assert messages == ["created", "cancelled"]


def test_two_jobs_of_one_named_revision_leave_one_model(client: httpx.Client) -> None:
    body = training_body(epochs=1) | {"output_model": f"{NAMESPACE}/topics@mine"}
    first, second = (start(client, "customization", body) for _ in range(2))
    ends = [wait_for_status(client, "customization", job_id, *FINAL) for job_id in (first, second)]
    assert sorted(job["status"] for job in ends) == ["completed", "failed"]
    failed = next(job for job in ends if job["status"] == "failed")
    assert "already exists" in failed["status_details"]["status_logs"][-1]["detail"]
    assert client.post("/v1/customization/jobs", json=body).status_code == 409


def test_a_job_that_has_ended_cannot_be_cancelled(client: httpx.Client, trained: dict[str, Any]) -> None:
    response = client.post(f"/v1/customization/jobs/{trained['id']}/cancel")
    assert response.status_code == 409
    assert "has ended as completed" in response.json()["detail"]


def test_rows_that_cannot_be_trained_on_fail_the_job_and_name_the_line(client: httpx.Client) -> None:
    put_dataset(client, "broken", {"training/train.jsonl": b'{"messages": []}\n{"messages": \n'})
    job = finish(client, "customization", training_body() | {"dataset": f"{NAMESPACE}/broken"})
    assert job["status"] == "failed"
    assert job["status_details"]["status"] == "failed"
    last = job["status_details"]["status_logs"][-1]
    assert last["message"] == "failed"
    assert last["detail"].startswith("training/train.jsonl, line 2: not JSON")
    put_dataset(client, "no-answers", {"training/train.jsonl": b'{"messages": []}\n'})
    job = finish(client, "customization", training_body() | {"dataset": f"{NAMESPACE}/no-answers"})
    assert "row 1" in job["status_details"]["status_logs"][-1]["detail"]


def refuse(client: httpx.Client, **changes: Any) -> dict[str, Any]:
    response = client.post("/v1/customization/jobs", json=training_body() | changes)
    assert response.status_code == 422, response.text
    problem: dict[str, Any] = response.json()["detail"][0]
    return problem


def test_what_a_job_names_wrongly_is_refused_with_field_and_near_miss(client: httpx.Client) -> None:
    problem = refuse(client, config=f"{NAMESPACE}/smal@v1")
    assert problem["loc"] == ["body", "config"]
    assert f"did you mean '{NAMESPACE}/small@v1'" in problem["msg"]
    problem = refuse(client, dataset={"name": "train-sett", "namespace": NAMESPACE})
    assert problem["loc"] == ["body", "dataset"]
    assert f"did you mean '{NAMESPACE}/train-set'" in problem["msg"]
    assert "training/*.jsonl" in refuse(client, dataset=f"{NAMESPACE}/eval-set")["msg"]
    assert (
        "local backend trains 'sft' with 'lora'"
        in refuse(client, hyperparameters={"training_type": "dpo", "finetuning_type": "lora"})["msg"]
    )


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"hyperparameters": {}}, ["body", "hyperparameters", "finetuning_type"]),
        ({"hyperparameters": {"finetuning_type": "lorra"}}, ["body", "hyperparameters", "finetuning_type"]),
        ({"hyperparameters": {"finetuning_type": "lora", "epochs": 0}}, ["body", "hyperparameters", "epochs"]),
        (
            {"hyperparameters": {"finetuning_type": "lora", "lora": {"adapter_dim": "many"}}},
            ["body", "hyperparameters", "lora", "adapter_dim"],
        ),
        ({"hyperparameters": {"finetuning_type": "lora", "learning_rate": 99}}, ["body", "hyperparameters"]),
        ({"output_model": "no-namespace"}, ["body", "output_model"]),
        ({"config": {"max_seq_length": 1, "training_options": []}}, ["body", "config", "training_options"]),
        ({"config": 5}, ["body", "config", "str"]),
    ],
)
def test_a_wrong_body_is_refused_with_its_field(
    client: httpx.Client, changes: dict[str, Any], location: list[str]
) -> None:
    before = client.get("/v1/customization/jobs").json()["pagination"]["total_results"]
    assert refuse(client, **changes)["loc"] == location
    assert client.get("/v1/customization/jobs").json()["pagination"]["total_results"] == before
