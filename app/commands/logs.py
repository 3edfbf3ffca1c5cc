"""`flywheel logs`: traffic in and an overview of it; what goes out stands in modules of its own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.log_adoption import adopt_index
from app.commands.log_deletion import delete_logs, list_imports
from app.commands.log_export import export_logs
from app.commands.options import ClientOption, DataOption, JsonOption, QueryOption, WorkloadOption, settings_for
from app.commands.terminal import Meter, moment, note, say, say_json, say_table
from app.failures import EXIT_WRONG_INPUT

if TYPE_CHECKING:
    from core.logs import IngestReport, LogStore, WorkloadSummary

LINES_SHOWN = 20
STATS_HEAD = ("workload", "client", "records", "first", "last", "prompt tokens", "answer tokens", "models")

app = typer.Typer(help="Logged traffic: import it, look at it, export it, delete it.", no_args_is_help=True)
app.command("export")(export_logs)
app.command("imports")(list_imports)
app.command("delete")(delete_logs)
app.command("adopt")(adopt_index)

FilesArgument = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help=".jsonl, .jsonl.gz or .jsonl.zst, one record a line")
]


@app.command("import")
def import_logs(
    files: FilesArgument,
    *,
    workload: Annotated[str | None, typer.Option(metavar="W", help="Put all records into this workload.")] = None,
    client: Annotated[str | None, typer.Option(metavar="C", help="Put all records under this client.")] = None,
    at: Annotated[
        datetime | None, typer.Option(metavar="T", help="Time of fine-tuning conversations (UTC); else the file's.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Stay with one plain file and import what it gets.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Import traffic; importing it again stores nothing twice. The exit code is 2 when a line was rejected."""
    totals: dict[str, Any] = {"stored": 0, "duplicate": 0, "rejected": 0, "lines": []}
    finished = 0
    if follow:
        _follow(files, data, workload=workload, client=client, json=json)
        return
    with _opened(data) as store:
        try:
            for path in files:
                lines = _import_file(store, path, totals, workload=workload, client=client, at=at)
                totals["lines"] += lines if len(files) == 1 else [{"file": str(path), **line} for line in lines]
                finished += 1
                if not json:
                    _tell_rejected(path, lines)
        finally:  # what was imported before a file that cannot be read is told too
            if json and finished:
                say_json(totals)
            elif finished:
                say(
                    f"{totals['stored']:,} stored, {totals['duplicate']:,} already there,"
                    f" {totals['rejected']:,} rejected"
                )
    if totals["rejected"]:
        raise typer.Exit(EXIT_WRONG_INPUT)


@app.command("stats")
def show_stats(
    *,
    workload: WorkloadOption = None,
    client: ClientOption = None,
    query: QueryOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show every workload with its records, times, tokens and models."""
    from core.logs import LogFilter, find_workloads

    with _opened(data) as store:
        found = [_facts(summary) for summary in find_workloads(store, workload, client)]
        for facts in found if query is not None else ():
            pair = LogFilter(workload_id=facts["workload_id"], client_id=facts["client_id"], text=query)
            counted = store.count(pair)
            facts |= {"matching": counted.value, "matching_is_exact": counted.is_exact}
    if json:
        say_json({"workloads": found})
    elif found:
        say_table(STATS_HEAD if query is None else (*STATS_HEAD, "matching"), [_cells(facts) for facts in found])
    else:
        say("No traffic has been imported yet: flywheel logs import FILE...")


@contextmanager
def _opened(data: Path | None) -> Iterator["LogStore"]:
    from core.logs import open_log_store

    store = open_log_store(settings_for(data))
    try:
        yield store
    finally:
        store.close()


def _follow(files: Sequence[Path], data: Path | None, *, workload: str | None, client: str | None, json: bool) -> None:
    """Import one file until Ctrl-C, telling of every batch."""
    from app.commands.following import follow_file, marks_of
    from core.errors import InputError

    if len(files) != 1:
        raise InputError("--follow stays with one file; name one", field="FILE")
    (path,) = files

    def tell(report: "IngestReport") -> None:
        lines = [{"line": line.line, "reason": line.reason} for line in report.rejected]
        if json:
            counts = {"stored": report.stored, "duplicate": report.duplicate, "rejected": len(lines), "lines": lines}
            say_json(counts)
        else:
            _tell_rejected(path, lines)
            say(f"{report.stored:,} stored, {report.duplicate:,} already there, {len(lines):,} rejected")

    tags = {name: value for name, value in (("workload_id", workload), ("client_id", client)) if value is not None}
    marks = marks_of(settings_for(data), path, tags)
    with _opened(data) as store, suppress(KeyboardInterrupt):
        note(f"following {path}; Ctrl-C stops it")
        follow_file(store, path, marks=marks, tags=tags, report=tell)


def _import_file(
    store: "LogStore",
    path: Path,
    totals: dict[str, Any],
    *,
    workload: str | None,
    client: str | None,
    at: datetime | None,
) -> list[dict[str, Any]]:
    """Import one file, add its counts to the totals, and return its rejected lines."""
    from core.errors import InputError
    from core.logs import IngestReport, import_file

    report = IngestReport(stored=0, duplicate=0, rejected=())
    with Meter(path.name) as meter:
        when = at.replace(tzinfo=UTC) if at else None
        for progress in import_file(store, path, workload_id=workload, client_id=client, at=when):
            report = progress.report
            meter.show(progress.read_bytes, progress.size_bytes, f"{report.stored:,} stored")
    if report.stored + report.duplicate + len(report.rejected) == 0:
        raise InputError(f"{path} is empty but for blank lines; there is nothing to import")
    totals["stored"] += report.stored
    totals["duplicate"] += report.duplicate
    totals["rejected"] += len(report.rejected)
    return [{"line": line.line, "reason": line.reason} for line in report.rejected]


def _tell_rejected(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    for line in lines[:LINES_SHOWN]:
        note(f"{path}, line {line['line']}: {line['reason']}")
    if len(lines) > LINES_SHOWN:
        note(f"{path}: {len(lines) - LINES_SHOWN:,} more lines were rejected; --json lists them all")


def _facts(summary: "WorkloadSummary") -> dict[str, Any]:
    first, last = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (summary.first_ms, summary.last_ms))
    stored_ms = summary.last_stored_ms
    last_stored = None if stored_ms is None else datetime.fromtimestamp(stored_ms / 1000, UTC)
    return {
        "client_id": summary.client_id,
        "workload_id": summary.workload_id,
        "records": summary.records,
        "first": first,
        "last": last,
        "last_stored": last_stored,
        "prompt_tokens": summary.prompt_tokens,
        "completion_tokens": summary.completion_tokens,
        "models": list(summary.models),
        "tool_call_records": summary.tool_call_records,
    }


def _cells(facts: Mapping[str, Any]) -> list[str]:
    cells = [
        facts["workload_id"],
        facts["client_id"],
        f"{facts['records']:,}",
        moment(facts["first"]),
        moment(facts["last"]),
        f"{facts['prompt_tokens']:,}",
        f"{facts['completion_tokens']:,}",
        ", ".join(facts["models"]) or "-",
    ]
    if "matching" in facts:
        cells.append(f"{facts['matching']:,}" + ("" if facts["matching_is_exact"] else " or more"))
    return cells
