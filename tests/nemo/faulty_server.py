"""A server on a real socket that misbehaves below HTTP: what a mocked transport cannot show."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket], None]

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'


@dataclass
class FaultyServer:
    """Connections are met by the behaviours in turn; the last one stays."""

    port: int
    behaviours: list[Behaviour]
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def run_faulty_server(*behaviours: Behaviour) -> Iterator[FaultyServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = FaultyServer(port=listener.getsockname()[1], behaviours=list(behaviours))
        thread = threading.Thread(target=_serve, args=(listener, server), daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def answer(content: bytes) -> Behaviour:
    """Send these bytes and close, whatever they are."""
    return lambda connection: connection.sendall(content)


def hang_up(connection: socket.socket) -> None:
    """Close without a word after the request."""


def stay_silent(connection: socket.socket) -> None:
    """Never answer; the client has to give up."""
    with contextlib.suppress(OSError):
        connection.recv(1)


def dribble(connection: socket.socket) -> None:
    """Send a body for ever, each piece sooner than a read timeout."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(b"1\r\n \r\n")
            time.sleep(0.05)


def reset(connection: socket.socket) -> None:
    """Abort the connection instead of closing it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def _serve(listener: socket.socket, server: FaultyServer) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(5)
            server.requests.append(_read_request(connection))
            behaviour = server.behaviours.pop(0) if len(server.behaviours) > 1 else server.behaviours[0]
            with contextlib.suppress(OSError):
                behaviour(connection)


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(OSError):
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65536)
            if not piece:
                break
            received += piece
    return received
