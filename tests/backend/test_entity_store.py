"""The entity store through the vendor's client, every reply checked against its types."""

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.backend.server_process import ServerProcess

if TYPE_CHECKING:
    from nemo_microservices import NeMoMicroservices

pytestmark = pytest.mark.timeout(60)
URL = "hf://datasets/ns/data"


def test_a_namespace_is_created_changed_listed_and_deleted(sdk: "NeMoMicroservices") -> None:
    created = sdk.namespaces.create(id="team", description="first", custom_fields={"a": 1})
    assert created.id == "team"
    changed = sdk.namespaces.update("team", description="second", custom_fields={"b": 2})
    assert (changed.description, changed.custom_fields) == ("second", {"a": 1, "b": 2})
    assert sdk.namespaces.retrieve("team").description == "second"
    assert "team" in [namespace.id for namespace in sdk.namespaces.list()]
    assert sdk.namespaces.delete("team").id
    assert "team" not in [namespace.id for namespace in sdk.namespaces.list()]


def test_a_project_is_created_changed_listed_and_deleted(sdk: "NeMoMicroservices") -> None:
    assert sdk.projects.create(name="p", namespace="entities").name == "p"
    sdk.projects.update("p", namespace="entities", description="words")
    assert sdk.projects.retrieve("p", namespace="entities").description == "words"
    assert [project.name for project in sdk.projects.list(filter={"name": "p"})] == ["p"]
    sdk.projects.delete("p", namespace="entities")
    assert not list(sdk.projects.list(filter={"name": "p"}))


def test_a_dataset_is_created_changed_listed_and_deleted(sdk: "NeMoMicroservices") -> None:
    created = sdk.datasets.create(name="data", namespace="entities", files_url=URL, project="p", limit=10)
    assert created.id
    assert created.id.startswith("dataset-")
    assert (created.files_url, created.limit, created.project) == (URL, 10, "p")
    changed = sdk.datasets.update("data", namespace="entities", description="words", custom_fields={"run": "r1"})
    assert (changed.description, changed.limit, changed.custom_fields) == ("words", 10, {"run": "r1"})
    assert changed.updated_at
    assert created.updated_at
    assert changed.updated_at > created.updated_at
    assert [data.name for data in sdk.datasets.list(filter={"namespace": "entities", "project": "p"})] == ["data"]
    sdk.datasets.delete("data", namespace="entities")
    assert not list(sdk.datasets.list(filter={"namespace": "entities", "project": "p"}))


def test_a_model_is_created_changed_listed_and_deleted(sdk: "NeMoMicroservices") -> None:
    created = sdk.models.create(
        name="outside@v1.0+x",
        namespace="entities",
        base_model="meta/llama",
        spec={"context_size": 1, "is_chat": True, "num_parameters": 1, "num_virtual_tokens": 0},
        api_endpoint={"url": "http://nim.test", "model_id": "m", "api_key": "very-secret"},
    )
    assert created.api_endpoint
    assert created.api_endpoint.api_key == "******"
    sdk.models.update("outside@v1.0+x", namespace="entities", description="words")
    assert sdk.models.retrieve("outside@v1.0+x", namespace="entities").description == "words"
    assert [model.name for model in sdk.models.list(filter={"base_model": "meta/llama"})] == ["outside@v1.0+x"]
    assert not list(sdk.models.list(filter={"peft": True, "namespace": "entities"}))
    sdk.models.delete("outside@v1.0+x", namespace="entities")
    assert not list(sdk.models.list(filter={"namespace": "entities"}))


def test_missing_and_doubled_names_raise_the_clients_own_exceptions(sdk: "NeMoMicroservices") -> None:
    from nemo_microservices import ConflictError, NotFoundError, UnprocessableEntityError

    with pytest.raises(NotFoundError):
        sdk.datasets.retrieve("nothing", namespace="entities")
    with pytest.raises(NotFoundError):
        sdk.datasets.update("nothing", namespace="entities", description="words")
    with pytest.raises(NotFoundError):
        sdk.datasets.delete("nothing", namespace="entities")
    sdk.datasets.create(name="twice", namespace="entities", files_url=URL)
    with pytest.raises(ConflictError):
        sdk.datasets.create(name="twice", namespace="entities", files_url=URL)
    with pytest.raises(UnprocessableEntityError):
        sdk.datasets.create(name="../etc", namespace="entities", files_url=URL)


def test_a_refused_double_is_not_sent_again_by_a_client_that_retries(
    sdk: "NeMoMicroservices", client: httpx.Client
) -> None:
    from nemo_microservices import ConflictError

    sent = []

    def count(request: httpx.Request) -> None:
        sent.append(request)

    with httpx.Client(event_hooks={"request": [count]}) as counting:
        retrying = sdk.with_options(max_retries=2, http_client=counting)
        retrying.datasets.create(name="once", namespace="entities", files_url=URL)
        with pytest.raises(ConflictError):
            retrying.datasets.create(name="once", namespace="entities", files_url=URL)
    assert len(sent) == 2


def test_a_missing_name_is_answered_with_the_near_miss(client: httpx.Client) -> None:
    client.post("/v1/datasets", json={"name": "banking-train", "namespace": "entities", "files_url": URL})
    response = client.get("/v1/datasets/entities/banking-trian")
    assert response.status_code == 404
    assert response.json() == {"detail": "no dataset 'entities/banking-trian'; did you mean 'entities/banking-train'?"}


def test_a_secret_is_never_written_to_disk(client: httpx.Client, server: ServerProcess) -> None:
    endpoint = {"url": "http://nim.test", "model_id": "m", "api_key": "sk-never-store-me"}
    client.post("/v1/models", json={"name": "secretive", "namespace": "entities", "api_endpoint": endpoint})
    assert not [path for path in server.folder.rglob("*") if path.is_file() and b"never-store-me" in path.read_bytes()]


def test_unknown_keys_are_ignored_and_names_and_ids_cannot_be_patched(client: httpx.Client) -> None:
    body = {"name": "fixed", "namespace": "entities", "files_url": URL, "surprise": 1}
    created = client.post("/v1/datasets", json=body).json()
    assert "surprise" not in created
    changes = {"name": "other", "namespace": "other", "id": "x", "created_at": "2000-01-01", "split": "train"}
    changed = client.patch("/v1/datasets/entities/fixed", json=changes).json()
    assert changed == created | {"split": "train", "updated_at": changed["updated_at"]}
