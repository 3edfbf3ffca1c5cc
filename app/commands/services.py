"""The processes: each by itself, and all of them on one machine."""

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import DataOption, JsonOption, settings_for
from app.commands.terminal import note, say, say_json

if TYPE_CHECKING:
    from core.settings import Settings

PAGES_SCRIPT = Path(__file__).resolve().parents[1] / "server.py"

PortOption = Annotated[int | None, typer.Option("--port", min=1, max=65535, metavar="N", help="Port of the pages.")]
ApiPortOption = Annotated[
    int | None, typer.Option("--api-port", min=1, max=65535, metavar="N", help="Port of the API.")
]
OwnPortOption = Annotated[int | None, typer.Option("--port", min=1, max=65535, metavar="N", help="Port to listen on.")]
ParentOption = Annotated[int | None, typer.Option("--parent", hidden=True)]


def add_commands(app: typer.Typer) -> None:
    """Add the processes to the command line."""
    for name, command in (("up", up), ("web", web), ("api", api), ("worker", worker), ("backend", backend)):
        app.command(name)(command)


def up(
    *, port: PortOption = None, api_port: ApiPortOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """Run everything on this machine: local backend, worker, API and pages. Ctrl-C stops it."""
    from app.announcements import describe_start
    from app.supervisor import points_to_backend, run_supervisor

    settings = _with_ports(settings_for(data), web=port, api=api_port)
    uses_backend = points_to_backend(settings)

    def tell_ready() -> None:
        if json:
            say_json(_addresses(settings, uses_backend=uses_backend))
        else:
            say(describe_start(settings, uses_backend=uses_backend))

    note("Starting; this takes some seconds.")
    raise typer.Exit(run_supervisor(settings, tell=note, when_ready=tell_ready))


def web(
    *, port: OwnPortOption = None, data: DataOption = None, json: JsonOption = False, parent: ParentOption = None
) -> None:
    """Serve the pages."""
    settings = _begin(data, parent, json=json, web=port)
    from app.addresses import listen_on, refuse_open_address
    from app.supervisor import environment_of_children

    refuse_open_address(settings.web.host, field="web.host")
    listen_on(settings.web.host, settings.web.port, field="web.port").close()
    place = ("--server.address", settings.web.host, "--server.port", str(settings.web.port))
    command = (sys.executable, "-P", "-m", "streamlit", "run", str(PAGES_SCRIPT), *place)
    # Streamlit takes over this process, so that whoever started it signals Streamlit itself.
    os.execve(sys.executable, command, environment_of_children(settings, os.environ))  # noqa: S606


def api(
    *, port: OwnPortOption = None, data: DataOption = None, json: JsonOption = False, parent: ParentOption = None
) -> None:
    """Serve the REST interface."""
    settings = _begin(data, parent, json=json, api=port)
    from app.api import serve_api

    serve_api(settings)


def worker(*, data: DataOption = None, json: JsonOption = False, parent: ParentOption = None) -> None:
    """Carry out runs, until told to stop."""
    settings = _begin(data, parent, json=json)
    from core.worker import run_worker

    run_worker(settings)
    logging.shutdown()
    os._exit(0)  # a call that hangs in a thread of its own must not keep the process from ending


def backend(
    *, port: OwnPortOption = None, data: DataOption = None, json: JsonOption = False, parent: ParentOption = None
) -> None:
    """Serve the local backend: deployments, training and evaluation of small students on this machine."""
    settings = _begin(data, parent, json=json, backend=port)
    from app.addresses import refuse_open_address
    from core.backend import serve_backend

    refuse_open_address(settings.backend.host, field="backend.host")
    serve_backend(directory=settings.data / "backend", host=settings.backend.host, port=settings.backend.port)


def _begin(data: Path | None, parent: int | None, *, json: bool, **ports: int | None) -> "Settings":
    """Do what every process does first: stay with its parent, write its log, read its settings."""
    if parent is not None:
        from app.children import end_with_parent

        end_with_parent(parent)
    from app.process_log import set_up_log

    set_up_log(form="json" if json else "text")
    settings = settings_for(data)
    if not json:  # what the settings say holds from here on; until then their own errors are text
        set_up_log(form=settings.logging.format, level=settings.logging.level)
    return _with_ports(settings, **ports)


def _with_ports(settings: "Settings", **ports: int | None) -> "Settings":
    given = {
        name: getattr(settings, name).model_copy(update={"port": port})
        for name, port in ports.items()
        if port is not None
    }
    return settings.model_copy(update=given)


def _addresses(settings: "Settings", *, uses_backend: bool) -> dict[str, str | None]:
    return {
        "web": f"http://{settings.web.host}:{settings.web.port}",
        "api": f"http://{settings.api.host}:{settings.api.port}",
        "backend": f"http://{settings.backend.host}:{settings.backend.port}" if uses_backend else None,
        "data": str(settings.data),
    }
