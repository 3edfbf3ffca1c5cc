"""`/metrics` of the API process: the state's figures, and what this process has answered."""

import time
from collections.abc import Iterable

from fastapi import APIRouter, Request, Response
from prometheus_client import Counter, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.context import Context, Surroundings
from core.runs import read_state_metrics

OTHER = "other"
"""Stands for every path that is no route, so that nobody can make labels up."""

router = APIRouter(tags=["health"])


class Traffic:
    """What a process has answered, by route template; a registry of its own, so that tests do not share it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self.requests = Counter("flywheel_api_requests", "Requests answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "flywheel_api_request_seconds", "Time to answer a request.", ["route"], registry=self.registry
        )


class CountTraffic:
    """Middleware that counts every answer under its route template."""

    def __init__(self, app: ASGIApp, *, traffic: Traffic) -> None:
        self.app = app
        self.traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and count it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            route = getattr(scope.get("route"), "path", OTHER)
            self.traffic.requests.labels(scope["method"], route, status).inc()
            self.traffic.seconds.labels(route).observe(time.perf_counter() - started)


class _State(Collector):
    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterable[Metric]:
        parts = self._context.installation
        return read_state_metrics(parts.database, parts.logs, now=self._context.clock())


@router.get("/metrics", summary="Figures for monitoring", response_class=Response)
def get_metrics(context: Surroundings, request: Request) -> Response:
    """Return the figures as OpenMetrics text (OpenMetrics 1.0.0)."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_State(context))
    traffic: Traffic = request.app.state.traffic
    own, answered = (generate_latest(each) for each in (registry, traffic.registry))  # type: ignore[no-untyped-call]
    text: bytes = own.removesuffix(b"# EOF\n") + answered
    return Response(text, media_type=None, headers={"Content-Type": CONTENT_TYPE_LATEST})
