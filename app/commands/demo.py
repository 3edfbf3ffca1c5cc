"""`flywheel demo`: everything on one machine, in a folder of its own, with invented traffic and runs to decide on."""

import os
import sys
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import DataOption, JsonOption
from app.commands.services import ApiPortOption, PortOption
from app.commands.terminal import note, say, say_json

if TYPE_CHECKING:
    from app.demo.folder import DemoFolder
    from app.demo.wording import DemoPart
    from core.settings import Settings

DEFAULT_FOLDER = Path("flywheel-demo")
WAYS_TO_MOVE = {
    "web.port": "--port N",
    "api.port": "--api-port N",
    "backend.port": "FLYWHEEL_BACKEND__PORT=N in the environment",
}
"""How the demo is given another port, by setting; it reads no configuration file."""


def demo(
    *,
    reset: Annotated[
        bool, typer.Option("--reset", help="Empty the demo's folder first: runs and decisions too.")
    ] = False,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the first comparison in the browser when it is finished.")
    ] = False,
    port: PortOption = None,
    api_port: ApiPortOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show everything on this machine, with invented traffic in a folder of its own (./flywheel-demo)."""
    from app.demo.configuration import demo_settings
    from app.demo.folder import hold_demo_folder

    given = {"FLYWHEEL_WEB__PORT": port, "FLYWHEEL_API__PORT": api_port}
    ports = {name: str(value) for name, value in given.items() if value is not None}
    settings = demo_settings(data or DEFAULT_FOLDER, environ={**os.environ, **ports})
    with hold_demo_folder(settings.data) as folder:
        _refuse_taken_ports(settings)
        if reset:
            folder.empty()
        voice = _Terminal(settings=settings, json=json, opens_browser=open_browser and sys.stdout.isatty())
        raise typer.Exit(_run(settings, folder, voice))


@dataclass(frozen=True, kw_only=True)
class _Terminal:
    """The guide's voice on a terminal: what runs where is the result, everything else is told beside it."""

    settings: "Settings"
    json: bool
    opens_browser: bool

    def tell(self, line: str) -> None:
        note(line)

    def announce(self, parts: Sequence["DemoPart"]) -> None:
        from app.demo.wording import describe_addresses, describe_demo

        if self.json:
            say_json(describe_addresses(self.settings, parts))
        else:
            say(describe_demo(self.settings, parts))

    def show(self, part: "DemoPart") -> None:
        from app.demo.wording import review_address

        if self.opens_browser:
            webbrowser.open(review_address(self.settings, part.run.id))


def _run(settings: "Settings", folder: "DemoFolder", voice: _Terminal) -> int:
    """Run the processes with the guide beside them until a signal comes; returns the exit code."""
    from app.demo.configuration import demo_environment
    from app.demo.guide import Guide
    from app.demo.wording import describe_age, describe_beginning
    from app.supervisor import Supervisor
    from core.database import utc_now

    facts = folder.read(now=utc_now())
    note(describe_beginning(settings, is_first=not facts.runs))
    if (age := describe_age(facts.traffic_until, now=utc_now())) is not None:
        note(age)
    supervisor = Supervisor(settings, tell=note, environ=demo_environment(os.environ))
    supervisor.handle_signals()
    guide = Guide(settings, folder, voice=voice, stopping=supervisor.stopping, clock=utc_now)
    guide.start()
    try:
        exit_code = supervisor.run(when_ready=guide.processes_answer.set)
    finally:
        supervisor.stopping.set()
    guide.finish()
    if folder.read(now=utc_now()).unfinished:
        note("The next start of the demo goes on with what was cut short.")
    return exit_code


def _refuse_taken_ports(settings: "Settings") -> None:
    """Raise `UnavailableError` for a port that is taken, with the way to name another."""
    from app.supervisor import check_addresses
    from core.errors import UnavailableError

    try:
        check_addresses(settings, with_backend=True)
    except UnavailableError as error:
        way = WAYS_TO_MOVE[error.service]
        raise UnavailableError(f"{error} (for the demo: {way})", service=error.service) from error
