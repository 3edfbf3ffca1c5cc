"""`/metrics` of the worker: the state's figures over a small HTTP server of its own, on when a port is set."""

import logging
from collections.abc import Iterable

from prometheus_client import start_http_server
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from core.database import DATABASE_DOWN
from core.runs import Surroundings, read_state_metrics
from core.settings import WorkerSettings

logger = logging.getLogger(__name__)


class StateCollector(Collector):
    """Reads the state whenever somebody asks; says nothing while the database is down."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def collect(self) -> Iterable[Metric]:
        """Return the figures as they stand now."""
        around = self._around
        try:
            return read_state_metrics(around.database, around.logs, now=around.clock())
        except DATABASE_DOWN:
            logger.warning("the figures for /metrics could not be read", exc_info=True)
            return ()


def serve_metrics(around: Surroundings, settings: WorkerSettings) -> None:
    """Serve `/metrics` in a thread until the process ends; nothing happens without a port."""
    if settings.metrics_port is None:
        return
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StateCollector(around))
    start_http_server(settings.metrics_port, addr=settings.metrics_host, registry=registry)
    logger.info("/metrics is served at http://%s:%d", settings.metrics_host, settings.metrics_port)
