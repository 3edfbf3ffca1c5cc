"""`flywheel backup` and `flywheel restore`: state and logs in one file, and back."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import DataOption, JsonOption, settings_for
from app.commands.terminal import Meter, note, say, say_json

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


def backup(file: FileArgument, *, data: DataOption = None, json: JsonOption = False) -> None:
    """Write state and logs to a file, while everything runs; the copy is opened and checked."""
    from core.database import utc_now
    from core.migrations import back_up

    settings = settings_for(data)
    with Meter("copying") as meter:
        manifest = back_up(settings, file.absolute(), now=utc_now(), on_progress=meter.show)
    if json:
        say_json({"file": str(file), "manifest": manifest})
    else:
        counts = [f"{count:,} {name}s" for each in manifest.files.values() for name, count in each.rows.items()]
        say(f"{file}: {', '.join(counts)}, schema {manifest.schema}; opened and checked")
    if settings.logs.store == "elasticsearch":
        note(f"the logs are not in it: they are kept in Elasticsearch ({settings.logs_place}), whose snapshots do that")


def restore(
    file: FileArgument,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of what is there, which is kept beside it.")
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Put a backup in place; everything is checked before anything is touched. The installation must be stopped."""
    from core.database import utc_now
    from core.migrations import restore as put_back

    settings = settings_for(data)
    with Meter("restoring") as meter:
        manifest = put_back(file.absolute(), settings, now=utc_now(), replace=replace, on_progress=meter.show)
    if json:
        say_json({"data": str(settings.data), "manifest": manifest})
    else:
        say(f"restored to {settings.data}, as of {manifest.created_at}; `flywheel up` goes on from there")
    if settings.logs.store == "elasticsearch":
        note(f"the logs stay as they are: they are kept in Elasticsearch ({settings.logs_place})")
