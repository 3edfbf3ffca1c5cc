"""The evaluator through the vendor's client: configurations, targets, and a job from its create to its samples."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from core.scoring import token_overlap_f1
from tests.backend.workload import (
    EXACT,
    F1,
    MESSAGES,
    NAMESPACE,
    SLOW_TEMPLATE,
    STUDENT,
    deploy,
    evaluation_body,
    finish,
    json_lines,
    make_records,
    put_dataset,
    read_job,
    start,
    training_body,
    wait_for_progress,
    wait_for_status,
)

if TYPE_CHECKING:
    from nemo_microservices import NeMoMicroservices

DEPLOYMENT = f"/v1/deployment/model-deployments/{NAMESPACE}/evaluated"


@pytest.fixture(scope="module", autouse=True)
def deployed(client: httpx.Client, workload: None) -> Iterator[None]:
    """The student that the tests evaluate, deployed."""
    deploy(client, "evaluated")
    yield
    client.delete(DEPLOYMENT)


@pytest.fixture(scope="module")
def evaluated(client: httpx.Client, deployed: None) -> dict[str, Any]:
    """A job that ran to its end."""
    job = finish(client, "evaluation", evaluation_body(limit_samples=30) | {"custom_fields": {"flywheel_key": "e-1"}})
    assert job["status"] == "completed", job["status_details"]
    return job


def download(client: httpx.Client, job_id: str) -> dict[str, list[dict[str, Any]]]:
    response = client.get(f"/v1/evaluation/jobs/{job_id}/download-results")
    assert response.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        names = [name for name in archive.namelist() if name.endswith("results.json")]
        results: dict[str, list[dict[str, Any]]] = json.loads(archive.read(names[0]))
    return results


def test_configurations_and_targets_are_created_changed_listed_and_deleted(sdk: "NeMoMicroservices") -> None:
    config = sdk.evaluation.configs.create(
        type="custom",
        name="qa",
        namespace=NAMESPACE,
        tasks={"qa": {"type": "chat-completion", "metrics": {"f1": F1}}},
    )
    assert config.tasks
    assert config.tasks["qa"].type == "chat-completion"
    target = sdk.evaluation.targets.create(type="model", name="m1", namespace=NAMESPACE, model=STUDENT)
    assert target.model == STUDENT
    changed = sdk.evaluation.targets.update("m1", namespace=NAMESPACE, type="model", model="ns/other")
    assert changed.model == "ns/other"
    assert sdk.evaluation.configs.update("qa", path_namespace=NAMESPACE, description="words").description == "words"
    assert sdk.evaluation.configs.retrieve("qa", namespace=NAMESPACE).description == "words"
    assert [one.name for one in sdk.evaluation.targets.list(filter={"model": "ns/other"})] == ["m1"]
    assert [one.name for one in sdk.evaluation.configs.list(filter={"name": "qa"})] == ["qa"]
    sdk.evaluation.targets.delete("m1", namespace=NAMESPACE)
    sdk.evaluation.configs.delete("qa", namespace=NAMESPACE)
    assert not list(sdk.evaluation.configs.list(filter={"name": "qa"}))


def test_a_job_may_name_its_configuration_and_target_and_shows_both_in_full(sdk: "NeMoMicroservices") -> None:
    task = evaluation_body()["config"]["tasks"]["chat-completion"]
    sdk.evaluation.configs.create(type="custom", name="named", namespace=NAMESPACE, tasks={"chat-completion": task})
    sdk.evaluation.targets.create(
        type="model",
        name="named",
        namespace=NAMESPACE,
        model={"api_endpoint": {"url": "http://nim.test/v1/chat/completions", "model_id": STUDENT, "api_key": "key"}},
    )
    job = sdk.evaluation.jobs.create(
        namespace=NAMESPACE, config=f"{NAMESPACE}/named", target=f"{NAMESPACE}/named", project="p"
    )
    assert job.id
    assert job.id.startswith("eval-")
    assert job.status == "created"
    assert (job.config.name, job.target.name, job.project) == ("named", "named", "p")
    found = sdk.evaluation.jobs.list(filter={"config": f"{NAMESPACE}/named", "project": "p"}, sort="-created_at")
    assert [one.id for one in found] == [job.id]
    sdk.evaluation.jobs.delete(job.id)
    assert sdk.evaluation.configs.retrieve("named", namespace=NAMESPACE).name == "named"  # it was not the job's own


def test_an_inline_configuration_becomes_an_entity_that_goes_with_its_job(
    sdk: "NeMoMicroservices", client: httpx.Client
) -> None:
    job = finish(client, "evaluation", evaluation_body(limit_samples=1))
    config = sdk.evaluation.configs.retrieve(job["config"]["name"], namespace="default")
    assert config.name == config.id
    sdk.evaluation.jobs.delete(job["id"])
    assert client.get(f"/v1/evaluation/configs/default/{config.name}").status_code == 404
    assert client.get(f"/v1/evaluation/jobs/{job['id']}").status_code == 404


def test_a_job_is_found_by_the_key_its_creator_gave_it(sdk: "NeMoMicroservices", evaluated: dict[str, Any]) -> None:
    found = list(sdk.evaluation.jobs.list(filter={"custom_fields": {"flywheel_key": "e-1"}}))
    assert [job.id for job in found] == [evaluated["id"]]


def test_a_finished_job_tells_its_progress_and_its_scores(sdk: "NeMoMicroservices", evaluated: dict[str, Any]) -> None:
    status = sdk.evaluation.jobs.status(evaluated["id"])
    assert (status.progress, status.samples_processed) == (100.0, 30)
    assert status.task_status == {"chat-completion": "completed"}
    result = sdk.evaluation.jobs.results(evaluated["id"])
    assert result.job == evaluated["id"]
    assert result.id == evaluated["result"]
    assert result.tasks
    metrics = result.tasks["chat-completion"].metrics or {}
    score = (metrics["f1"].scores or {})["f1_score"]
    assert score.stats
    assert (score.stats.count, score.stats.nan_count, score.stats.mean) == (30, 0, score.value)
    assert 0 <= score.value <= 1


def test_every_sample_has_its_item_its_answer_its_tokens_and_its_scores(
    sdk: "NeMoMicroservices", client: httpx.Client, evaluated: dict[str, Any]
) -> None:
    samples = download(client, evaluated["id"])["chat-completion"]
    assert [sample["item"] for sample in samples] == make_records(40, seed=2)[:30]
    values = []
    for sample in samples:
        response, expected = (
            sample["sample"]["response"],
            sample["item"]["response"]["choices"][0]["message"]["content"],
        )
        text = sample["sample"]["output_text"]
        assert text == response["choices"][0]["message"]["content"]
        assert response["usage"]["total_tokens"] > response["usage"]["completion_tokens"] > 0
        assert sample["sample"]["latency_ms"] > 0
        assert sample["metrics"]["f1"]["scores"]["f1_score"]["value"] == token_overlap_f1(text, expected)
        assert sample["metrics"]["exact"]["scores"]["string-check"]["value"] == float(text == expected)
        values.append(sample["metrics"]["exact"]["scores"]["string-check"]["value"])
    scores = client.get(f"/v1/evaluation/jobs/{evaluated['id']}/results").json()["tasks"]["chat-completion"]["metrics"]
    assert scores["exact"]["scores"]["string-check"]["value"] == pytest.approx(sum(values) / 30)
    archive = sdk.evaluation.jobs.download_results(evaluated["id"]).read()
    assert zipfile.is_zipfile(io.BytesIO(archive))


def test_the_samples_say_what_the_nim_proxy_says(client: httpx.Client, evaluated: dict[str, Any]) -> None:
    for sample in download(client, evaluated["id"])["chat-completion"][:5]:
        body = {"model": STUDENT, "messages": sample["item"]["request"]["messages"]}
        answer = client.post("/nim/v1/chat/completions", json=body).json()
        assert answer["choices"] == sample["sample"]["response"]["choices"]
        assert answer["usage"] == sample["sample"]["response"]["usage"]


def test_a_customized_model_is_better_than_its_base(client: httpx.Client, evaluated: dict[str, Any]) -> None:
    model = finish(client, "customization", training_body(epochs=8))["output_model"]
    job = finish(client, "evaluation", evaluation_body(model))
    metrics = client.get(f"/v1/evaluation/jobs/{job['id']}/results").json()["tasks"]["chat-completion"]["metrics"]
    assert metrics["exact"]["scores"]["string-check"]["value"] >= 0.9


def test_the_log_is_a_zip_with_a_text(client: httpx.Client, evaluated: dict[str, Any]) -> None:
    response = client.get(f"/v1/evaluation/jobs/{evaluated['id']}/logs")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert "completed: Job completed successfully." in archive.read("logs/evaluation.log").decode()


def test_tool_calls_are_compared_by_name_and_arguments(client: httpx.Client) -> None:
    call = {"function": {"name": "set_alarm", "arguments": {"hour": 7}}, "type": "function", "id": "1"}
    tool = {"type": "function", "function": {"name": "set_alarm", "parameters": {"type": "object", "properties": {}}}}
    row = {
        "request": {"messages": [{"role": "user", "content": "wake me"}], "tools": [tool]},
        "response": {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [call]}}]},
    }
    put_dataset(client, "tools", {"eval_data.jsonl": json_lines([row])})
    body = evaluation_body(
        template=MESSAGES | {"tools": "{{ item.request.tools | tojson }}", "tool_choice": "required"},
        metrics={
            "tool-calling-accuracy": {
                "type": "tool-calling",
                "params": {"tool_calls_ground_truth": "{{ item.response.choices[0].message.tool_calls | tojson }}"},
            }
        },
    )
    body["config"]["tasks"]["chat-completion"]["dataset"]["files_url"] = f"hf://datasets/{NAMESPACE}/tools"
    job = finish(client, "evaluation", body)
    assert job["status"] == "completed", job["status_details"]
    sample = download(client, job["id"])["chat-completion"][0]
    assert set(sample["metrics"]["tool-calling-accuracy"]["scores"]) == {
        "function_name_accuracy",
        "function_name_and_args_accuracy",
    }
    assert sample["requests"][0]["request"]["tools"] == [tool]


def test_similarity_metrics_score_rows_that_carry_their_reference(client: httpx.Client) -> None:
    rows = [{"prompt": "Topics: red; blue. red red", "ideal_response": "red", "Category Name": "x"}]
    put_dataset(client, "similar", {"rows.json": json.dumps(rows).encode()})
    task = {
        "type": "default",
        "dataset": {"files_url": f"hf://datasets/{NAMESPACE}/similar/rows.json"},
        "metrics": {"accuracy": {"type": "accuracy"}, "em": {"type": "em"}},
    }
    body = evaluation_body() | {"config": {"type": "similarity_metrics", "tasks": {"t": task}}}
    job = finish(client, "evaluation", body)
    assert job["status"] == "completed", job["status_details"]
    metrics = client.get(f"/v1/evaluation/jobs/{job['id']}/results").json()["tasks"]["t"]["metrics"]
    assert set(metrics["accuracy"]["scores"]["accuracy"]) == {"value"}
    assert download(client, job["id"])["t"][0]["item"] == {
        "prompt": rows[0]["prompt"],
        "ideal_response": "red",
        "category_name": "x",
    }


def test_a_record_that_does_not_fit_the_template_is_kept_with_its_error(client: httpx.Client) -> None:
    rows = [*make_records(2, seed=3), {"request": {}, "response": {}}]
    put_dataset(client, "ragged", {"eval_data.jsonl": json_lines(rows)})
    body = evaluation_body()
    body["config"]["tasks"]["chat-completion"]["dataset"]["files_url"] = f"hf://datasets/{NAMESPACE}/ragged"
    job = finish(client, "evaluation", body)
    assert job["status"] == "completed"
    bad = download(client, job["id"])["chat-completion"][2]
    assert bad["sample"]["response"] is None
    assert "messages" in bad["sample"]["error"]
    assert bad["metrics"]["f1"]["scores"]["f1_score"]["value"] is None
    scores = client.get(f"/v1/evaluation/jobs/{job['id']}/results").json()["tasks"]["chat-completion"]["metrics"]
    stats = scores["f1"]["scores"]["f1_score"]["stats"]
    assert (stats["count"], stats["nan_count"]) == (2, 1)


def test_half_a_character_in_a_record_survives(client: httpx.Client) -> None:
    record = make_records(1)[0]
    record["request"]["messages"][1]["content"] += " \ud83d"
    put_dataset(client, "halves", {"eval_data.jsonl": json_lines([record])})
    body = evaluation_body()
    body["config"]["tasks"]["chat-completion"]["dataset"]["files_url"] = f"hf://datasets/{NAMESPACE}/halves"
    job = finish(client, "evaluation", body)
    assert job["status"] == "completed", job["status_details"]
    assert download(client, job["id"])["chat-completion"][0]["item"] == record


def test_a_job_in_which_no_record_has_a_score_fails_and_says_why(client: httpx.Client) -> None:
    job = finish(client, "evaluation", evaluation_body(template={"messages": "{{ item.nothing | tojson }}"}))
    assert job["status"] == "failed"
    assert job["status_details"]["task_status"] == {"chat-completion": "failed"}
    assert "no record has a score of 'f1'" in job["status_details"]["message"]
    assert client.get(f"/v1/evaluation/jobs/{job['id']}/results").status_code == 404
    assert client.get(f"/v1/evaluation/jobs/{job['id']}/download-results").status_code == 404


def test_a_model_that_is_unknown_or_not_deployed_fails_the_job_with_the_reason(client: httpx.Client) -> None:
    job = finish(client, "evaluation", evaluation_body("local/linear-large"))
    assert job["status"] == "failed"
    assert "'local/linear-large' has no ready deployment" in job["status_details"]["message"]
    job = finish(client, "evaluation", evaluation_body("local/linear-smol"))
    assert "'local/linear-smol' does not exist; did you mean 'local/linear-small'" in job["status_details"]["message"]


def test_a_model_that_is_undeployed_in_the_middle_fails_the_job(client: httpx.Client) -> None:
    deploy(client, "short-lived", model="local/linear-medium")
    job_id = start(client, "evaluation", slow_evaluation(client, "local/linear-medium"))
    wait_for_progress(client, "evaluation", job_id)
    client.delete(f"/v1/deployment/model-deployments/{NAMESPACE}/short-lived")
    job = wait_for_status(client, "evaluation", job_id, "failed", timeout_s=30)
    assert "has no ready deployment" in job["status_details"]["message"]


def slow_evaluation(client: httpx.Client, model: str = STUDENT) -> dict[str, Any]:
    if client.get(f"/v1/datasets/{NAMESPACE}/long").status_code == 404:
        put_dataset(client, "long", {"eval_data.jsonl": json_lines(make_records(2000))})
    body = evaluation_body(model, template=SLOW_TEMPLATE)
    body["config"]["tasks"]["chat-completion"]["dataset"]["files_url"] = f"hf://datasets/{NAMESPACE}/long"
    return body


def test_a_cancelled_job_ends_at_once(sdk: "NeMoMicroservices", client: httpx.Client) -> None:
    job_id = start(client, "evaluation", slow_evaluation(client))
    wait_for_progress(client, "evaluation", job_id)
    sdk.evaluation.jobs.cancel(job_id)
    job = read_job(client, "evaluation", job_id)
    assert (job["status"], job["status_details"]["task_status"]) == ("cancelled", {"chat-completion": "failed"})
    assert finish(client, "evaluation", evaluation_body(limit_samples=1))["status"] == "completed"
    assert read_job(client, "evaluation", job_id)["updated_at"] == job["updated_at"]
    assert client.post(f"/v1/evaluation/jobs/{job_id}/cancel").status_code == 409


def test_deleting_a_living_job_ends_it(sdk: "NeMoMicroservices", client: httpx.Client) -> None:
    job_id = start(client, "evaluation", slow_evaluation(client))
    wait_for_status(client, "evaluation", job_id, "running")
    sdk.evaluation.jobs.delete(job_id)
    assert client.get(f"/v1/evaluation/jobs/{job_id}").status_code == 404
    assert finish(client, "evaluation", evaluation_body(limit_samples=1))["status"] == "completed"


TASK = ["body", "config", "tasks", "chat-completion"]


@pytest.mark.parametrize(
    ("change", "location", "words"),
    [
        ({"type": "completion"}, [*TASK, "type"], "it has 'chat-completion'"),
        ({"metrics": {}}, [*TASK, "metrics"], "no metric"),
        ({"metrics": {"b": {"type": "bleu"}}}, [*TASK, "metrics", "b"], "it has accuracy, em, f1"),
        ({"metrics": {"f": {"type": "f1"}}}, [*TASK, "metrics", "f"], "ground_truth"),
        (
            {"metrics": {"c": {"type": "string-check", "params": {"check": ["a", "is", "b"]}}}},
            [*TASK, "metrics", "c"],
            "operator 'is'",
        ),
        ({"params": {}}, [*TASK, "params", "template"], "messages"),
        (
            {"params": {"template": {"messages": "{{ item.request"}}},
            [*TASK, "params", "template"],
            "not a valid template",
        ),
        ({"dataset": None}, [*TASK, "dataset"], "names no dataset"),
        ({"dataset": f"{NAMESPACE}/eval-sett"}, [*TASK, "dataset"], f"did you mean '{NAMESPACE}/eval-set'"),
        (
            {"dataset": {"files_url": f"hf://datasets/{NAMESPACE}/eval-set/x.jsonl"}},
            [*TASK, "dataset", "files_url"],
            "no file 'x.jsonl'",
        ),
    ],
)
def test_a_wrong_task_is_refused_with_its_field_and_leaves_nothing_behind(
    client: httpx.Client, change: dict[str, Any], location: list[str], words: str
) -> None:
    def count(what: str) -> int:
        total: int = client.get(f"/v1/evaluation/{what}").json()["pagination"]["total_results"]
        return total

    before = [count(what) for what in ("jobs", "configs", "targets")]
    body = evaluation_body()
    body["config"]["tasks"]["chat-completion"] |= change
    response = client.post("/v1/evaluation/jobs", json=body)
    assert response.status_code == 422
    problem = response.json()["detail"][0]
    assert problem["loc"] == location
    assert words in problem["msg"]
    assert [count(what) for what in ("jobs", "configs", "targets")] == before


@pytest.mark.parametrize(
    ("change", "location"),
    [
        ({"config": "ns/nothing"}, ["body", "config"]),
        ({"config": {"type": "mmlu"}}, ["body", "config", "type"]),
        ({"config": {"type": "custom", "tasks": []}}, ["body", "config", "tasks"]),
        ({"target": {"type": "rows", "rows": []}}, ["body", "target", "type"]),
        ({"target": {"type": "robot"}}, ["body", "target", "type"]),
        ({"target": {"type": "model", "model": {}}}, ["body", "target", "model"]),
    ],
)
def test_a_wrong_job_is_refused_with_its_field(
    client: httpx.Client, change: dict[str, Any], location: list[str]
) -> None:
    response = client.post("/v1/evaluation/jobs", json=evaluation_body(metrics={"e": EXACT}) | change)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == location
