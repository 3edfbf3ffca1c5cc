"""Records out of a store as bytes, oldest first, a piece at a time: JSON lines equal to what was sent, or CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from core.logs.csv_text import write_csv
from core.logs.json_text import dump_json
from core.logs.query import parse_query
from core.logs.store import LogFilter, LogRecord, LogStore
from core.logs.text import SYSTEM_ROLES, message_text

PIECE_BYTES = 64 * 1024
DAY_MS = 86_400_000
CSV_COLUMNS = (
    *("record", "time", "client_id", "workload_id", "model", "finish_reason", "label", "tool_calls"),
    *("prompt_tokens", "completion_tokens", "request", "answer"),
)


class ExportFormat(StrEnum):
    """How records are written; the values are the endings of the files."""

    JSON_LINES = "jsonl"  # one object a line, each equal to what was imported
    CSV = "csv"  # for a spreadsheet: what was derived, the conversation and the answer as text


@dataclass(frozen=True, kw_only=True)
class ExportPiece:
    """Some whole lines of an export, and how many records have been written with them."""

    content: bytes
    records: int


def export_lines(store: LogStore, log_filter: LogFilter) -> Iterator[bytes]:
    """Yield the matching records as JSON lines, oldest first; each equals the object that was sent."""
    for record in store.stream(log_filter):
        yield dump_json(record.body) + b"\n"


def export_csv(store: LogStore, log_filter: LogFilter) -> Iterator[bytes]:
    """Yield the matching records as CSV in UTF-8, oldest first, the names of the columns first."""
    is_empty = True
    for line in write_csv(map(_row, store.stream(log_filter))):
        is_empty = False
        yield line.encode("utf-8", "replace")  # halves of surrogate pairs cannot be written
    if is_empty:
        yield ",".join(CSV_COLUMNS).encode() + b"\r\n"


def export_pieces(store: LogStore, log_filter: LogFilter, export_format: ExportFormat) -> Iterator[ExportPiece]:
    """Yield an export in pieces of some 64 KB, which is what a connection or a pipe should be given at once.

    Raises `QueryError` at once, not when the first piece is asked for.
    """
    parse_query(log_filter.text or "")
    return _gather(store, log_filter, export_format)


def count_exactly(store: LogStore, log_filter: LogFilter) -> int:
    """Return how many records match, beyond the cap of `count` too; takes longer there. Raises `QueryError`."""
    count = store.count(log_filter)
    if count.is_exact:
        return count.value
    return sum(day.records for day in store.histogram(log_filter, width_ms=DAY_MS))


def _gather(store: LogStore, log_filter: LogFilter, export_format: ExportFormat) -> Iterator[ExportPiece]:
    is_csv = export_format is ExportFormat.CSV
    lines = export_csv(store, log_filter) if is_csv else export_lines(store, log_filter)
    held: list[bytes] = []
    size_bytes = 0
    written = -1 if is_csv else 0  # the first line of CSV is no record
    for line in lines:
        held.append(line)
        size_bytes += len(line)
        written += 1
        if size_bytes >= PIECE_BYTES:
            yield ExportPiece(content=b"".join(held), records=written)
            held, size_bytes = [], 0
    if held:
        yield ExportPiece(content=b"".join(held), records=written)


def _row(record: LogRecord) -> dict[str, object]:
    messages = [message for message in _messages(record) if message.get("role") not in SYSTEM_ROLES]
    turns = [f"{message.get('role')}: {message_text(message)}" for message in messages]
    values = (
        record.id,
        datetime.fromtimestamp(record.timestamp_ms / 1000, UTC).isoformat(timespec="milliseconds"),
        record.client_id,
        record.workload_id,
        record.model,
        record.finish_reason,
        record.label,
        "yes" if record.has_tool_calls else "no",
        record.prompt_tokens,
        record.completion_tokens,
        message_text(messages[0]) if len(messages) == 1 else "\n\n".join(turns),
        message_text(record.response["choices"][0]["message"]),  # type: ignore[index]  # checked when it was parsed
    )
    return dict(zip(CSV_COLUMNS, values, strict=True))


def _messages(record: LogRecord) -> list[dict[str, object]]:
    return record.request["messages"]  # type: ignore[return-value]  # checked when the record was parsed
