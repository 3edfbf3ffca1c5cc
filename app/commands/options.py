"""Options that every command takes, and what they mean."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.installation import Installation
    from core.settings import Settings

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Folder of this installation.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, errors too.")]
ActorOption = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Who acts; without it, the user of the operating system.")
]
WorkloadOption = Annotated[str | None, typer.Option("--workload", metavar="W", help="Only this workload.")]
ClientOption = Annotated[str | None, typer.Option("--client", metavar="C", help="Only this client.")]
QueryOption = Annotated[
    str | None, typer.Option("--query", metavar="Q", help="Only what this text of the search box finds.")
]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's id; `flywheel runs list` shows them.")]
LARGEST_NUMBER = 2**53 - 1


def settings_for(data: Path | None) -> "Settings":
    """Return the settings in force, with `--data` above all else."""
    from core.settings import load_settings

    return load_settings(data)


@contextmanager
def installed_at(data: Path | None) -> Iterator["Installation"]:
    """Open the installation that a command works on, for the length of a `with` block."""
    from app.installation import installed

    with installed(settings_for(data)) as parts:
        yield parts


def actor_name(chosen: str | None) -> str:
    """Return who acts: the name given, else the operating system's user."""
    if chosen is not None and chosen.strip():
        return chosen.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "command line"


def split_list(text: str | None) -> list[str] | None:
    """Return the names of a comma-separated option, None when it was not given."""
    if text is None:
        return None
    return [name.strip() for name in text.split(",") if name.strip()]
