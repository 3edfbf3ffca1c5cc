"""The services on loopback, with faults: `python -m tests.chaos.server PORT_FILE`.

A process of its own, so that killing workers never touches it. Tests steer it by `/_faults`, `/_ledger`, `/_state` and
`/_forget`. It can kill a victim at an exact point of a request: received, before and after the effect, answered.
"""

import contextlib
import json
import os
import random
import re
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.chaos.faults import Faults, Point
from tests.chaos.services import Services


class FaultyServer(ThreadingHTTPServer):
    """One namespace of services; its state lives as long as the process."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, RequestHandler)
        self.lock = threading.RLock()
        self.services = Services()
        self.kills: list[str] = []
        self.requests = 0

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients of this server die all the time."""


class RequestHandler(BaseHTTPRequestHandler):
    """One connection."""

    server: FaultyServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def log_message(self, *_: object) -> None:
        """Write no access log."""

    def do_GET(self) -> None:
        """Handle one request of any method; a client that is gone ends the connection."""
        try:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if parts.path.startswith("/_"):
                self._steer(parts.path, body)
            else:
                self._serve(f"{self.command} {parts.path}", dict(parse_qsl(parts.query)), body)
        except OSError:
            self.close_connection = True

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names of the standard library

    def _serve(self, request: str, query: dict[str, str], body: bytes) -> None:
        faults = self.server.services.faults
        self.server.requests += 1
        self._kill_at("received", request)
        if faults.hang and not faults.hang.after_effect and re.search(faults.hang.requests, request):
            time.sleep(faults.hang.seconds)
        if self._is_refused(faults, request):
            return None
        if random.random() < faults.drop_before:
            return self._drop()
        if faults.latency_s[1] and re.search(faults.latency_requests, request):
            time.sleep(random.uniform(*faults.latency_s))
        self._kill_at("before_effect", request)
        method, _, path = request.partition(" ")
        with self.server.lock:
            status, document = self.server.services.handle(method, path, query, body)
        if faults.hang and faults.hang.after_effect and re.search(faults.hang.requests, request):
            time.sleep(faults.hang.seconds)
        self._kill_at("after_effect", request)
        if random.random() < faults.drop_after:
            return self._drop()
        self._reply(status, document)
        self._kill_at("answered", request)
        return None

    def _is_refused(self, faults: Faults, request: str) -> bool:
        answer = faults.answer
        if answer and re.search(answer.requests, request) and self._use_up():
            self._reply(answer.status, {"detail": "injected"}, retry_after_s=answer.retry_after_s)
            return True
        if random.random() < faults.refuse_429:
            self._reply(429, {"detail": "slow down"})
            return True
        if random.random() < faults.unavailable_503:
            self._reply(503, {"detail": "unavailable"})
            return True
        return False

    def _use_up(self) -> bool:
        """Tell whether the injected answer is still to be given, once less from now on."""
        with self.server.lock:
            document = self.server.services.faults.to_dict()
            if not document["answer"] or document["answer"]["times"] <= 0:
                return False
            document["answer"]["times"] -= 1
            self.server.services.faults = Faults.from_dict(document)
            return True

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _reply(self, status: int, document: object, *, retry_after_s: int | None = None) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream" if body is document else "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry_after_s is not None:
            self.send_header("Retry-After", str(retry_after_s))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _kill_at(self, point: Point, request: str) -> None:
        with self.server.lock:
            faults = self.server.services.faults
            kill, victim = faults.kill, faults.victim
            is_due = kill and victim and kill.point == point and re.search(kill.requests, request)
            if not (kill and victim and is_due) or random.random() > kill.probability:
                return
            self.server.services.faults = Faults.from_dict({**faults.to_dict(), "victim": None, "kill": None})
            self.server.kills.append(f"{point} {request}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)

    def _steer(self, path: str, body: bytes) -> None:
        server, services = self.server, self.server.services
        with server.lock:
            if path == "/_faults":
                services.faults = Faults.from_dict({**services.faults.to_dict(), **json.loads(body)})
            elif path == "/_forget":
                assert services.forget_job(json.loads(body)["key"])
            elif path == "/_finish":
                services.finish_jobs()
            state = {**services.describe(), "kills": server.kills, "requests": server.requests}
            document: object = services.list_ledger() if path == "/_ledger" else state
        self._reply(200, document)


def main(port_file: Path) -> None:
    """Serve on a free port and tell it by the file, until killed."""
    server = FaultyServer(("127.0.0.1", 0))
    written = port_file.with_suffix(".part")
    written.write_text(str(server.server_address[1]))
    written.rename(port_file)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
