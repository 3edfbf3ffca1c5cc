"""One Elasticsearch server or cluster: calls that fail fast for pages, and calls that insist for streams and imports.

What the client raises becomes one of the errors of `core.logs.errors`, with the address and what to do, never with a
secret in it.
"""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

from elastic_transport import ConnectionTimeout, TlsError, TransportError
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError

from core.errors import InputError
from core.logs.errors import LogStoreUnavailable
from core.settings import ElasticsearchSettings, resolve_secret

TRANSIENT = frozenset({429, 502, 503, 504})
"""Answers of a server that is starting, moving shards or overloaded: the same call may succeed later."""
BRIEF_S = 3.0
"""How long somebody waits for a month's index that is just being made."""
Reply = Any  # what the client returns: JSON
Failure = ApiError | TransportError


@dataclass(frozen=True, kw_only=True)
class Server:
    """A connected client; `patience_s` is how long `insist` goes on while the server is away. Shared by threads."""

    client: Elasticsearch
    url: str
    patience_s: float = 300.0

    def ask(self, call: Callable[[Elasticsearch], Reply]) -> Reply:
        """Return the answer to a call that somebody waits for; only a server that answers is asked again, and shortly.

        Raises `LogStoreUnavailable`; a missing index or document passes through, here and in `insist`.
        """
        return self._repeat(call, patience_s=BRIEF_S, is_worth_it=lambda error: isinstance(error, ApiError))

    def insist(self, call: Callable[[Elasticsearch], Reply]) -> Reply:
        """Return the answer to a call that may be repeated, trying again while the server is away or overloaded."""
        return self._repeat(call, patience_s=self.patience_s, is_worth_it=is_transient)

    def pauses(self, patience_s: float | None = None) -> Iterator[float | None]:
        """Yield the seconds to wait after each failure, growing, and None once the patience is used up."""
        patience_s = self.patience_s if patience_s is None else patience_s
        began = time.monotonic()
        for pause_s in chain((0.1, 0.25, 0.5, 1.0, 2.0), repeat(4.0)):
            if time.monotonic() - began + pause_s > patience_s:
                yield None
                return
            yield pause_s

    def _repeat(
        self, call: Callable[[Elasticsearch], Reply], *, patience_s: float, is_worth_it: Callable[[Failure], bool]
    ) -> Reply:
        for pause_s in self.pauses(patience_s):
            try:
                return call(self.client)
            except (ApiError, TransportError) as error:
                if isinstance(error, ApiError) and error.status_code == 404:
                    raise
                if pause_s is None or not (is_transient(error) and is_worth_it(error)):
                    raise self.unavailable(error) from error
                time.sleep(pause_s)
        raise AssertionError("the last pause is None")

    def unavailable(self, error: Failure) -> LogStoreUnavailable:
        """Return what the caller hears of a failure."""
        return LogStoreUnavailable(f"Elasticsearch at {self.url} {_reason(error)}")

    def close(self) -> None:
        """Close the connections."""
        self.client.close()


def is_transient(error: Failure) -> bool:
    """Tell whether the same call may succeed later."""
    return error.status_code in TRANSIENT if isinstance(error, ApiError) else not isinstance(error, TlsError)


def connect(settings: ElasticsearchSettings) -> Server:
    """Return the server of the settings; nothing is sent yet. Raises `InputError` for settings that do not fit."""
    if settings.url.startswith("http://") and not settings.is_loopback and _has_secret(settings):
        raise InputError(
            f"{settings.url} is not encrypted, and the key or password would travel in the clear; use https://",
            field="logs.elasticsearch.url",
        )
    client = Elasticsearch(
        settings.url,
        request_timeout=settings.timeout_s,
        retry_on_timeout=False,
        max_retries=0,
        http_compress=not settings.is_loopback,
        **_credentials(settings),
        **_trust(settings),
    )
    return Server(client=client, url=settings.url, patience_s=settings.patience_s)


def _has_secret(settings: ElasticsearchSettings) -> bool:
    return settings.api_key is not None or settings.password is not None


def _credentials(settings: ElasticsearchSettings) -> Mapping[str, Any]:
    if settings.api_key is not None:
        return {"api_key": resolve_secret(settings.api_key)}
    if settings.user is not None and settings.password is not None:
        return {"basic_auth": (settings.user, resolve_secret(settings.password))}
    return {}


def _trust(settings: ElasticsearchSettings) -> Mapping[str, Any]:
    """Return whose certificate is trusted: a pinned one, those of a file, or those the machine trusts."""
    if not settings.url.startswith("https://"):
        return {}
    if settings.fingerprint is not None:
        return {"ssl_assert_fingerprint": settings.fingerprint}
    if settings.ca_file is None:
        return {}
    try:
        ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:  # what the ssl module raises is one too
        raise InputError(
            f"logs.elasticsearch.ca_file: {settings.ca_file} holds no certificates that can be read; it must be a PEM"
            " file with those of the authority that signed the server's",
            field="logs.elasticsearch.ca_file",
        ) from error
    return {"ca_certs": str(settings.ca_file)}


def _reason(error: Failure) -> str:
    if isinstance(error, UnsupportedProductError):
        return "is something else or older than 7.14; Elasticsearch 8.0 or newer is needed"
    if isinstance(error, ApiError):
        if error.status_code == 401:
            return "does not know the key or password of logs.elasticsearch (401)"
        if error.status_code == 403:
            return f"refuses this key what it needs ({_cause(error)}); docs/elasticsearch.md lists the privileges"
        return f"answered {error.status_code}: {_cause(error)}"
    if isinstance(error, TlsError):
        return "has a certificate that is not trusted; set logs.elasticsearch.ca_file or .fingerprint"
    if isinstance(error, ConnectionTimeout):
        return "does not answer in time"
    return "does not answer; is it running, and is logs.elasticsearch.url right?"


def _cause(error: ApiError) -> str:
    """Return the server's own reason, which names indices and fields but no secret."""
    body = error.body
    found = body.get("error") if isinstance(body, Mapping) else None
    if isinstance(found, Mapping):
        causes = [found, *(found.get("root_cause") or ())]
        return str(causes[-1].get("reason") or causes[-1].get("type"))[:300]
    return str(found or error.message)[:300]
