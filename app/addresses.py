"""Where the servers may listen, and for whom they take themselves.

Without sign-in everyone who can connect may decide, so every server listens on loopback only and answers only to names
that mean this machine: a page from elsewhere that resolves its own name to 127.0.0.1 (DNS rebinding) is refused.
"""

import ipaddress
import socket

from core.errors import InputError, UnavailableError

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(host: str) -> bool:
    """Tell whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_open_address(host: str, *, field: str) -> None:
    """Raise `InputError` unless `host` is loopback; `field` is the setting it comes from."""
    if not is_loopback(host):
        raise InputError(
            f"{field} is {host!r}, but without sign-in this server listens on this machine only; use 127.0.0.1",
            field=field,
        )


def listen_on(host: str, port: int, *, field: str) -> socket.socket:
    """Return a listening socket. Raises `UnavailableError` when the port is taken, naming the setting to change."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns off Nagle's delay only then: 40 ms on every answer otherwise.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise UnavailableError(
            f"port {port} on {host} cannot be used ({error.strerror}); stop what listens there, or choose another"
            f" port with {field}",
            service=field,
        ) from error
    return listener


def host_name(header: str) -> str:
    """Return the name in a Host header or an authority, in lower case, without port and brackets."""
    text = header.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if text.count(":") == 1 else text
