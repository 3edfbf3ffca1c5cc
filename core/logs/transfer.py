"""Files into a store, with progress for whoever watches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.logs.conversations import adopt_conversations
from core.logs.files import LogFile
from core.logs.json_text import dump_json, load_json
from core.logs.store import IngestReport, LogStore


@dataclass(frozen=True, kw_only=True)
class ImportProgress:
    """How far an import is and what has become of its lines so far.

    Sizes are bytes of the file on disk; for a copy of an index, which has no such size, they are records.
    """

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
