"""What every request passes before any route sees it, and the edge where unexpected errors end.

1. The Host header must be a name of this server (against DNS rebinding).
2. A write must come from a page of this server or from no page at all (`Origin`, `Sec-Fetch-Site`), so that a foreign
   page in the visitor's browser cannot act for them.
3. A write's body must be JSON or JSON lines: what a browser sends across origins without asking first is neither.
4. A body has a largest size, announced or counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.addresses import host_name
from app.failures import explain

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
JSON_TYPE = "application/json"
JSON_LINES_TYPES = frozenset({"application/x-ndjson", "application/jsonl"})
LARGEST_JSON_BYTES = 1024 * 1024
LARGEST_JSON_LINES_BYTES = 100 * 1024 * 1024
HARDENING = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a request goes no further."""

    status: int
    message: str
    field: str | None = None

    def to_response(self) -> JSONResponse:
        """Return the answer in the shape of every error."""
        return JSONResponse({"error": {"message": self.message, "field": self.field}}, status_code=self.status)


class Guard:
    """The outermost middleware: refuses, limits, hardens, and turns unexpected errors into a reference."""

    def __init__(self, app: ASGIApp, *, host_names: frozenset[str], json_lines_paths: frozenset[str]) -> None:
        self.app = app
        self.host_names = host_names
        self.json_lines_paths = json_lines_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        takes_lines = scope["path"] in self.json_lines_paths
        refusal = find_refusal(scope["method"], headers, host_names=self.host_names, takes_lines=takes_lines)
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:  # no name of ours holds it, no database takes it
            refusal = Refusal(status=400, message="the address holds the character NUL; leave it out")
        answer = _Answer(send)
        if refusal is not None:
            await refusal.to_response()(scope, receive, answer.send)
            return
        largest = LARGEST_JSON_LINES_BYTES if takes_lines else LARGEST_JSON_BYTES
        try:
            await self.app(scope, _limit(receive, largest), answer.send)
        except Exception as error:
            if answer.has_started:
                raise
            failure = explain(error)
            response = JSONResponse(failure.to_dict(), status_code=failure.kind.status)
            await response(scope, receive, answer.send)


class _Answer:
    """The response on its way out: remembers that it began and adds the headers every answer carries."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            for name, value in HARDENING.items():
                headers.setdefault(name, value)
        await self._send(message)


def find_refusal(
    method: str, headers: Mapping[str, str], *, host_names: frozenset[str], takes_lines: bool
) -> Refusal | None:
    """Return why a request must not be served, or None. Header names are looked up in lower case."""
    host = headers.get("host", "")
    if host_name(host) not in host_names:
        return Refusal(
            status=400,
            message=f"this server does not answer to the name {host[:100]!r}; use {', '.join(sorted(host_names))}",
            field="Host",
        )
    if method in SAFE_METHODS:
        return None
    return _find_foreign_page(headers, host) or _find_wrong_body(headers, takes_lines=takes_lines)


def _find_foreign_page(headers: Mapping[str, str], host: str) -> Refusal | None:
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    is_ours = origin is None or (urlsplit(origin).scheme in {"http", "https"} and urlsplit(origin).netloc == host)
    if is_ours and site in {None, "same-origin", "none"}:
        return None
    field = "Sec-Fetch-Site" if is_ours else "Origin"
    return Refusal(
        status=403, message="a page of another origin may not change anything here; call from no page", field=field
    )


def _find_wrong_body(headers: Mapping[str, str], *, takes_lines: bool) -> Refusal | None:
    length = headers.get("content-length", "0")
    has_body = length != "0" or "transfer-encoding" in headers
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not has_body and not media_type:
        return None
    allowed = JSON_LINES_TYPES if takes_lines else {JSON_TYPE}
    if media_type not in allowed:
        return Refusal(
            status=415,
            message=f"the content type is {media_type[:100] or 'missing'}; send {' or '.join(sorted(allowed))}",
            field="Content-Type",
        )
    largest = LARGEST_JSON_LINES_BYTES if takes_lines else LARGEST_JSON_BYTES
    if not length.isdigit() or int(length) > largest:
        return Refusal(status=413, message=_too_large(largest), field="Content-Length")
    return None


def _limit(receive: Receive, largest: int) -> Receive:
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > largest:
            raise HTTPException(status_code=413, detail=_too_large(largest))
        return message

    return limited


def _too_large(largest: int) -> str:
    return f"the body is larger than {largest // (1024 * 1024)} MiB; send less at once"
