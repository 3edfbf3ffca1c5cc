"""The data store's namespaces. Its files are the Hugging Face calls of `core.backend.hub`."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from core.backend.answers import Body, check_body, read_json
from core.backend.context import Context
from core.backend.errors import MissingError, TakenError
from core.backend.identity import write_time
from core.backend.lists import ListRules, answer_list, read_query
from core.backend.routes import make_router
from core.backend.state import Document

NAMESPACE = "data store namespace"
NAMESPACES_PATH = "/v1/datastore/namespaces"
RepositoryName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=128)]
"""A name that may stand in a URL and in `namespace/name`: letters, digits, dot, underscore, hyphen."""


class NamespaceBody(Body):
    """`POST /v1/datastore/namespaces`, as JSON or as a form."""

    namespace: RepositoryName


async def read_namespace_body(request: Request) -> NamespaceBody:
    """Return the body of a namespace create, which tutorials send as a form and programs as JSON."""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        return check_body(NamespaceBody, {key: values[0] for key, values in form.items()})
    return check_body(NamespaceBody, await read_json(request))


class DataStore:
    """The calls on namespaces of the data store."""

    def __init__(self, context: Context) -> None:
        self._state = context.state
        self._repositories = context.repositories
        self._clock = context.clock

    def router(self) -> APIRouter:
        """Return the routes of this service."""
        return make_router(
            [
                ("POST", NAMESPACES_PATH, self.create_namespace),
                ("GET", NAMESPACES_PATH, self.list_namespaces),
                ("GET", NAMESPACES_PATH + "/", self.list_namespaces),
                ("GET", NAMESPACES_PATH + "/{namespace}", self.get_namespace),
                ("DELETE", NAMESPACES_PATH + "/{namespace}", self.delete_namespace),
            ],
            status_codes={("POST", NAMESPACES_PATH): 201},
        )

    def create_namespace(self, body: Annotated[NamespaceBody, Depends(read_namespace_body)]) -> Document:
        """Make a namespace. 409 when it exists."""
        now = write_time(self._clock()) + "Z"
        document = {"namespace": body.namespace, "created_at": now, "updated_at": now}
        self._state.insert(NAMESPACE, "", body.namespace, document)
        return document

    def list_namespaces(self, request: Request) -> Document:
        """List the namespaces."""
        rules = ListRules()
        query = read_query(request.query_params.multi_items(), rules)
        return answer_list(self._state.documents(NAMESPACE), query, rules)

    def get_namespace(self, namespace: str) -> Document:
        """Return one namespace."""
        document = self._state.find(NAMESPACE, "", namespace)
        if document is None:
            raise MissingError(f"no namespace {namespace!r} in the data store")
        return document

    def delete_namespace(self, namespace: str) -> Document:
        """Remove an empty namespace. 409 when it holds datasets."""
        with self._state.transaction():
            document = self.get_namespace(namespace)
            if count := self._repositories.count(namespace):
                raise TakenError(f"namespace {namespace!r} still holds {count} dataset(s); delete them first")
            self._state.delete(NAMESPACE, "", namespace)
        return document
