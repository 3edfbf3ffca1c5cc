"""Serves the local backend over HTTP until it is told to stop.

Owns the folder's lock, the socket, and a stop within seconds: on SIGTERM or Ctrl-C open requests get a moment, then job
processes are ended. Listens on loopback unless told otherwise.
"""

import fcntl
import ipaddress
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn

from core.backend.guard import ANY_HOST, LOOPBACK_NAMES
from core.backend.service import create_backend
from core.errors import ConflictError, InputError

CLOSE_S = 2  # how long open requests may take after a stop was asked for
LOCK_NAME = "backend.lock"


def serve_backend(
    *,
    directory: Path,
    host: str = "127.0.0.1",
    port: int = 8630,
    is_remote_allowed: bool = False,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve the backend that lives in `directory` until SIGTERM or SIGINT, then return.

    Port 0 takes a free one. `announce` is called with the address (`http://127.0.0.1:8630`) once the port is open.
    Must be called from the main thread. Raises `InputError` for a host that is not loopback unless
    `is_remote_allowed`, `ConflictError` when the port or the directory is in use.
    """
    if not is_remote_allowed and not _is_loopback(host):
        raise InputError(
            f"the local backend has no sign-in and listens on loopback only; {host!r} is another address",
            field="backend.host",
        )
    with _hold_directory(directory), _open_socket(host, port) as listener:
        allowed_hosts = {ANY_HOST} if is_remote_allowed else {*LOOPBACK_NAMES, host.lower()}
        app = create_backend(directory, allowed_hosts=allowed_hosts)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=CLOSE_S
        )
        server = uvicorn.Server(config)
        with _stop_on_signals(server):
            if announce is not None:
                announce(_address(host, listener.getsockname()[1]))
            server.run(sockets=[listener])


@contextmanager
def _hold_directory(directory: Path) -> Iterator[None]:
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK_NAME).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConflictError(f"another local backend uses {directory}; stop it, or choose another folder") from error
        yield


def _open_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns off Nagle's delay only then: 40 ms on every answer otherwise.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
        return listener
    except OSError as error:
        listener.close()
        reason = os.strerror(error.errno or 0)
        raise ConflictError(
            f"cannot listen on {_address(host, port)} ({reason}); stop what uses the port, or set backend.port"
        ) from error


@contextmanager
def _stop_on_signals(server: uvicorn.Server) -> Iterator[None]:
    """Turn the signals into a stop of the server also before and after uvicorn handles them itself.

    Uvicorn raises the signal it was stopped by once more when it has ended; these handlers take it, so that a stop is a
    plain return.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
