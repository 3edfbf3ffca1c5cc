"""The entity store: namespaces, projects, datasets and models by name.

A model that a customization made is served as long as its entity is here; deleting the entity deletes the adapter too.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from core.backend.answers import read_json
from core.backend.context import Context
from core.backend.entities import EntityBody, EntityCalls, EntityKind, EntityName
from core.backend.lists import NAMED_SORTS, ListRules
from core.backend.routes import Route
from core.backend.state import Document

DATASET = "dataset"
MODEL = "model"


class NamespaceBody(EntityBody):
    """`POST /v1/namespaces`; the name is called `id` here."""

    id: EntityName
    namespace: str = ""


class ProjectBody(EntityBody):
    """`POST /v1/projects`."""

    name: EntityName


class DatasetBody(EntityBody):
    """`POST /v1/datasets`."""

    files_url: Annotated[str, Field(min_length=1)]
    format: str | None = None
    hf_endpoint: str | None = None
    limit: Annotated[int, Field(ge=1)] | None = None
    split: str | None = None


class ModelBody(EntityBody):
    """`POST /v1/models`."""

    api_endpoint: dict[str, Any] | None = None  # these four are kept as they come: nothing here reads them
    artifact: dict[str, Any] | None = None
    base_model: str | dict[str, Any] | None = None
    guardrails: dict[str, Any] | None = None
    model_providers: list[str] | None = None
    peft: dict[str, Any] | None = None
    prompt: dict[str, Any] | None = None
    spec: dict[str, Any] | None = None


NAMESPACES = EntityKind(
    title="namespace", path="/v1/namespaces", id_prefix="namespace", body=NamespaceBody, rules=ListRules()
)
PROJECTS = EntityKind(title="project", path="/v1/projects", id_prefix="project", body=ProjectBody)
DATASETS = EntityKind(title=DATASET, path="/v1/datasets", id_prefix="dataset", body=DatasetBody)
MODELS = EntityKind(
    title=MODEL,
    path="/v1/models",
    id_prefix="model",
    body=ModelBody,
    rules=ListRules(
        sorts=NAMED_SORTS,
        readings={
            "base_model.name": lambda model: model["base_model"],
            "peft.lora": lambda model: (model["peft"] or {}).get("lora"),
        },
    ),
)


class NamespaceCalls(EntityCalls):
    """Namespaces: the one kind that is addressed by its id alone."""

    def routes(self) -> list[Route]:
        """Return method, path and endpoint of each call."""
        one = self._kind.path + "/{name}"
        return [
            ("POST", self._kind.path, self.create),
            ("GET", self._kind.path, self.list_entities),
            ("GET", one, self.get_namespace),
            ("PATCH", one, self.update_namespace),
            ("DELETE", one, self.delete_namespace),
        ]

    def add(self, body: EntityBody) -> Document:
        """Store a namespace under the id that the client chose."""
        assert isinstance(body, NamespaceBody)
        return super().add(body.model_copy(update={"name": body.id, "namespace": ""}))

    def get_namespace(self, name: str) -> Document:
        """Return one namespace."""
        return self.get("", name)

    def update_namespace(self, name: str, raw: Annotated[object, Depends(read_json)]) -> Document:
        """Merge the body into the namespace."""
        return self.update("", name, raw)

    def delete_namespace(self, name: str) -> Document:
        """Remove the namespace; what lies in it stays."""
        return self.delete("", name)

    def show(self, document: Document) -> Document:
        """Return the namespace with `id` as its only name."""
        shown = {key: value for key, value in document.items() if key not in {"name", "namespace"}}
        return shown | {"id": document["name"]}


class ModelCalls(EntityCalls):
    """Models; deleting one that was trained here removes its adapter."""

    def after_delete(self, document: Document) -> None:
        """Remove the adapter behind the model, if there is one."""
        self._context.adapters.delete(document["namespace"], document["name"])


def entity_store_routers(context: Context) -> list[APIRouter]:
    """Return the routes of the entity store."""
    return [
        NamespaceCalls(context, NAMESPACES).router(),
        EntityCalls(context, PROJECTS).router(),
        EntityCalls(context, DATASETS).router(),
        ModelCalls(context, MODELS).router(),
    ]
