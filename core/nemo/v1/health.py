"""Whether each service answers, asked by a call that the product makes anyway.

Health paths differ between services and are often not routed by an ingress, so a list of one entry is asked for; only
the data store's is used. The version is told where a service tells it.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from core.nemo.errors import RequestRefused, ResourceMissing, ServiceError
from core.nemo.messages import Reply
from core.nemo.operations import ServiceHealth
from core.nemo.transport import Transport
from core.nemo.v1.fields import read_mapping, read_text

ONE_ENTRY = {"page": 1, "page_size": 1}


@dataclass(frozen=True, kw_only=True)
class _Question:
    service: str
    transport: Transport
    paths: tuple[str, ...]  # the first that the service knows counts


def probe_services(
    services: Transport, nim: Transport, data_store: Transport, *, clock: Callable[[], float] = time.monotonic
) -> Sequence[ServiceHealth]:
    """Return the health of every service, in a fixed order; all are asked at once, each a single time."""
    questions = (
        _Question(service="entity store", transport=services, paths=("/v1/namespaces",)),
        _Question(service="customizer", transport=services, paths=("/v1/customization/configs",)),
        _Question(service="evaluator", transport=services, paths=("/v1/evaluation/jobs",)),
        _Question(service="deployment management", transport=services, paths=("/v1/deployment/model-deployments",)),
        _Question(service="NIM proxy", transport=nim, paths=("/v1/models",)),
        _Question(service="data store", transport=data_store, paths=("/v1/health", "/v1/datastore/namespaces/")),
    )
    with ThreadPoolExecutor(max_workers=len(questions)) as pool:
        return list(pool.map(lambda question: _ask(question, clock), questions))


def _ask(question: _Question, clock: Callable[[], float]) -> ServiceHealth:
    started = clock()
    try:
        reply = _first_known(question)
    except ServiceError as error:
        return _health(question, ok=False, detail=str(error))
    detail = f"answers in {round((clock() - started) * 1000)} ms"
    version = _read_version(reply)
    return _health(question, ok=True, detail=f"{detail}, version {version}" if version else detail)


def _first_known(question: _Question) -> Reply:
    *optional, last = question.paths
    for path in optional:
        try:
            return question.transport.read(path, attempts=1)
        except ResourceMissing:
            continue
    return question.transport.read(last, query=ONE_ENTRY, attempts=1)


def _read_version(reply: Reply) -> str | None:
    try:
        return read_text(read_mapping(reply.json()).get("version"))
    except RequestRefused:
        return None


def _health(question: _Question, *, ok: bool, detail: str) -> ServiceHealth:
    return ServiceHealth(service=question.service, url=question.transport.address.url, ok=ok, detail=detail)
