"""Bodies in and errors out: one place that turns JSON into checked models and refusals into the contract's shapes.

The shape follows the path, so that an unknown path answers like its service: `/nim` as OpenAI does, `/v1/hf` as the
Hugging Face hub does, everything else with `{"detail": ...}`.
"""

import json
import logging
import uuid
from typing import TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException

from core.backend.errors import BackendError, HubError, InvalidError
from core.backend.state import Document

NIM_PREFIX = "/nim"
HUB_PREFIX = "/v1/hf"
NIM_TYPES = {404: "NotFoundError", 405: "MethodNotAllowedError", 422: "BadRequestError", 500: "InternalServerError"}
DO_NOT_RETRY = {"x-should-retry": "false"}  # the official client would send a refused create three times

_log = logging.getLogger(__name__)


class JsonAnswer(JSONResponse):
    """A JSON answer in plain ASCII: logged texts may hold halves of characters, which UTF-8 cannot carry."""

    def render(self, content: object) -> bytes:
        """Return the bytes of the answer."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


class Body(BaseModel):
    """A request body. Unknown keys are ignored, as the real services do."""

    model_config = ConfigDict(extra="ignore")


Model = TypeVar("Model", bound=BaseModel)


async def read_json(request: Request) -> object:
    """Return the JSON of a request's body; a FastAPI dependency. Raises `InvalidError` when it is not JSON."""
    try:
        return await request.json()
    except (ValueError, RecursionError) as error:
        raise InvalidError.at("body", message=f"the body is not JSON: {error}", kind="json_invalid") from error


def check_body(model: type[Model], raw: object, *, location: tuple[str | int, ...] = ("body",)) -> Model:
    """Return `raw` as `model`. Raises `InvalidError` with one entry per wrong field below `location`."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems: list[dict[str, object]] = [
            {"loc": [*location, *problem["loc"]], "msg": problem["msg"], "type": problem["type"]}
            for problem in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise InvalidError(problems) from error


def install_error_answers(app: FastAPI) -> None:
    """Make `app` answer every error in the shape of the service that was asked."""

    @app.exception_handler(BackendError)
    async def _refused(request: Request, error: BackendError) -> JSONResponse:
        return _answer(request, error)

    @app.exception_handler(HTTPException)
    async def _not_routed(request: Request, error: HTTPException) -> JSONResponse:
        problem = HubError(f"{error.detail}: {request.method} {request.url.path}", status=error.status_code)
        return _answer(request, problem)

    @app.exception_handler(Exception)
    async def _broken(request: Request, error: Exception) -> JSONResponse:
        reference = uuid.uuid4().hex[:8]
        _log.error("%s %s failed, reference %s", request.method, request.url.path, reference, exc_info=error)
        message = f"the local backend failed on this request; its log has the cause under reference {reference}"
        return _answer(request, HubError(message, status=500))


def _answer(request: Request, error: BackendError) -> JSONResponse:
    path = request.url.path
    headers = dict(DO_NOT_RETRY) if error.status == TAKEN else {}
    if path.startswith(NIM_PREFIX + "/"):
        return JsonAnswer(_nim_body(error), error.status, headers)
    if path.startswith(HUB_PREFIX + "/"):
        headers |= {"X-Error-Message": _one_line(str(error))}
        code, facts = (error.code, error.facts) if isinstance(error, HubError) else ("", {})
        headers |= {"X-Error-Code": code} if code else {}
        return JsonAnswer({"error": str(error), **facts}, error.status, headers)
    detail = error.problems if isinstance(error, InvalidError) else str(error)
    return JsonAnswer({"detail": detail}, error.status, headers)


TAKEN = 409


def _nim_body(error: BackendError) -> Document:
    location = error.problems[0]["loc"] if isinstance(error, InvalidError) else None
    named = [str(part) for part in location if part != "body"] if isinstance(location, list) else []
    return {
        "object": "error",
        "message": str(error),
        "type": NIM_TYPES.get(error.status, "BadRequestError"),
        "param": ".".join(named) or None,
        "code": error.status,
    }


def _one_line(text: str) -> str:
    return " ".join(text.encode("ascii", "replace").decode().split())
