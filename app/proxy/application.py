"""Passing calls on: every path, method, header and body as it came, answers piece by piece as they come.

Only completions are looked at. Whatever goes wrong with logging, the answer is the upstream's. An answer that broke
off, or that the application did not wait for, is not logged: half of it would look like the model's whole answer.
"""

import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from app.proxy.answers import read_answer
from app.proxy.journal import Journal

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LOGGED_PATHS = ("/chat/completions",)
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""RFC 9110, 7.6.1: they are about one connection, not about the message."""
OWN_HEADERS = frozenset({b"x-workload-id", b"x-client-id", b"host", b"expect"})
LARGEST_LOGGED_BYTES = 16 * 2**20
TIMEOUTS = httpx.Timeout(connect=10, read=600, write=60, pool=None)
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100)

logger = logging.getLogger("flywheel.proxy")


@dataclass(frozen=True, kw_only=True)
class Tags:
    """What a record is filed under when the request does not say (`X-Workload-Id`, `X-Client-Id`)."""

    workload_id: str
    client_id: str


def create_proxy(upstream: str, journal: Journal, tags: Tags, *, clock: Callable[[], float] = time.time) -> Starlette:
    """Return the side-car in front of `upstream`, the address that applications would call without it."""
    proxy = _Proxy(upstream.rstrip("/"), journal, tags, clock)
    return Starlette(routes=[Route("/{path:path}", proxy.handle, methods=list(METHODS))], lifespan=proxy.lifespan)


def serve_proxy(app: Starlette, *, host: str, port: int) -> None:
    """Serve until a signal comes; what was answered has been logged or set aside then."""
    import uvicorn

    uvicorn.run(app, host=host, port=port, log_config=None, access_log=False, server_header=False, date_header=False)


class _Proxy:
    def __init__(self, upstream: str, journal: Journal, tags: Tags, clock: Callable[[], float]) -> None:
        self._upstream = httpx.URL(upstream)
        self._name = str(self._upstream.copy_with(username="", password=""))
        self._journal = journal
        self._tags = tags
        self._clock = clock
        self._client: httpx.AsyncClient | None = None

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Hold one pool of connections for the life of the process, and flush the journal at its end."""
        async with httpx.AsyncClient(
            timeout=TIMEOUTS, limits=LIMITS, follow_redirects=False, trust_env=False
        ) as self._client:
            yield
        self._journal.close()

    async def handle(self, request: Request) -> Response:
        """Pass one call on and its answer back."""
        assert self._client is not None
        started = self._clock()
        asked = await _read_asked(request)
        outgoing = self._client.build_request(
            request.method,
            self._address(request),
            headers=_headers_to_pass(request, is_read=asked is not None),
            content=asked.body if asked is not None else _body_of(request),
        )
        try:
            answer = await self._client.send(outgoing, stream=True)
        except httpx.TransportError as error:
            logger.warning("the upstream did not answer %s: %s", request.url.path, type(error).__name__)
            message = f"the model at {self._name} did not answer: {type(error).__name__}"
            return JSONResponse({"error": {"message": message, "type": "upstream_error"}}, status_code=502)
        back = StreamingResponse(
            self._pass_back(answer, asked, request.headers, started), status_code=answer.status_code
        )
        back.raw_headers = _without(HOP_BY_HOP, answer.headers.raw)  # with each of several of one name
        return back

    def _address(self, request: Request) -> httpx.URL:
        """Return where the upstream is asked: the path and query byte by byte as the application wrote them."""
        path, query = request.scope["raw_path"], request.scope["query_string"]
        base = self._upstream.raw_path.rstrip(b"/")
        return self._upstream.copy_with(raw_path=base + path + (b"?" + query if query else b""))

    async def _pass_back(
        self, answer: httpx.Response, asked: "_Asked | None", headers: Mapping[str, str], started: float
    ) -> AsyncIterator[bytes]:
        kept: list[bytes] | None = [] if asked is not None and answer.is_success else None
        size = 0
        try:
            async for piece in answer.aiter_raw():
                size += len(piece)
                if kept is not None:
                    kept.append(piece)
                    kept = kept if size <= LARGEST_LOGGED_BYTES else None
                yield piece
        finally:
            # Also when the application hung up: it may have had all it wanted. Whether the answer is whole shows when
            # it is read.
            if kept and asked is not None:
                self._log(asked, kept, answer, headers, started)
            await answer.aclose()

    def _log(
        self,
        asked: "_Asked",
        pieces: Sequence[bytes],
        answer: httpx.Response,
        headers: Mapping[str, str],
        started: float,
    ) -> None:
        about = {
            "timestamp": round(started, 3),
            "client_id": headers.get("x-client-id") or self._tags.client_id,
            "workload_id": headers.get("x-workload-id") or self._tags.workload_id,
        }
        self._journal.put(partial(_make_record, about, asked.document, pieces, answer.headers))


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A request for a completion, as it came and as JSON."""

    body: bytes
    document: dict[str, Any]


async def _read_asked(request: Request) -> _Asked | None:
    """Return a request that will be logged, None for all others; their bodies are not read here."""
    if request.method != "POST" or not request.url.path.endswith(LOGGED_PATHS):
        return None
    body = await request.body()
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    return _Asked(body=body, document=document) if isinstance(document, dict) else None


def _headers_to_pass(request: Request, *, is_read: bool) -> list[tuple[bytes, bytes]]:
    """Return the request's headers as bytes, which need not be ASCII. What is read here must not be compressed."""
    if not is_read:
        return _without(HOP_BY_HOP | OWN_HEADERS, request.headers.raw)
    headers = _without(HOP_BY_HOP | OWN_HEADERS | {b"accept-encoding", b"content-length"}, request.headers.raw)
    return [*headers, (b"accept-encoding", b"identity")]


def _without(names: Set[bytes], headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Leave out headers of these names, and those that `Connection` says are about one connection only."""
    listed = b",".join(value for name, value in headers if name.lower() == b"connection")
    unwanted = names | {name.strip().lower() for name in listed.split(b",")}
    return [(name, value) for name, value in headers if name.lower() not in unwanted]


def _body_of(request: Request) -> AsyncIterator[bytes] | bytes | None:
    """Return the body as it comes in; None where there is none, so that no empty body is announced."""
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    return request.stream() if has_body else None


def _make_record(
    about: Mapping[str, Any], request: Mapping[str, Any], pieces: Sequence[bytes], headers: httpx.Headers
) -> dict[str, Any] | None:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    coding = {"content-encoding": headers.get("content-encoding", "identity")}  # some compress whatever they are asked
    body = httpx.Response(200, headers=coding, content=b"".join(pieces)).content
    response = read_answer(body, media_type=media_type)
    return None if response is None else {**about, "request": request, "response": response}
