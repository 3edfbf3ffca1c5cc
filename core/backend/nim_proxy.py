"""The NIM proxy under `/nim`: which models answer, and their answers.

OpenAI's shapes, with `usage` in every reply. A model that is unknown or not deployed is a 404. One choice a request;
sampling settings are accepted and mean nothing to students that always give their best answer.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic import ConfigDict, Field
from starlette.responses import Response

from core.backend.answers import NIM_PREFIX, Body, JsonAnswer, check_body, read_json
from core.backend.completions import answer_all, write_completion
from core.backend.context import Context
from core.backend.routes import make_router
from core.backend.serving import find_served, list_served
from core.backend.state import Document


class Message(Body):
    """One message of a chat; further keys are kept."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | None = None


class ChatBody(Body):
    """`POST /v1/chat/completions`; further keys are handed to the student."""

    model_config = ConfigDict(extra="allow")

    model: str
    messages: Annotated[list[Message], Field(min_length=1)]
    stream: bool | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    tools: list[Any] | None = None


class NimProxy:
    """The calls of the NIM proxy."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def router(self) -> APIRouter:
        """Return the routes of this service."""
        return make_router(
            [
                ("GET", NIM_PREFIX + "/v1/models", self.list_models),
                ("POST", NIM_PREFIX + "/v1/chat/completions", self.complete),
                ("GET", NIM_PREFIX + "/v1/health/ready", self.tell_health),
                ("GET", NIM_PREFIX + "/v1/health/live", self.tell_health),
            ]
        )

    def tell_health(self) -> Document:
        """Tell that the proxy answers."""
        return {"object": "health.response", "message": "Service is ready."}

    def list_models(self) -> Document:
        """List the models that answer now."""
        created = int(self._context.clock().timestamp())
        return {
            "object": "list",
            "data": [
                {
                    "id": model.id,
                    "object": "model",
                    "created": created,
                    "owned_by": "local",
                    "root": model.student,
                    "parent": model.student if model.adapter else None,
                }
                for model in list_served(self._context)
            ],
        }

    def complete(self, raw: Annotated[object, Depends(read_json)]) -> Response:
        """Answer a chat request."""
        body = check_body(ChatBody, raw)
        assert isinstance(raw, dict)
        model = find_served(self._context, body.model)
        completion = answer_all(model.student, model.adapter, [raw])[0]
        answer = write_completion(model.id, completion, created=int(self._context.clock().timestamp()))
        if body.stream:
            return StreamingResponse(_stream(answer), media_type="text/event-stream")
        return JsonAnswer(answer)


def _stream(answer: Document) -> Iterator[str]:
    """Yield the answer as server-sent events: the whole message, then the end with `usage`, then `[DONE]`."""
    choice = answer["choices"][0]
    calls = [{"index": place, **call} for place, call in enumerate(choice["message"].get("tool_calls") or [])]
    delta = choice["message"] | ({"tool_calls": calls} if calls else {})
    common = {key: answer[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    steps = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}], "usage": answer["usage"]},
    ]
    for step in steps:
        yield f"data: {json.dumps(common | step)}\n\n"
    yield "data: [DONE]\n\n"
