"""How services register their calls, and the small answers they share."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from core.backend.answers import JsonAnswer
from core.backend.state import Document

Endpoint = Callable[..., Document | list[Document] | Response | None]
Route = tuple[str, str, Endpoint]
"""Method, path and the method of a service that answers; FastAPI reads its parameters."""


def make_router(routes: list[Route], *, status_codes: dict[Any, int] | None = None) -> APIRouter:
    """Return a router of these routes. Endpoints are synchronous and run in threads, outside the event loop.

    `status_codes` holds the status of endpoints that succeed with another one than 200.
    """
    router = APIRouter(default_response_class=JsonAnswer)
    codes = status_codes or {}
    for method, path, endpoint in routes:
        router.add_api_route(
            path, endpoint, methods=[method], response_model=None, status_code=codes.get((method, path), 200)
        )
    return router


def deleted_answer(resource_id: str, deleted_at: str) -> Document:
    """Return the contract's answer to a delete."""
    return {"message": "Resource deleted successfully.", "id": resource_id, "deleted_at": deleted_at}
