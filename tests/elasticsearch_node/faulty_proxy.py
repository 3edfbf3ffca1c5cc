"""A reverse proxy that stands before a node and does to requests what networks and overloaded clusters do."""

import http.client
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

Fault = Literal["overloaded", "unavailable", "cut before", "cut after", "items refused"]
FAULTS: tuple[Fault, ...] = ("overloaded", "unavailable", "cut before", "cut after", "items refused")
Reply = tuple[int, Mapping[str, str], bytes]
JSON = {"content-type": "application/vnd.elasticsearch+json;compatible-with=8", "X-Elastic-Product": "Elasticsearch"}
ANSWERS: Mapping[Fault, int] = {"overloaded": 429, "unavailable": 503}
REFUSED = {"type": "es_rejected_execution_exception", "reason": "rejected execution"}


class FaultyProxy:
    """Forwards to a node; a seeded share of requests meets a fault, counted in `injected`.

    "cut before" ends the connection without the node hearing of the request, "cut after" when the node has done it;
    "items refused" answers a bulk request with 429 for every third of its records and forwards the others.
    """

    def __init__(self, node_url: str, *, share: float, seed: int, faults: Sequence[Fault] = FAULTS) -> None:
        self.injected: Counter[Fault] = Counter()
        self._node = urlsplit(node_url).netloc
        self._share = share
        self._faults = faults
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["FaultyProxy"]:
        """Serve for the length of a `with` block."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def choose(self, path: str) -> Fault | None:
        """Return what happens to a request, and count it."""
        with self._lock:
            if self._random.random() >= self._share:
                return None
            fault = self._random.choice(self._faults)
            if fault == "items refused" and not path.startswith("/_bulk"):
                return None
            self.injected[fault] += 1
            return fault

    def forward(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a request to the node and return its status, headers and body."""
        connection = http.client.HTTPConnection(self._node, timeout=60)
        try:
            connection.request(method, path, body=body, headers=headers)
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read()
        finally:
            connection.close()


def _handler(proxy: FaultyProxy) -> type[BaseHTTPRequestHandler]:
    """Return the class of handlers that ask this proxy."""
    names = ("do_GET", "do_POST", "do_PUT", "do_DELETE", "do_HEAD")
    return type("Handler", (_Handler,), {"proxy": proxy, **dict.fromkeys(names, _Handler.pass_on)})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: FaultyProxy

    def pass_on(self) -> None:
        """Answer one request, with or without a fault."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        fault = self.proxy.choose(self.path)
        reply = self._reply(fault, body, headers)
        if reply is None or fault == "cut after":
            self.close_connection = True
        else:
            self._send(*reply)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _reply(self, fault: Fault | None, body: bytes, headers: Mapping[str, str]) -> Reply | None:
        if fault == "cut before":
            return None
        if fault is not None and fault in ANSWERS:
            return ANSWERS[fault], JSON, b'{"status": 0}'
        if fault == "items refused":
            return _refuse_items(self.proxy, self.path, body, headers)
        return self.proxy.forward(self.command, self.path, body, headers)

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _refuse_items(proxy: FaultyProxy, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    lines = body.splitlines()
    first = next(iter(json.loads(lines[0])))
    step = 1 if first == "delete" else 2
    pairs = [lines[start : start + step] for start in range(0, len(lines), step)]
    passed = [pair for number, pair in enumerate(pairs) if number % 3]
    items: list[Any] = []
    reply_headers: Mapping[str, str] = JSON
    if passed:
        sent = b"\n".join(line for pair in passed for line in pair) + b"\n"
        kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
        status, reply_headers, reply = proxy.forward("PUT", path, sent, kept)
        if status != 200:
            return status, reply_headers, reply
        items = json.loads(reply)["items"]
    answered = iter(items)
    merged = [next(answered) if number % 3 else _refusal(pair[0]) for number, pair in enumerate(pairs)]
    return 200, reply_headers, json.dumps({"took": 1, "errors": True, "items": merged}).encode()


def _refusal(action: bytes) -> Any:
    ((kind, target),) = json.loads(action).items()
    return {kind: {"_index": target["_index"], "_id": target["_id"], "status": 429, "error": REFUSED}}
