"""One batch of records into all tables, in one transaction.

Parsing, tokenising and compressing come before the lock; what is held under it is the placing and the inserts, some
100 ms for 2,000 records.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from core.logs.records import RecordDraft
from core.logs.sqlite.connections import ConnectionPool
from core.logs.sqlite.dictionaries import DictionaryShelf, Payload
from core.logs.sqlite.placement import open_placement

DAY_MS = 86_400_000
NO_SYMBOL = 0

INSERT_RECORD = "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_BODY = "INSERT INTO body VALUES (?, ?, ?)"
INSERT_WORDS = "INSERT INTO words(rowid, prompt, answer, facet) VALUES (?, ?, ?, ?)"
ADD_TO_ROLLUP = """
INSERT INTO rollup VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    records = records + excluded.records, usage_records = usage_records + excluded.usage_records,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    completion_tokens = completion_tokens + excluded.completion_tokens,
    first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)
"""


class Written(NamedTuple):
    """What became of a batch."""

    stored: int
    duplicate: int


class BatchWriter:
    """Writes the batches of one import, which the table `batch` knows under that number."""

    def __init__(self, pool: ConnectionPool, batch: int, now_ms: Callable[[], int]) -> None:
        self._pool = pool
        self._batch = batch
        self._now_ms = now_ms
        self._shelf = DictionaryShelf(pool)

    def write(self, drafts: Sequence[RecordDraft]) -> Written:
        """Store the records that are new, all of them or, on any error, none."""
        ordered = sorted(drafts, key=lambda draft: (draft.timestamp_ms, draft.content_hash))
        payloads = self._shelf.compress(ordered)
        with self._pool.write() as connection:
            rows = _Rows(connection)
            placement = open_placement(connection)
            for draft, payload in zip(ordered, payloads, strict=True):
                content_hash = bytes.fromhex(draft.content_hash)
                record_id = placement.place(draft.timestamp_ms, content_hash)
                if record_id is not None:
                    rows.add(record_id, content_hash, draft, payload)
            placement.finish()
            stored = rows.insert(self._batch, self._now_ms())
        return Written(stored, len(ordered) - stored)


class _Rows:
    """The rows of one transaction; names get their numbers here, so that a rollback leaves no stale number behind."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._txn = (connection.execute("SELECT max(txn) FROM txn").fetchone()[0] or 0) + 1
        self._workloads: dict[tuple[str, str], int] = {}
        self._symbols: dict[tuple[str, str], int] = {}
        self._records: list[tuple[object, ...]] = []
        self._bodies: list[tuple[int, int, bytes]] = []
        self._words: list[tuple[int, str, str, str]] = []
        self._rollups: dict[tuple[int, ...], Counter[str]] = {}
        self._spans: dict[tuple[int, ...], tuple[int, int]] = {}

    def add(self, record_id: int, content_hash: bytes, draft: RecordDraft, payload: Payload) -> None:
        """Take up one record."""
        workload = self._workload(draft.client_id, draft.workload_id)
        model = self._symbol("model", draft.model)
        finish = self._symbol("finish", draft.finish_reason)
        label = self._symbol("label", draft.label) or None
        tools = int(draft.has_tool_calls)
        request_key = int.from_bytes(bytes.fromhex(draft.request_key[:16]), signed=True)
        facts = (draft.timestamp_ms, content_hash, request_key, model, finish, label, tools)
        tokens = (draft.prompt_tokens, draft.completion_tokens)
        self._records.append((record_id, workload, *facts, *tokens, self._txn))
        self._bodies.append((record_id, payload.dictionary_id, payload.data))
        facet = facet_words(workload=workload, model=model, finish=finish, tools=tools)
        self._words.append((record_id, draft.prompt_words, draft.answer_words, facet))
        self._count((workload, draft.timestamp_ms // DAY_MS, model, finish, tools), draft)

    def insert(self, batch: int, committed_ms: int) -> int:
        """Write everything taken up and return how many records that were."""
        if not self._records:
            return 0
        self._connection.executemany(INSERT_RECORD, self._records)
        self._connection.executemany(INSERT_BODY, self._bodies)
        self._connection.executemany(INSERT_WORDS, self._words)
        self._connection.executemany(
            ADD_TO_ROLLUP,
            [
                (*cell, n["records"], n["usage"], n["prompt"], n["completion"], *self._spans[cell])
                for cell, n in self._rollups.items()
            ],
        )
        self._connection.execute(
            "INSERT INTO txn VALUES (?, ?, ?, ?)", (self._txn, batch, len(self._records), committed_ms)
        )
        return len(self._records)

    def _count(self, cell: tuple[int, ...], draft: RecordDraft) -> None:
        counts = self._rollups.setdefault(cell, Counter())
        counts["records"] += 1
        if draft.prompt_tokens is not None and draft.completion_tokens is not None:
            counts["usage"] += 1
            counts["prompt"] += draft.prompt_tokens
            counts["completion"] += draft.completion_tokens
        first_ms, last_ms = self._spans.get(cell, (draft.timestamp_ms, draft.timestamp_ms))
        self._spans[cell] = (min(first_ms, draft.timestamp_ms), max(last_ms, draft.timestamp_ms))

    def _workload(self, client_id: str, workload_id: str) -> int:
        key = (client_id, workload_id)
        if key not in self._workloads:
            self._connection.execute("INSERT OR IGNORE INTO workload(client_id, workload_id) VALUES (?, ?)", key)
            self._workloads[key] = self._connection.execute(
                "SELECT workload FROM workload WHERE client_id=? AND workload_id=?", key
            ).fetchone()[0]
        return self._workloads[key]

    def _symbol(self, kind: str, value: str | None) -> int:
        if value is None:
            return NO_SYMBOL
        key = (kind, value)
        if key not in self._symbols:
            self._connection.execute("INSERT OR IGNORE INTO symbol(kind, value) VALUES (?, ?)", key)
            self._symbols[key] = self._connection.execute(
                "SELECT symbol FROM symbol WHERE kind=? AND value=?", key
            ).fetchone()[0]
        return self._symbols[key]


def facet_words(*, workload: int, model: int, finish: int, tools: int) -> str:
    """Return the words under which the index finds a record by its facets."""
    return f"w{workload} m{model} f{finish} t{tools}"
