"""`flywheel config`: the settings in force, and whether everything they name answers."""

from typing import Any

import typer

from app.commands.options import DataOption, JsonOption, settings_for
from app.commands.terminal import plain, say, say_json
from app.failures import EXIT_FAILED

app = typer.Typer(help="Settings and connections.", no_args_is_help=True)


@app.callback()
def stay_a_group() -> None:
    """Keep `check` a word of its own while it is the only command here."""


@app.command("check")
def check(*, data: DataOption = None, json: JsonOption = False) -> None:
    """Print the settings and try every connection; exit with 1 when one fails. Secrets stay references."""
    from app.connections import check_connections

    settings = settings_for(data)
    connections = check_connections(settings)
    all_ok = all(connection.ok for connection in connections)
    if json:
        say_json({"ok": all_ok, "settings": settings.public(), "connections": connections})
    else:
        for name, value in _flat(settings.public()):
            say(f"{name} = {value}")
        say()
        for connection in connections:
            mark = "ok    " if connection.ok else "FAILED"
            say(f"{mark}  {connection.name}: {connection.target} ({connection.detail})")
    if not all_ok:
        raise typer.Exit(EXIT_FAILED)


def _flat(values: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return the settings as dotted names with their values, one line each."""
    lines: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, dict) and value:
            lines += _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [line for entry in value for line in _flat({entry["name"]: entry}, f"{prefix}{name}.")]
        else:
            lines.append((f"{prefix}{name}", str(plain(value))))
    return [line for line in lines if line[1] != "None"]
