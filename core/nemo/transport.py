"""HTTP to one service: the only module that knows the HTTP library.

Reads and repeatable writes are tried again after a pause with full jitter (Brooker, "Exponential Backoff And Jitter",
AWS Architecture Blog, 2015), never sooner than `Retry-After` asks; a wish longer than `longest_wait_s` is handed to
the caller, who can wait without holding a thread. Creates are sent once. How long an outage may last in all is the
runner's business. Every error leaves here as one of `core.nemo.errors`; headers and secrets never do.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import IO
from urllib.parse import urlsplit

import httpx

from core.errors import InputError
from core.nemo.addresses import ServiceAddress
from core.nemo.errors import RequestRefused, ServiceError, ServiceUnavailable
from core.nemo.messages import Body, Reply, error_for

logger = logging.getLogger(__name__)

# More than all threads together: a smaller pool closes connections it has already handed out (httpcore issue 1110).
# Servers close idle connections after 5 s (uvicorn) and more; one that is reused at that instant is cut.
LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=3)
USER_AGENT = "flywheel-review"
LARGEST_DOCUMENT_BYTES = 64 * 2**20
LARGEST_ERROR_BYTES = 64 * 2**10

# UnicodeError is what a host name with an empty or overlong label raises in the standard library beneath.
HTTP_LIBRARY_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError, UnicodeError)
PROVABLY_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
DEFINITE = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)
REASONS: Mapping[type[Exception], str] = {
    httpx.ConnectError: "the connection was refused or the host is unknown",
    httpx.ConnectTimeout: "no connection came about in time",
    httpx.PoolTimeout: "all connections are in use",
    httpx.ReadTimeout: "no answer came in time",
    httpx.WriteTimeout: "the request was not taken in time",
    httpx.ProxyError: "the proxy in between refused",
    httpx.DecodingError: "the answer's compression is broken",
}


@dataclass(frozen=True, kw_only=True)
class TransportOptions:
    """How long to wait and how often to try. `longest_wait_s` bounds one pause inside a call."""

    connect_timeout_s: float = 5
    read_timeout_s: float = 30
    upload_timeout_s: float = 300
    trust_env: bool = False
    attempts: int = 3
    backoff_s: float = 0.5
    longest_wait_s: float = 5


@dataclass(frozen=True, kw_only=True)
class _Call:
    method: str
    path: str
    query: Mapping[str, str | int] | None = None
    body: Body | None = None
    headers: Mapping[str, str] | None = None
    into: IO[bytes] | None = None
    largest_bytes: int = LARGEST_DOCUMENT_BYTES
    is_large: bool = False

    @property
    def request(self) -> str:
        return f"{self.method} {urlsplit(self.path).path}"


class Transport:
    """Calls to one service, safe to share between threads. `network` replaces the real network in tests."""

    def __init__(
        self,
        address: ServiceAddress,
        options: TransportOptions,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        rng: random.Random | None = None,
        network: httpx.BaseTransport | None = None,
    ) -> None:
        """Open no connection yet. Raises `InputError` for an address that can never be reached."""
        self.address = address
        self.options = options
        self._clock = clock
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._client = _open_client(address, options, network)

    def read(self, path: str, *, query: Mapping[str, str | int] | None = None, attempts: int | None = None) -> Reply:
        """Return the answer to a GET; tried again on trouble, `attempts` times in all."""
        return self._repeat(_Call(method="GET", path=path, query=query), attempts or self.options.attempts)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        is_large: bool = False,
    ) -> Reply:
        """Return the answer to a request that may arrive twice without harm; tried again on trouble.

        `path` may be an absolute address on another host, which then does not get the service's headers.
        """
        call = _Call(method=method, path=path, body=body, headers=headers, is_large=is_large)
        return self._repeat(call, self.options.attempts)

    def create(self, path: str, body: Body) -> Reply:
        """Return the answer to a POST that makes something new; it leaves exactly once."""
        return self._attempt(_Call(method="POST", path=path, body=body), 1)

    def download(self, path: str, into: IO[bytes], *, largest_bytes: int) -> None:
        """Write the answer to a GET into a seekable file. Raises `RequestRefused` when it is larger than allowed."""
        call = _Call(method="GET", path=path, into=into, largest_bytes=largest_bytes, is_large=True)
        self._repeat(call, self.options.attempts)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _repeat(self, call: _Call, attempts: int) -> Reply:
        for attempt in range(1, attempts):
            try:
                return self._attempt(call, attempt)
            except ServiceUnavailable as error:
                wait_s = self._pause_after(error, attempt)
                if wait_s > self.options.longest_wait_s:
                    raise
            self._sleep(wait_s)
        return self._attempt(call, attempts)

    def _pause_after(self, error: ServiceUnavailable, attempt: int) -> float:
        ceiling_s = min(self.options.backoff_s * 2 ** (attempt - 1), self.options.longest_wait_s)
        return max(error.retry_after_s or 0.0, self._rng.uniform(0, ceiling_s))

    def _attempt(self, call: _Call, attempt: int) -> Reply:
        started = self._clock()
        try:
            reply = self._exchange(call, started)
        except ServiceError as error:
            self._log(call, attempt, started, outcome=type(error).__name__)
            raise
        self._log(call, attempt, started, outcome=reply.status)
        if not 200 <= reply.status < 300:
            explanation = self.address.without_secrets(reply.explanation())
            raise error_for(reply, explanation, setting=self.address.setting, now=datetime.now(UTC))
        return reply

    def _exchange(self, call: _Call, started: float) -> Reply:
        """Send one request and receive its answer whole, or raise one of our errors."""
        try:
            with self._client.stream(
                call.method,
                call.path,
                params=call.query,
                content=call.body.content if call.body else None,
                headers=self._headers_for(call),
                timeout=self._timeout_for(call),
            ) as response:
                body = self._receive(response, call, started)
        except DEFINITE:
            # The library's words would show the offending header, so neither they nor the cause go on.
            raise RequestRefused(f"{call.request} cannot be sent to {self.address}; check its settings") from None
        except HTTP_LIBRARY_ERRORS as error:
            raise self._translate(error, call) from error
        return Reply(
            request=call.request,
            service=self.address.name,
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
        )

    def _receive(self, response: httpx.Response, call: _Call, started: float) -> bytes:
        """Read the body piece by piece: the library's read timeout begins anew with each piece, ours does not."""
        is_wanted = response.is_success
        into = call.into if is_wanted and call.into else BytesIO()
        into.seek(0)
        into.truncate()
        largest_bytes = call.largest_bytes if is_wanted else LARGEST_ERROR_BYTES
        deadline = started + self._total_timeout_s(call)
        for piece in response.iter_bytes():
            if into.tell() + len(piece) > largest_bytes:
                if not is_wanted:
                    break
                raise RequestRefused(
                    f"the answer of {self.address} to {call.request} is larger than {largest_bytes} bytes"
                )
            if self._clock() > deadline:
                raise httpx.ReadTimeout("the answer as a whole took too long")
            into.write(piece)
        return into.getvalue() if isinstance(into, BytesIO) else b""

    def _translate(self, error: Exception, call: _Call) -> ServiceError:
        """Return our error for one of the library's."""
        if not isinstance(error, (httpx.TransportError, httpx.DecodingError)):
            return RequestRefused(f"{call.request} cannot be sent to {self.address}; check its address")
        reason = REASONS.get(type(error), "the connection was cut")
        return ServiceUnavailable(
            f"{self.address} did not answer {call.request}: {reason};"
            f" check {self.address.setting}_url and that the service is up",
            service=self.address.name,
            ambiguous=not isinstance(error, PROVABLY_NOT_SENT),
        )

    def _headers_for(self, call: _Call) -> dict[str, str]:
        own = self.address.headers if self.address.owns(call.path) else {}
        media_type = {"Content-Type": call.body.media_type} if call.body else {}
        return {**own, **media_type, **(call.headers or {})}

    def _timeout_for(self, call: _Call) -> httpx.Timeout:
        options = self.options
        write_s = options.upload_timeout_s if call.is_large else options.read_timeout_s
        read_s = options.upload_timeout_s if call.is_large and call.body else options.read_timeout_s
        return httpx.Timeout(read_s, connect=options.connect_timeout_s, pool=options.connect_timeout_s, write=write_s)

    def _total_timeout_s(self, call: _Call) -> float:
        options = self.options
        # Body, answer and connection one after the other, each at its limit.
        return options.connect_timeout_s + 2 * (options.upload_timeout_s if call.is_large else options.read_timeout_s)

    def _log(self, call: _Call, attempt: int, started: float, *, outcome: int | str) -> None:
        is_well = isinstance(outcome, int) and outcome < 500
        level = logging.DEBUG if is_well and call.method == "GET" else logging.INFO if is_well else logging.WARNING
        facts = {
            "service": self.address.name,
            "method": call.method,
            "path": urlsplit(call.path).path,
            "outcome": outcome,
            "duration_ms": round((self._clock() - started) * 1000),
            "attempt": attempt,
        }
        logger.log(
            level,
            "%(service)s: %(method)s %(path)s -> %(outcome)s in %(duration_ms)d ms, attempt %(attempt)d",
            facts,
            extra=facts,
        )


def _open_client(
    address: ServiceAddress, options: TransportOptions, network: httpx.BaseTransport | None
) -> httpx.Client:
    try:
        return httpx.Client(
            base_url=address.url,
            headers={"User-Agent": USER_AGENT},
            follow_redirects=False,
            trust_env=options.trust_env,
            limits=LIMITS,
            transport=network,
        )
    except (httpx.InvalidURL, ValueError, OSError) as error:
        setting = f"{address.setting}_url"
        raise InputError(
            f"{setting}: {address.url!r} cannot be opened; correct it, or the proxies in the environment", field=setting
        ) from error
