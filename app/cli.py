"""The command `flywheel`: its groups put together, and the one place where a command's error becomes an exit code.

Exit codes: 0 done, 1 the thing failed, 2 wrong usage or bad input. An error is one sentence on standard error; with
`--json` it is the same JSON object that the API answers with.
"""

import json
import logging
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from app.commands import (
    backup,
    config,
    datasets,
    decisions,
    demo,
    doctor,
    logs,
    notices,
    proxy,
    runs,
    schedules,
    services,
)
from app.failures import EXIT_FAILED, explain
from core import VERSION

INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended: 128 and the signal's number."""

app = typer.Typer(
    name="flywheel",
    help="Find out whether a small model can take over a workload of a large one, and decide on record.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
services.add_commands(app)
app.add_typer(logs.app, name="logs")
app.add_typer(runs.app, name="runs")
app.add_typer(datasets.app, name="datasets")
app.add_typer(schedules.app, name="schedules")
app.add_typer(notices.app, name="notices")
app.add_typer(decisions.app, name="decisions")
app.add_typer(config.app, name="config")
app.command("doctor")(doctor.doctor)
app.command("proxy")(proxy.proxy)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)


def _show_version(*, is_asked: bool) -> None:
    if is_asked:
        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def start(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Take options that stand before any command."""


def main() -> None:
    """Run the command that the process was started with, and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; whatever goes wrong has been told by then."""
    logging.basicConfig(level=logging.ERROR, format="%(message)s")  # the processes set up their own log
    try:
        code = app(args=list(arguments), prog_name="flywheel", standalone_mode=False)
    except typer.TyperException as error:
        return _tell_usage(error, arguments)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except Exception as error:  # noqa: BLE001  # the edge: `explain` logs what nobody expected
        failure = explain(error)
        _tell(failure.to_dict(), arguments)
        return failure.kind.exit_code
    return code if isinstance(code, int) else 0


def _tell(error: dict[str, Any], arguments: Sequence[str]) -> None:
    text = json.dumps(error, ensure_ascii=False) if "--json" in arguments else f"error: {error['error']['message']}"
    typer.echo(text, err=True)


def _tell_usage(error: typer.TyperException, arguments: Sequence[str]) -> int:
    sentence = error.format_message()
    if sentence.startswith("Usage:"):  # a group without a command: its help is the answer
        typer.echo(sentence, err=True)
        return error.exit_code
    context = getattr(error, "ctx", None)
    hint = f"; see {context.command_path} --help" if context else ""
    _tell({"error": {"message": sentence.rstrip(".") + hint, "field": None}}, arguments)
    return error.exit_code


if __name__ == "__main__":
    main()
