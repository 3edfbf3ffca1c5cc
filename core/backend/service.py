"""The local backend as one web application: its parts put together, its start and its end."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI

from core.backend.adapters import Adapters
from core.backend.answers import install_error_answers
from core.backend.context import Context
from core.backend.customization_targets import add_student_targets
from core.backend.customizer import customizer_routers, fail_interrupted_customizations
from core.backend.data_store import DataStore
from core.backend.deployments import deployment_routers
from core.backend.entity_store import entity_store_routers
from core.backend.evaluator import evaluator_routers, fail_interrupted_evaluations
from core.backend.guard import LOOPBACK_NAMES, RequestGuard
from core.backend.hub import Hub
from core.backend.identity import Clock, utc_now
from core.backend.jobs import JobQueue
from core.backend.nim_proxy import NimProxy
from core.backend.repositories import Repositories
from core.backend.state import Document, State

DEPLOY_S = 0.5
HEALTH_PATHS = ("/health", "/v1/health", "/v1/health/live", "/v1/health/ready")


def create_backend(
    directory: Path,
    *,
    clock: Clock = utc_now,
    allowed_hosts: Iterable[str] = LOOPBACK_NAMES,
    deploy_s: float = DEPLOY_S,
) -> FastAPI:
    """Return the application that keeps everything below `directory`, which is made if it is missing.

    Jobs that an earlier end of the server cut off are failed here. Only one application may use a directory at a time;
    `serve_backend` sees to that. `deploy_s` is how long a deployment takes to become ready.
    """
    context = _open_context(directory.absolute(), clock=clock, deploy_s=deploy_s)
    add_student_targets(context)
    fail_interrupted_customizations(context)
    fail_interrupted_evaluations(context)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        context.jobs.start()
        yield
        context.jobs.close()
        context.state.close()

    # No pages of documentation: they would load scripts from the internet.
    app = FastAPI(title="Local backend", lifespan=lifespan, openapi_url=None)
    app.add_middleware(RequestGuard, allowed_hosts=allowed_hosts)
    install_error_answers(app)
    app.include_router(_health_router())
    for router in _service_routers(context):
        app.include_router(router)
    return app


def _open_context(directory: Path, *, clock: Clock, deploy_s: float) -> Context:
    directory.mkdir(parents=True, exist_ok=True)
    state = State(directory / "backend.db")
    return Context(
        folder=directory,
        state=state,
        repositories=Repositories(state, directory / "repositories", clock=clock),
        adapters=Adapters(state, directory / "adapters"),
        jobs=JobQueue(),
        clock=clock,
        deploy_s=deploy_s,
    )


def _service_routers(context: Context) -> list[APIRouter]:
    return [
        DataStore(context).router(),
        Hub(context).router(),
        *entity_store_routers(context),
        *customizer_routers(context),
        *evaluator_routers(context),
        *deployment_routers(context),
        NimProxy(context).router(),
    ]


def _health_router() -> APIRouter:
    router = APIRouter()

    async def tell_health() -> Document:
        """Tell that the event loop turns; asks nothing else, so that it answers under any load."""
        return {"status": "healthy"}

    for path in HEALTH_PATHS:
        router.add_api_route(path, tell_health, methods=["GET"])
    return router
