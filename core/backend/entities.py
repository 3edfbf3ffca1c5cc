"""Named entities: the create, list, get, patch and delete that datasets, models, configurations and targets share.

A service says what is special about its kind: the body it accepts, how a list may be narrowed, and hooks for what else
happens. Secrets of clients (`api_key`, `hf_token`) are masked before anything is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from core.backend.answers import Body, check_body, read_json
from core.backend.context import Context
from core.backend.errors import MissingError
from core.backend.identity import new_id, write_time
from core.backend.lists import NAMED_SORTS, ListRules, answer_list, read_query
from core.backend.routes import Route, deleted_answer, make_router
from core.backend.state import Document, State
from core.errors import near_miss

SECRET_KEYS = frozenset({"api_key", "hf_token"})
MASK = "******"
FIXED_KEYS = frozenset({"id", "name", "namespace", "created_at", "updated_at"})
EntityName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9@+._-]*$", max_length=255)]
"""A name in a path; it may carry a version: `llama-3.2-1b-instruct@v1.0.0+A100`."""


class EntityBody(Body):
    """What every named entity may say about itself."""

    name: EntityName | None = None
    namespace: EntityName = "default"
    description: str | None = None
    project: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)  # free-form by contract
    ownership: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class EntityKind:
    """What is special about a kind of entity. `title` names it in messages and in the state."""

    title: str
    path: str
    id_prefix: str
    body: type[EntityBody]
    rules: ListRules = field(default_factory=lambda: ListRules(sorts=NAMED_SORTS))


class EntityCalls:
    """The five calls on one kind of entity."""

    def __init__(self, context: Context, kind: EntityKind) -> None:
        self._context = context
        self._state = context.state
        self._kind = kind

    def router(self) -> APIRouter:
        """Return the routes of this kind."""
        return make_router(self.routes())

    def routes(self) -> list[Route]:
        """Return method, path and endpoint of each call."""
        path, one = self._kind.path, self._kind.path + "/{namespace}/{name}"
        return [
            ("POST", path, self.create),
            ("GET", path, self.list_entities),
            ("GET", one, self.get),
            ("PATCH", one, self.update),
            ("DELETE", one, self.delete),
        ]

    def create(self, raw: Annotated[object, Depends(read_json)]) -> Document:
        """Store a new entity. 409 when its name is taken."""
        return self.add(check_body(self._kind.body, raw))

    def add(self, body: EntityBody) -> Document:
        """Store a checked body as a new entity and return it; without a name it is named by its id."""
        entity_id = new_id(self._kind.id_prefix)
        now = write_time(self._context.clock())
        document = mask_secrets(body.model_dump(mode="json"))
        document |= {"id": entity_id, "name": body.name or entity_id, "created_at": now, "updated_at": now}
        document = self.complete(document)
        self._state.insert(self._kind.title, document["namespace"], document["name"], document)
        return self.show(document)

    def list_entities(self, request: Request) -> Document:
        """List entities."""
        query = read_query(request.query_params.multi_items(), self._kind.rules)
        return answer_list(self._state.documents(self._kind.title), query, self._kind.rules, show=self.show)

    def get(self, namespace: str, name: str) -> Document:
        """Return one entity. 404 with the near miss when there is none."""
        return self.show(get_entity(self._state, self._kind.title, namespace, name))

    def update(self, namespace: str, name: str, raw: Annotated[object, Depends(read_json)]) -> Document:
        """Merge the top-level keys of the body into the entity; `custom_fields` are merged key by key."""
        changes = raw if isinstance(raw, Mapping) else check_body(self._kind.body, raw).model_dump()
        get_entity(self._state, self._kind.title, namespace, name)
        changed = self._state.change(
            self._kind.title, namespace, name, change=lambda document: self._merge(document, changes)
        )
        assert changed is not None
        return self.show(changed)

    def delete(self, namespace: str, name: str) -> Document:
        """Remove the entity. 404 when there is none."""
        get_entity(self._state, self._kind.title, namespace, name)
        document = self._state.delete(self._kind.title, namespace, name)
        if document is not None:
            self.after_delete(document)
        return deleted_answer((document or {}).get("id", ""), write_time(self._context.clock()))

    def complete(self, document: Document) -> Document:
        """Return the new document with what this kind fills in; a hook."""
        return document

    def show(self, document: Document) -> Document:
        """Return the public form of a stored document; a hook."""
        return document

    def after_delete(self, document: Document) -> None:
        """Do what else a delete of this kind means; a hook."""

    def _merge(self, document: Document, changes: Mapping[str, Any]) -> Document:
        allowed = {key: value for key, value in changes.items() if key not in FIXED_KEYS}
        if isinstance(allowed.get("custom_fields"), Mapping):
            allowed["custom_fields"] = document["custom_fields"] | dict(allowed["custom_fields"])
        checked = check_body(self._kind.body, document | allowed).model_dump(mode="json")
        known = {key: checked[key] for key in allowed if key in checked}
        return self.complete(document | mask_secrets(known) | {"updated_at": write_time(self._context.clock())})


def get_entity(state: State, kind: str, namespace: str, name: str) -> Document:
    """Return the entity's document. Raises `MissingError` with the near miss among all names of its kind."""
    document = state.find(kind, namespace, name)
    if document is None:
        shown = full_name(namespace, name)
        raise MissingError(f"no {kind} '{shown}'{name_near_miss(state, kind, shown)}")
    return document


def name_near_miss(state: State, kind: str, wanted: str) -> str:
    """Return "; did you mean 'x'?" for the closest name of that kind, or an empty string."""
    return near_miss(wanted, [full_name(entity["namespace"], entity["name"]) for entity in state.documents(kind)])


def full_name(namespace: str, name: str) -> str:
    """Return `namespace/name`, or the name alone where there is no namespace."""
    return f"{namespace}/{name}" if namespace else name


def mask_secrets(document: Document) -> Document:
    """Return a copy in which values under `api_key` and `hf_token` are stars, at any depth."""
    return {key: MASK if key in SECRET_KEYS and value else _mask_value(value) for key, value in document.items()}


def _mask_value(value: Any) -> Any:  # any JSON value
    if isinstance(value, dict):
        return mask_secrets(value)
    return [_mask_value(item) for item in value] if isinstance(value, list) else value
