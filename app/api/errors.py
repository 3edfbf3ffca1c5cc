"""Every error in one shape: `{"error": {"message", "field", "line"?, "reference"?}}`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from app.api.bodies import FIELD_NAMES, DecisionBody, JobRequest
from app.api.replies import ErrorReply
from app.failures import explain
from core.errors import FlywheelError, near_miss

MOST_FINDINGS = 5
PATH_NAMES = {"run_id": FIELD_NAMES["run_id"]}
ERRORS_OF_EVERY_CALL = (400, 422, 500, 503)


def describe_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of a route's errors: those named, and those that any call can give."""
    every = sorted({*statuses, *ERRORS_OF_EVERY_CALL})
    return {status: {"model": ErrorReply, "description": HTTPStatus(status).phrase} for status in every}


def add_error_answers(api: FastAPI) -> None:
    """Give every error its answer; what nobody expected ends in `app.api.guard`."""
    api.add_exception_handler(FlywheelError, _answer_deliberate)
    api.add_exception_handler(RequestValidationError, _answer_invalid)
    api.add_exception_handler(HTTPException, _answer_http)


async def _answer_deliberate(request: Request, error: Exception) -> JSONResponse:
    failure = explain(error)
    names = PATH_NAMES if request.method == "GET" else FIELD_NAMES  # a query's parameters are called as in `core`
    failure = replace(failure, field=names.get(failure.field or "", failure.field))
    return JSONResponse(failure.to_dict(), status_code=failure.kind.status)


async def _answer_invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    findings = error.errors()
    sentences = [_sentence(finding) for finding in findings[:MOST_FINDINGS]]
    if len(findings) > MOST_FINDINGS:
        sentences.append(f"and {len(findings) - MOST_FINDINGS} more")
    return _answer(422, "; ".join(sentences), field=_field(findings[0]))


async def _answer_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    message = str(error.detail)
    if message == HTTPStatus(error.status_code).phrase:
        message = f"{request.method} {request.url.path[:200]}: {message.lower()}; /api/docs lists what there is"
    return _answer(error.status_code, message, headers=error.headers)


def _answer(
    status: int, message: str, *, field: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    content = {"error": {"message": message, "field": field}}
    return JSONResponse(content, status_code=status, headers=dict(headers) if headers else None)


def _sentence(finding: Mapping[str, Any]) -> str:
    kind, where = finding["type"], _field(finding) or "the body"
    if kind == "json_invalid":
        return f"the body is not JSON: {finding['ctx']['error']}"
    if kind == "missing":
        return f"{where} is missing" if finding["loc"] != ("body",) else "the body is missing; send a JSON object"
    if kind == "extra_forbidden":
        name = str(finding["loc"][-1])
        return f"there is no field {name[:100]!r}{near_miss(name, list(_known_fields((JobRequest, DecisionBody))))}"
    problem = str(finding["msg"]).removeprefix("Value error, ")
    return f"{where}: {problem[:1].lower()}{problem[1:]}"


def _field(finding: Mapping[str, Any]) -> str | None:
    """Return the dotted name of the field, without the word for where in the request it stands."""
    location: Sequence[Any] = finding["loc"]
    if finding["type"] == "json_invalid":
        return None
    return ".".join(str(part) for part in location[1:])[:200] or None


def _known_fields(models: Iterable[type[BaseModel]]) -> Iterable[str]:
    for model in models:
        for name, field in model.model_fields.items():
            yield name
            inner = [part for part in getattr(field.annotation, "__args__", ()) if isinstance(part, type)]
            yield from _known_fields([part for part in inner if issubclass(part, BaseModel)])
