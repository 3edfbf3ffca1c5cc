"""A service that answers from a script and keeps what it was asked: for faults that no real service shows on demand."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from core.nemo.addresses import ServiceAddress
from core.nemo.transport import Transport, TransportOptions
from core.nemo.v1 import NemoV1

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]
URL = "http://service.test/base"


def reply(document: Any = None, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, json={} if document is None else document, headers=headers)


def raw_reply(content: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, content=content, headers=headers)


@dataclass
class ScriptedService:
    """Routes are `METHOD /path` with one answer or a list; the last answer of a list repeats. Others are 404."""

    routes: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        script = self.routes.get(f"{request.method} {request.url.path.removeprefix('/base')}")
        if script is None:
            return reply({"detail": "not found"}, 404)
        answer = script if not isinstance(script, list) else script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, Exception):
            raise answer
        return (
            answer(request)
            if callable(answer)
            else httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)
        )

    @property
    def calls(self) -> list[str]:
        return [f"{request.method} {request.url.path.removeprefix('/base')}" for request in self.requests]

    def bodies(self, call: str) -> list[Any]:
        """The JSON bodies of the requests to one route."""
        return [
            json.loads(asked.content) for asked, name in zip(self.requests, self.calls, strict=True) if name == call
        ]


@dataclass
class Pauses:
    """Takes the place of `time.sleep`: the pauses asked for, none of them slept."""

    taken_s: list[float] = field(default_factory=list)

    def __call__(self, wait_s: float) -> None:
        self.taken_s.append(wait_s)


def open_transport(
    service: Callable[[httpx.Request], httpx.Response],
    *,
    pauses: Pauses | None = None,
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> Transport:
    return Transport(
        ServiceAddress(name="model services", url=URL, setting="nemo.services", headers=headers or {}),
        TransportOptions(**options),
        sleep=pauses or Pauses(),
        rng=random.Random(1),
        network=httpx.MockTransport(service),
    )


def open_adapter(service: ScriptedService) -> NemoV1:
    """All three services on one script."""
    services, nim, data_store = (open_transport(service) for _ in range(3))
    return NemoV1(services=services, nim=nim, data_store=data_store, namespace="mdfd", project="flywheel")
