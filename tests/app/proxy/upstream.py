"""A model on loopback that answers as asked: whole, in a stream, with tools, with an error, or broken off."""

import asyncio
import gzip
import json
import threading
from collections.abc import AsyncIterator
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.machine import find_free_port
from tests.waiting import wait_until

USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


class Served:
    """An ASGI application served in a thread; a context manager."""

    def __init__(self, app: Any) -> None:
        self.port = find_free_port()
        config = uvicorn.Config(app, host="127.0.0.1", port=self.port, log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self._server.started, "the server to start")
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)


class Model:
    """Keeps the requests it got; what it answers is asked for by the user's message."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.app = Starlette(
            routes=[
                Route("/v1/chat/completions", self.complete, methods=["POST"]),
                Route("/v1/models", self.list_models),
                Route("/v1/files", self.take_file, methods=["POST"]),
                Route("/v1/echo/{path:path}", self.repeat, methods=["GET", "POST"]),
            ]
        )

    async def list_models(self, request: Request) -> Response:
        """Answer a call that is not logged."""
        return JSONResponse({"data": [{"id": "big"}], "asked": str(request.url.query)})

    async def take_file(self, request: Request) -> Response:
        """Answer with the size of what came."""
        body = await request.body()
        return PlainTextResponse(str(len(body)), headers={"x-kind": request.headers["content-type"]})

    async def repeat(self, request: Request) -> Response:
        """Answer with the address and headers as they came, and with two cookies."""
        asked = request.scope["raw_path"] + b"?" + request.scope["query_string"]
        headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.headers.raw]
        response = JSONResponse({"asked": asked.decode("latin-1"), "headers": headers})
        response.set_cookie("first", "1")
        response.set_cookie("second", "2")
        return response

    async def complete(self, request: Request) -> Response:
        """Answer a completion."""
        body = await request.body()
        self.requests.append((dict(request.headers), body))
        asked = json.loads(body)
        wish = asked["messages"][-1]["content"]
        if wish == "refuse":
            return JSONResponse({"error": {"message": "slow down"}}, status_code=429, headers={"retry-after": "3"})
        if asked.get("stream"):
            return StreamingResponse(stream(wish), media_type="text/event-stream")
        message = {"role": "assistant", "content": f"echo {wish}"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        answer = JSONResponse(
            {"id": "c1", "object": "chat.completion", "model": "big", "choices": [choice], "usage": USAGE}
        )
        if wish != "compressed":
            return answer
        return Response(gzip.compress(answer.body), headers={"content-encoding": "gzip"}, media_type="application/json")


def chunk(**choice: Any) -> dict[str, Any]:
    """Return one chunk of a stream."""
    whole = {"index": 0, "delta": {}, "finish_reason": None, **choice}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "big", "choices": [whole]}


def chunks(wish: str) -> list[dict[str, Any]]:
    """Return the chunks that answer a wish."""
    if wish == "tools":
        first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "track", "arguments": ""}}
        parts = [{"index": 0, "function": {"arguments": part}} for part in ('{"parcel"', ': "A1"}')]
        second = {"index": 1, "id": "call_2", "type": "function", "function": {"name": "tell", "arguments": "{}"}}
        calls = [first, *parts, second]
        deltas: list[dict[str, Any]] = [{"tool_calls": [call]} for call in calls]
        return [*[chunk(delta=delta) for delta in deltas], chunk(finish_reason="tool_calls")]
    words = [{"role": "assistant", "content": ""}, {"content": "echo "}, {"content": wish}]
    usage = {**chunk(), "choices": [], "usage": USAGE}
    return [*[chunk(delta=delta) for delta in words], chunk(finish_reason="stop"), usage]


def encode(events: list[dict[str, Any]]) -> bytes:
    """Return chunks as a stream's bytes, ended as streams end."""
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


async def stream(wish: str) -> AsyncIterator[bytes]:
    """Yield an answer event by event; `die` breaks off in the middle, `slow` takes a while."""
    for event in encode(chunks(wish)).split(b"\n\n")[:-1]:
        if wish == "die" and b"echo" in event:
            raise RuntimeError("the model died")
        if wish == "slow":
            await asyncio.sleep(0.3)
        yield event + b"\n\n"
