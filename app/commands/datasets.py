"""`flywheel datasets`: frozen evaluation sets, gold answers, and records that people keep out of datasets."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import (
    ActorOption,
    DataOption,
    JsonOption,
    WorkloadOption,
    actor_name,
    installed_at,
)
from app.commands.terminal import moment, say, say_json, say_table
from app.failures import EXIT_WRONG_INPUT

if TYPE_CHECKING:
    from core.datasets import EvaluationSet

SETS_HEAD = (
    "workload",
    "client",
    "version",
    "records",
    "classes",
    "newest record (UTC)",
    "frozen (UTC)",
    "by",
    "address",
)

app = typer.Typer(help="Datasets: frozen evaluation sets, gold answers, excluded records.", no_args_is_help=True)


@app.command("list")
def list_sets(*, workload: WorkloadOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """List the frozen evaluation sets, newest version first."""
    from core.datasets import list_evaluation_sets

    with installed_at(data) as parts, parts.database.read() as session:
        found = list_evaluation_sets(session, workload_id=workload)
    if json:
        say_json({"evaluation_sets": found})
    elif not found:
        say("No evaluation set is frozen yet; the first run of a workload draws one.")
    else:
        say_table(SETS_HEAD, [_cells(each) for each in found])


@app.command("gold")
def import_gold_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".jsonl or .csv: record_id or request_hash, answer.")],
    *,
    workload: Annotated[str, typer.Option(metavar="W", help="The workload whose records are named.")],
    skip_wrong: Annotated[bool, typer.Option("--skip-wrong", help="Import the lines that are right.")] = False,
    actor: ActorOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Import gold answers; a file with a wrong line is refused whole. Importing it again changes nothing."""
    from core.database import utc_now
    from core.datasets import import_gold, read_gold_file

    read = read_gold_file(_read(file), name=file.name)
    with installed_at(data) as parts:
        done = import_gold(
            parts.database,
            parts.logs,
            read,
            workload_id=workload,
            actor=actor_name(actor),
            now=utc_now(),
            on_problem="skip" if skip_wrong else "refuse",
        )
    if json:
        say_json(done)
    else:
        for problem in done.problems:
            say(f"line {problem.line}: {problem.reason}")
        say(f"{done.stored:,} gold answers stored, {done.unchanged:,} there already, {len(done.problems):,} left out")
    if done.problems:
        raise typer.Exit(EXIT_WRONG_INPUT)


@app.command("veto")
def veto(
    record: Annotated[str, typer.Argument(metavar="RECORD", help="A record's id, as the log browser shows it.")],
    *,
    reason: Annotated[str, typer.Option(metavar="R", help="Why; others will ask.")],
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Let the record into datasets again.")] = False,
    actor: ActorOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Keep a record's request out of future datasets; frozen evaluation sets stay as they are."""
    from core.database import utc_now
    from core.datasets import VetoStatement, veto_requests
    from core.logs import canonical_request_key

    with installed_at(data) as parts:
        found = parts.logs.get(record)
        key = canonical_request_key(found.request)
        statement = VetoStatement(
            request_key=key, is_vetoed=not withdraw, reason=reason, decided_by=actor_name(actor), decided_at=utc_now()
        )
        with parts.database.write() as session:
            changed = veto_requests(session, found.workload_id, statement)
    if json:
        say_json({"request_key": key, "is_vetoed": not withdraw, "changed": bool(changed)})
    else:
        state = "is let in again" if withdraw else "is kept out of future datasets"
        say(f"{record} {state}" + ("" if changed else " already"))


def _read(path: Path) -> bytes:
    from core.errors import InputError

    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", field="file") from error


def _cells(each: "EvaluationSet") -> tuple[str, ...]:
    return (
        each.workload_id,
        each.client_id or "all",
        each.name,
        f"{each.records:,}",
        str(len(each.classes)) if each.classes else "-",
        moment(each.last_record_at),
        moment(each.frozen_at),
        each.frozen_by,
        each.sha256[:12],
    )
