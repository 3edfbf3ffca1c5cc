"""From ids to `LogRecord` values."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from core.logs.json_text import load_json
from core.logs.sqlite.payload import PayloadReader
from core.logs.store import LogRecord

SELECT_RECORDS = """
SELECT record.id, timestamp_ms, workload, content_hash, model, finish, label, tools, prompt_tokens, completion_tokens,
    dictionary_id, payload
FROM json_each(?) JOIN record ON record.id = json_each.value JOIN body ON body.id = record.id
"""


CACHED_SYMBOLS = 100_000


class RecordLoader:
    """Reads records and remembers the names behind their numbers, which never change; safe to share by threads."""

    def __init__(self) -> None:
        self._payloads = PayloadReader()
        self._workloads: dict[int, tuple[str, str]] = {}
        self._symbols: dict[int, str] = {}

    def load(self, connection: sqlite3.Connection, ids: Sequence[int]) -> Iterator[LogRecord]:
        """Yield the records of these ids in this order; ids that are gone are left out."""
        rows = {row[0]: row for row in connection.execute(SELECT_RECORDS, (json.dumps(ids),))}
        for record_id in ids:
            if record_id in rows:
                yield self._record(connection, rows[record_id])

    def symbol(self, connection: sqlite3.Connection, number: int | None) -> str | None:
        """Return the text behind a symbol's number; None for the number of nothing."""
        if not number:
            return None
        value = self._symbols.get(number)
        if value is None:
            if len(self._symbols) >= CACHED_SYMBOLS:
                self._symbols = {}
            value = connection.execute("SELECT value FROM symbol WHERE symbol=?", (number,)).fetchone()[0]
            self._symbols[number] = value
        return value

    def _workload(self, connection: sqlite3.Connection, number: int) -> tuple[str, str]:
        if number not in self._workloads:
            self._workloads[number] = connection.execute(
                "SELECT client_id, workload_id FROM workload WHERE workload=?", (number,)
            ).fetchone()
        return self._workloads[number]

    def _record(self, connection: sqlite3.Connection, row: tuple[Any, ...]) -> LogRecord:  # as the driver returns it
        record_id, timestamp_ms, workload, content_hash, model, finish, label, tools, *tokens, dictionary_id, data = row
        client_id, workload_id = self._workload(connection, workload)
        line = self._payloads.read(connection, dictionary_id, data)
        return LogRecord(
            id=str(record_id),
            timestamp_ms=timestamp_ms,
            client_id=client_id,
            workload_id=workload_id,
            body=cast("Mapping[str, object]", load_json(line)),
            content_hash=content_hash.hex(),
            model=self.symbol(connection, model),
            finish_reason=self.symbol(connection, finish),
            label=self.symbol(connection, label),
            prompt_tokens=tokens[0],
            completion_tokens=tokens[1],
            has_tool_calls=bool(tools),
        )
