"""`flywheel doctor`: what is wrong with the runs of this installation, and what to do about it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import DataOption, JsonOption, settings_for
from app.commands.terminal import note, say, say_json
from app.failures import EXIT_FAILED

if TYPE_CHECKING:
    from core.runs import Finding, Orphan


def doctor(
    *,
    retry: Annotated[bool, typer.Option("--retry", help="Let workers try failed removals again at once.")] = False,
    local: Annotated[bool, typer.Option("--local", help="Look at the state only; ask no service.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Look for stuck, drifted and orphaned runs; exit with 1 when there is one. Changes nothing without --retry."""
    findings, orphans, unreachable = _examine(data, local=local, retry=retry)
    if json:
        say_json(
            {"ok": not findings and not orphans, "findings": findings, "orphans": orphans, "services": unreachable}
        )
    else:
        _say(findings, orphans)
        if unreachable:
            note(f"the services could not be asked for orphans: {unreachable}")
    if findings or orphans:
        raise typer.Exit(EXIT_FAILED)


def _examine(data: Path | None, *, local: bool, retry: bool) -> tuple[list["Finding"], list["Orphan"], str | None]:
    from core.database import utc_now
    from core.migrations import open_database
    from core.nemo import ServiceError, connect_model_ops
    from core.runs import examine, find_orphans, retry_leftovers

    settings = settings_for(data)
    database = open_database(settings)  # and not the log store, which may be what is down
    try:
        now = utc_now()
        if retry:
            count = retry_leftovers(database, now=now)
            note(f"{count} removals will be tried again by the next sweep of a worker")
        with database.read() as session:
            findings = examine(session, database, now=now)
        if local:
            return findings, [], None
        operations = connect_model_ops(settings)
        try:
            return findings, find_orphans(database, operations, now=now), None
        except ServiceError as error:
            return findings, [], str(error)
        finally:
            operations.close()
    finally:
        database.dispose()


def _say(findings: list["Finding"], orphans: list["Orphan"]) -> None:
    for finding in findings:
        since = f", since {finding.since:%Y-%m-%d %H:%M} UTC" if finding.since else ""
        say(f"{finding.kind}: run {finding.run_id}{since}" if finding.run_id else f"{finding.kind}{since}")
        say(f"    {finding.what}")
        say(f"    {finding.advice}")
    for orphan in orphans:
        say(f"orphaned: {orphan.kind} {orphan.name} of run {orphan.run_id} is recorded nowhere")
        say("    The next sweep of a worker removes it.")
    if not findings and not orphans:
        say("nothing is wrong")
