"""Files into a store and records out of it, with progress for whoever watches."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from core.logs.conversations import adopt_conversations
from core.logs.files import LogFile
from core.logs.json_text import dump_json, load_json
from core.logs.store import IngestReport, LogFilter, LogStore

COLUMNS = (
    "time",
    "client_id",
    "workload_id",
    "model",
    "finish_reason",
    "label",
    "prompt_tokens",
    "completion_tokens",
    "request",
    "response",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class ImportProgress:
    """How far an import is, in bytes of the file on disk, and what has become of its lines so far."""

    read_bytes: int
    size_bytes: int
    report: IngestReport


def import_file(
    store: LogStore,
    path: Path,
    *,
    workload_id: str | None = None,
    client_id: str | None = None,
    at: datetime | None = None,
) -> Iterator[ImportProgress]:
    """Import a `.jsonl`, `.jsonl.gz` or `.jsonl.zst` file and yield the progress after each batch; the last is final.

    `workload_id` and `client_id` replace what the lines say. `at` is the time of fine-tuning conversations
    (`{"messages": [...]}`), which know none; without it, that of the file. Raises `UnreadableFile` at the first
    `next`, before anything is stored, when the file is empty, binary or misnamed. Importing again stores nothing twice.
    """
    file = LogFile(path)
    lines = adopt_conversations(file.lines(), at=at or file.modified_at)
    tags = {"workload_id": workload_id, "client_id": client_id}
    given = {name: value for name, value in tags.items() if value is not None}
    for report in store.ingest(retag(lines, given) if given else lines, source=path.name):
        yield ImportProgress(read_bytes=file.read_bytes, size_bytes=file.size_bytes, report=report)


def retag(lines: Iterable[tuple[int, bytes]], tags: dict[str, str]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines with top-level fields replaced; lines that are no JSON objects stay, for the store to reject."""
    for number, line in lines:
        try:
            body = load_json(line)
        except (ValueError, RecursionError):
            body = None
        yield number, dump_json({**body, **tags}) if isinstance(body, dict) else line


def export_lines(store: LogStore, log_filter: LogFilter) -> Iterator[bytes]:
    """Yield the matching records as JSON lines, oldest first; each equals the object that was sent."""
    for record in store.stream(log_filter):
        yield dump_json(record.body) + b"\n"


def export_table(store: LogStore, log_filter: LogFilter) -> Iterator[bytes]:
    """Yield the matching records as lines of CSV (RFC 4180), oldest first, after a line of column names.

    Request and response are JSON texts; what is unknown is empty. A text that a spreadsheet would take for a formula
    begins with an apostrophe.
    """
    yield _write_row(COLUMNS)
    for record in store.stream(log_filter):
        moment = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC).isoformat(timespec="milliseconds")
        tokens = (record.prompt_tokens, record.completion_tokens)
        facts = (record.client_id, record.workload_id, record.model, record.finish_reason, record.label, *tokens)
        bodies = (dump_json(record.request).decode(), dump_json(record.response).decode())
        yield _write_row((moment, *facts, *bodies))


EXPORTS: Mapping[str, Callable[[LogStore, LogFilter], Iterator[bytes]]] = {"jsonl": export_lines, "csv": export_table}
"""The forms that records leave in, by the ending of their files."""

MEDIA_TYPES: Mapping[str, str] = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


def _write_row(cells: Iterable[object]) -> bytes:
    line = StringIO()
    csv.writer(line).writerow([_disarm(cell) for cell in cells])
    return line.getvalue().encode()


def _disarm(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
