"""Deployments: asking, finding in every state, taking away, and the models that answer."""

from typing import Any

import httpx
import pytest

from core.nemo import JobState, RequestRefused, ResourceExists, ServiceUnavailable
from tests.nemo.scripted import ScriptedService, open_adapter, raw_reply, reply
from tests.nemo.specs import DEPLOYMENT

CREATE = "POST /v1/deployment/model-deployments"
ONE = "/v1/deployment/model-deployments/mdfd/fw-1"


def find(document: Any) -> Any:
    return open_adapter(ScriptedService({f"GET {ONE}": reply(document)})).find_deployment("fw-1")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("created", JobState.WAITING),
        ("pending", JobState.WAITING),
        ("running", JobState.RUNNING),
        ("ready", JobState.COMPLETED),
        ("failed", JobState.FAILED),
        ("cancelling", JobState.RUNNING),
        ("cancelled", JobState.CANCELLED),
        ("unknown", JobState.RUNNING),
    ],
)
def test_every_status_of_the_contract_has_its_state(status: str, state: JobState) -> None:
    assert find({"status_details": {"status": status}}).state is state


def test_a_status_of_a_later_release_is_followed_and_named() -> None:
    deployment = find({"status_details": {"status": "rebalancing"}})
    assert deployment.state is JobState.RUNNING
    assert "'rebalancing'" in deployment.detail


def test_a_deployment_that_says_deployed_without_a_status_is_ready() -> None:
    assert find({"deployed": True}).state is JobState.COMPLETED
    assert find({"deployed": True, "status_details": {"status": "failed"}}).state is JobState.FAILED


@pytest.mark.parametrize("document", [{}, {"status_details": None}, {"status_details": {"status": [1]}}])
def test_a_deployment_without_a_status_is_still_being_made(document: dict[str, Any]) -> None:
    assert find(document).state is JobState.RUNNING


def test_what_a_deployment_says_is_kept() -> None:
    deployment = find(
        {
            "config": {"model": "meta/llama", "nim_deployment": {"gpu": 1}},
            "custom_fields": {"flywheel_run": "run1"},
            "status_details": {"status": "failed", "description": "image pull failed"},
        }
    )
    assert (deployment.model, deployment.detail, deployment.run_id) == ("meta/llama", "image pull failed", "run1")


@pytest.mark.parametrize(
    "document",
    [
        {"config": {"model": {"namespace": "meta", "name": "llama"}}},
        {"config": "mdfd/config-1", "models": ["meta/llama"]},
        {"config": {"model": "meta/llama"}},
    ],
)
def test_the_model_is_found_however_the_configuration_is_given_back(document: dict[str, Any]) -> None:
    deployment = find(document)
    assert deployment.model == "meta/llama"
    assert deployment.run_id is None


def test_a_deployment_that_does_not_exist_is_none() -> None:
    assert open_adapter(ScriptedService()).find_deployment("fw-1") is None


@pytest.mark.parametrize("status", [409, 500])
def test_a_name_that_is_taken_is_told(status: int) -> None:
    service = ScriptedService({CREATE: reply({"detail": "Model deployment already exists"}, status)})
    with pytest.raises(ResourceExists):
        open_adapter(service).create_deployment(DEPLOYMENT)
    assert len(service.requests) == 1


def test_a_deployment_whose_answer_is_lost_is_asked_for_once() -> None:
    service = ScriptedService({CREATE: httpx.ReadTimeout("slow")})
    with pytest.raises(ServiceUnavailable) as caught:
        open_adapter(service).create_deployment(DEPLOYMENT)
    assert caught.value.ambiguous
    assert len(service.requests) == 1


def test_what_the_service_answers_to_a_create_does_not_matter() -> None:
    open_adapter(ScriptedService({CREATE: raw_reply(b"", 201)})).create_deployment(DEPLOYMENT)


def test_deleting_is_repeated_until_it_is_gone() -> None:
    service = ScriptedService({f"DELETE {ONE}": [httpx.ReadError("cut"), reply({"detail": "not found"}, 404)]})
    open_adapter(service).delete_deployment("fw-1")
    assert len(service.requests) == 2


def test_deleting_what_may_not_be_deleted_is_an_error() -> None:
    with pytest.raises(RequestRefused):
        open_adapter(ScriptedService({f"DELETE {ONE}": reply({}, 403)})).delete_deployment("fw-1")


@pytest.mark.parametrize(
    ("document", "models"),
    [
        ({"object": "list", "data": [{"id": "meta/llama"}, {"id": "mdfd/x@cust-1"}]}, {"meta/llama", "mdfd/x@cust-1"}),
        ({"data": None}, set()),
        ({"data": [{"id": None}, {}, 3, {"id": "a"}]}, {"a"}),
        ({}, set()),
    ],
)
def test_the_models_that_answer_are_listed(document: dict[str, Any], models: set[str]) -> None:
    assert open_adapter(ScriptedService({"GET /v1/models": reply(document)})).list_models() == models
