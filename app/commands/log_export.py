"""`flywheel logs export`: records to standard output, a piece at a time."""

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import ClientOption, DataOption, JsonOption, QueryOption, WorkloadOption, settings_for
from app.commands.terminal import Meter

if TYPE_CHECKING:
    from core.logs import ExportFormat

FormatOption = Annotated[
    str, typer.Option("--format", metavar="F", help="jsonl, equal to what was imported, or csv for a spreadsheet.")
]


def export_logs(
    *,
    workload: WorkloadOption = None,
    client: ClientOption = None,
    query: QueryOption = None,
    file_format: FormatOption = "jsonl",
    data: DataOption = None,
    json: JsonOption = False,  # noqa: ARG001  # records are JSON lines either way
) -> None:
    """Write records to standard output, oldest first, as JSON lines equal to what was imported or as CSV."""
    from core.logs import LogFilter, count_exactly, export_pieces, find_workloads, open_log_store

    chosen = _read_format(file_format)
    wanted = LogFilter(workload_id=workload, client_id=client, text=query)
    with closing(open_log_store(settings_for(data))) as store, Meter("exporting") as meter:
        find_workloads(store, workload, client)
        total = count_exactly(store, wanted) if sys.stderr.isatty() else 0
        for piece in export_pieces(store, wanted, chosen):
            sys.stdout.buffer.write(piece.content)
            meter.show(piece.records, total, f"{piece.records:,} of {total:,} records")
        sys.stdout.buffer.flush()


def _read_format(text: str) -> "ExportFormat":
    from core.errors import InputError, near_miss
    from core.logs import ExportFormat

    try:
        return ExportFormat(text)
    except ValueError:
        known = [one.value for one in ExportFormat]
        hint = near_miss(text, known) or f"; there are {' and '.join(known)}"
        raise InputError(f"there is no format {text!r}{hint}", field="--format") from None
