"""Who may talk to the server at all: the hosts it answers to, and no page of another site.

A local server without sign-in is reachable by every web page that the person opens. The `Host` check stops DNS
rebinding, the `Origin` and `Sec-Fetch-Site` check stops forms and scripts of other sites; programs send neither.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
ANY_HOST = "*"


class RequestGuard:
    """ASGI middleware that answers 400 for foreign hosts and 403 for requests that another site's page sent."""

    def __init__(self, app: ASGIApp, *, allowed_hosts: Iterable[str]) -> None:
        self._app = app
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        refusal = self._refuse(Headers(scope=scope)) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            status, detail = refusal
            await JSONResponse({"detail": detail}, status)(scope, receive, send)

    def _refuse(self, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        name = _host_name(host)
        if ANY_HOST not in self._allowed_hosts and name not in self._allowed_hosts:
            return 400, f"this server does not answer to the host {host!r}; use the address it was started on"
        origin = headers.get("origin")
        foreign = origin is not None and origin != f"http://{host}"
        if foreign or headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            return 403, "requests from pages of another site are refused"
        return None


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
