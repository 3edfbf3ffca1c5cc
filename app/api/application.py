"""The API process: routes, guard and errors put together, and the server that runs them."""

import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime

from fastapi import FastAPI

from app.addresses import LOOPBACK_NAMES, listen_on, refuse_open_address
from app.api import comparison, decisions, health, jobs, logs, metrics, samples, schedules
from app.api.context import Context
from app.api.documentation import add_documentation
from app.api.errors import add_error_answers
from app.api.guard import Guard
from app.installation import Installation, open_installation
from core import VERSION
from core.database import utc_now
from core.settings import Settings

DESCRIPTION = (
    "Start runs, read what students scored, decide on candidates. Every error has one shape: ErrorReply. Instants are"
    " UTC; what is not known is null."
)
GRACE_S = 5

logger = logging.getLogger("flywheel.api")


def create_api(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """Return the API of an installation, opened at once and closed with the server.

    Raises what opening the stores raises. The API reads and writes rows; it never calls a service outside.
    """
    installation = open_installation(settings)
    api = FastAPI(
        title="Flywheel Review API",
        version=VERSION,
        description=DESCRIPTION,
        docs_url=None,  # FastAPI's own pages load scripts from a network address
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=_close_at_end(installation),
    )
    api.state.context = Context(installation=installation, clock=clock)
    for part in (jobs, comparison, samples, decisions, schedules, logs, health, metrics):
        api.include_router(part.router)
    add_error_answers(api)
    add_documentation(api)
    api.state.traffic = metrics.Traffic()
    api.add_middleware(metrics.CountTraffic, traffic=api.state.traffic)
    api.add_middleware(
        Guard,
        host_names=LOOPBACK_NAMES | {settings.api.host.lower()},
        json_lines_paths=frozenset({logs.PATH}),
    )
    return api


def serve_api(settings: Settings) -> None:
    """Serve the API until the process is told to stop. Raises `InputError` or `UnavailableError` for the address."""
    import uvicorn

    refuse_open_address(settings.api.host, field="api.host")
    listener = listen_on(settings.api.host, settings.api.port, field="api.port")
    config = uvicorn.Config(
        create_api(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    logger.info("the API listens on http://%s:%s", settings.api.host, settings.api.port)
    server = uvicorn.Server(config)

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    # Uvicorn raises the signal it was stopped by once more at its end; with these handlers a stop is a plain return.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    server.run(sockets=[listener])


def _close_at_end(installation: Installation) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        yield
        installation.close()

    return lifespan
