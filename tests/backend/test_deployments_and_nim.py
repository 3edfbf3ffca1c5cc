"""Deployments and the NIM proxy through the vendor's client and OpenAI's: who answers, when, and how errors look."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.backend.server_process import ServerProcess
from tests.backend.workload import SYSTEM, deploy
from tests.waiting import wait_until

if TYPE_CHECKING:
    from nemo_microservices import NeMoMicroservices

PATH = "/v1/deployment/model-deployments"
MODEL = "local/linear-medium"
MESSAGES: Any = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "sport: the league and the coach"}]
NIM: Any = {"image_name": "nvcr.io/nim/x", "image_tag": "1.8.3", "gpu": 1, "additional_envs": {"A": "b"}}


@pytest.fixture
def deployed(client: httpx.Client) -> Iterator[None]:
    deploy(client, "medium", model=MODEL)
    yield
    client.delete(f"{PATH}/ns/medium")


def served_ids(client: httpx.Client) -> list[str]:
    return [model["id"] for model in client.get("/nim/v1/models").json()["data"]]


def test_a_deployment_is_pending_then_ready_then_gone(sdk: "NeMoMicroservices", client: httpx.Client) -> None:
    created = sdk.deployment.model_deployments.create(
        name="life",
        namespace="ns",
        project="p",
        hf_token="hf_secret",
        custom_fields={"run": "r1"},
        config={"model": MODEL, "nim_deployment": NIM},
    )
    assert (created.status_details.status, created.deployed, created.url) == ("pending", False, "")
    assert (created.models, created.custom_fields, created.project) == ([MODEL], {"run": "r1"}, "p")
    assert "hf_secret" not in created.to_json()
    assert MODEL not in served_ids(client)
    wait_until(lambda: sdk.deployment.model_deployments.retrieve("life", namespace="ns").deployed, "the deployment")
    ready = next(one for one in sdk.deployment.model_deployments.list() if one.name == "life")
    assert ready.status_details.status == "ready"
    assert MODEL in served_ids(client)
    sdk.deployment.model_deployments.delete("life", namespace="ns")
    assert client.get(f"{PATH}/ns/life").status_code == 404
    assert MODEL not in served_ids(client)


def test_a_deployment_may_name_its_configuration(sdk: "NeMoMicroservices") -> None:
    sdk.deployment.configs.create(name="c", namespace="ns", model=MODEL, nim_deployment=NIM)
    assert [config.name for config in sdk.deployment.configs.list()] == ["c"]
    created = sdk.deployment.model_deployments.create(name="named", namespace="ns", config="ns/c")
    assert (created.config, created.models) == ("ns/c", [MODEL])
    sdk.deployment.model_deployments.delete("named", namespace="ns")
    sdk.deployment.configs.delete("c", namespace="ns")


def test_a_second_deployment_of_a_name_is_a_conflict_in_words_that_old_clients_know(client: httpx.Client) -> None:
    body = {"name": "twice", "namespace": "ns", "config": {"model": MODEL}}
    assert client.post(PATH, json=body).status_code == 200
    again = client.post(PATH, json=body)
    assert again.status_code == 409
    assert again.headers["x-should-retry"] == "false"
    assert "model deployment already exists" in again.json()["detail"]
    assert client.delete(f"{PATH}/ns/twice").json()["id"]
    assert client.delete(f"{PATH}/ns/twice").status_code == 404


@pytest.mark.parametrize(
    ("body", "location", "words"),
    [
        ({"config": {"model": MODEL}}, ["body", "name"], "required"),
        ({"name": "x"}, ["body", "config"], "required"),
        (
            {"name": "x", "config": {"model": "local/linear-medum"}},
            ["body", "config", "model"],
            f"did you mean '{MODEL}'",
        ),
        ({"name": "x", "config": {"model": "meta/llama"}}, ["body", "config", "model"], "it has local/linear-small"),
        ({"name": "x", "config": "ns/nothing"}, ["body", "config"], "no deployment config 'ns/nothing'"),
        (
            {"name": "x", "config": {"model": MODEL, "nim_deployment": {"gpu": "two"}}},
            ["body", "config", "nim_deployment", "gpu"],
            "integer",
        ),
        (
            {"name": "x", "config": {"external_endpoint": {"host_url": "http://x.test"}}},
            ["body", "config", "external_endpoint"],
            "not offered",
        ),
    ],
)
def test_a_wrong_deployment_is_refused_with_its_field(
    client: httpx.Client, body: dict[str, Any], location: list[str], words: str
) -> None:
    response = client.post(PATH, json=body)
    assert response.status_code == 422
    problem = response.json()["detail"][0]
    assert problem["loc"] == location
    assert words in problem["msg"]


@pytest.mark.usefixtures("deployed")
def test_a_deployed_student_answers_with_its_usage(sdk: "NeMoMicroservices") -> None:
    answer = sdk.chat.completions.create(model=MODEL, messages=MESSAGES, temperature=0, max_tokens=50)
    assert answer.choices[0].message.content == "sport"
    assert (answer.model, answer.choices[0].finish_reason) == (MODEL, "stop")
    assert answer.usage.prompt_tokens
    assert answer.usage.completion_tokens
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


@pytest.mark.usefixtures("deployed")
def test_the_openai_client_gets_answers_streams_and_models(server: ServerProcess) -> None:
    from openai import OpenAI

    with OpenAI(base_url=f"{server.url}/nim/v1", api_key="any", max_retries=0) as openai:
        assert MODEL in [model.id for model in openai.models.list()]
        answer = openai.chat.completions.create(model=MODEL, messages=MESSAGES)
        stream: Any = openai.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
        chunks = list(stream)
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert streamed == answer.choices[0].message.content == "sport"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].usage == answer.usage


@pytest.mark.usefixtures("deployed")
def test_a_stream_ends_with_done(client: httpx.Client) -> None:
    body = {"model": MODEL, "messages": MESSAGES, "stream": True}
    response = client.post("/nim/v1/chat/completions", json=body)
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line]
    assert lines[-1] == "[DONE]"
    assert all(json.loads(line)["object"] == "chat.completion.chunk" for line in lines[:-1])


def test_a_student_without_deployment_is_not_found_and_says_what_to_do(client: httpx.Client) -> None:
    response = client.post("/nim/v1/chat/completions", json={"model": MODEL, "messages": MESSAGES})
    assert response.status_code == 404
    error = response.json()
    assert (error["object"], error["type"], error["code"], error["param"]) == ("error", "NotFoundError", 404, None)
    assert "has no ready deployment" in error["message"]
    assert f"POST {PATH}" in error["message"]


@pytest.mark.usefixtures("deployed")
def test_an_unknown_model_is_not_found_with_the_near_miss(client: httpx.Client, sdk: "NeMoMicroservices") -> None:
    from nemo_microservices import NotFoundError

    with pytest.raises(NotFoundError) as refused:
        sdk.chat.completions.create(model="local/linear-mediun", messages=MESSAGES)
    assert "does not exist; did you mean 'local/linear-medium'?" in str(refused.value)


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"messages": MESSAGES}, "model"),
        ({"model": MODEL, "messages": []}, "messages"),
        ({"model": MODEL, "messages": "hello"}, "messages"),
        ({"model": MODEL, "messages": [{"role": "alien", "content": "x"}]}, "messages.0.role"),
        ({"model": MODEL, "messages": MESSAGES, "max_tokens": 0}, "max_tokens"),
        ({"model": MODEL, "messages": MESSAGES, "n": 2}, "n"),
        ([1], None),
    ],
)
def test_a_wrong_chat_request_is_refused_in_openais_shape(
    client: httpx.Client, body: object, parameter: str | None
) -> None:
    response = client.post("/nim/v1/chat/completions", json=body)
    assert response.status_code == 422
    error = response.json()
    assert (error["object"], error["code"], error["param"]) == ("error", 422, parameter)
