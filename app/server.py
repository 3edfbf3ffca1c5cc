"""The web process: the pages behind one small ASGI application, `streamlit run app/server.py`.

Owns what happens once per process (imports warmed up before traffic, where it may listen), the health answer, the
fonts, and host checks on every route. It runs no jobs and calls no NeMo service. Streamlit imports this file as the
module `server`, so nothing may import it as `app.server`.
"""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from app.addresses import refuse_open_address
from app.ui import boundary

logger = logging.getLogger("flywheel.web")

HERE = Path(__file__).resolve().parent
ASSETS = HERE.parent / "assets"
ALLOWED_HOSTS = ("localhost", "127.0.0.1", "[::1]")
WARMED_UP = ("pandas", "pyarrow", "plotly.graph_objects", "app.ui.queries")
"""What the first visitor would otherwise wait for: over a second of imports."""


async def answer_health(_request: Request) -> JSONResponse:
    """Answer that the process serves pages."""
    return JSONResponse({"status": "ok", "process": "web"})


async def open_overview(_request: Request) -> RedirectResponse:
    """Lead the root URL to the first page."""
    return RedirectResponse("/overview")


@asynccontextmanager
async def start(_app: st.App) -> AsyncIterator[None]:
    """Refuse to listen where anyone could come in, then import what pages need before the first visitor."""
    refuse_open_address(st.get_option("server.address") or "all addresses", field="web.host")
    for module in WARMED_UP:
        import_module(module)
    gc.collect()
    gc.freeze()  # what was imported stays; later collections need not look at it
    yield


app = st.App(
    HERE / "main.py",
    lifespan=start,
    routes=[
        Route("/healthz", answer_health),
        Route("/", open_overview),
        Mount("/assets", StaticFiles(directory=ASSETS), name="assets"),
    ],
    middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(ALLOWED_HOSTS), www_redirect=False)],
    on_script_error=boundary.report,
)
