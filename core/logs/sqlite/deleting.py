"""Deleting records: out of all tables in one transaction a batch, then the space given back step by step.

The word index keeps no text, so taking a record out of it needs the words it was put in with: they are made again from
the payload. Roll-ups of the days touched are counted anew. What was freed is merged out of the word index and cut off
the file in steps, so that writers never wait long.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence

from core.errors import NotFoundError
from core.logs.records import parse_record
from core.logs.sqlite.connections import ConnectionPool
from core.logs.sqlite.payload import PayloadReader
from core.logs.sqlite.placement import note_broken_runs, read_spill_ms
from core.logs.sqlite.selection import Selection, select
from core.logs.sqlite.writing import DAY_MS, facet_words
from core.logs.store import Deletion, LogFilter

BATCH_RECORDS = 1000
MERGE_PAGES = 256
VACUUM_PAGES = 4096

DOOMED = """
SELECT record.id, workload, timestamp_ms, model, finish, tools, txn, dictionary_id, payload
FROM json_each(?) JOIN record ON record.id = json_each.value JOIN body ON body.id = record.id
"""
DELETE_WORDS = "INSERT INTO words(words, rowid, prompt, answer, facet) VALUES ('delete', ?, ?, ?, ?)"
COUNT_DAY_ANEW = """
INSERT INTO rollup SELECT workload, timestamp_ms / :day_ms, model, finish, tools, count(*),
    count(prompt_tokens + completion_tokens),
    coalesce(sum(CASE WHEN completion_tokens IS NOT NULL THEN prompt_tokens END), 0),
    coalesce(sum(CASE WHEN prompt_tokens IS NOT NULL THEN completion_tokens END), 0),
    min(timestamp_ms), max(timestamp_ms)
FROM record WHERE workload = :workload AND id >= :first AND id < :last + :spill_ms
    AND timestamp_ms >= :first AND timestamp_ms < :last
GROUP BY model, finish, tools
"""


class RecordDeleter:
    """Deletes records from one file."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._payloads = PayloadReader()

    def count(self, deletion: Deletion) -> int:
        """Return how many records the deletion would delete now."""
        with self._pool.read() as connection:
            selection = _select(connection, deletion)
            if selection is None:
                return 0
            sql = f"SELECT count(*) FROM {selection.counting_source} WHERE {selection.where()}"  # noqa: S608
            records: int = connection.execute(sql, selection.parameters).fetchone()[0]
            return records

    def delete(self, deletion: Deletion) -> Iterator[int]:
        """Delete in batches and yield how many are gone after each."""
        with self._pool.read() as connection:
            selection = _select(connection, deletion)
            snapshot = connection.execute("SELECT coalesce(max(txn), 0) FROM txn").fetchone()[0]
        deleted, after = 0, -1
        while selection is not None:
            with self._pool.write() as connection:
                ids = _next_ids(connection, selection, snapshot=snapshot, after=after)
                self._delete_batch(connection, ids)
            if not ids:
                break
            deleted, after = deleted + len(ids), ids[-1]
            yield deleted
        if deleted:
            self._give_back_space()
        yield deleted

    def _delete_batch(self, connection: sqlite3.Connection, ids: Sequence[int]) -> None:
        words: list[tuple[int, str, str, str]] = []
        cells: set[tuple[int, int]] = set()
        txns: list[tuple[int]] = []
        for row in connection.execute(DOOMED, (json.dumps(ids),)).fetchall():
            record_id, workload, timestamp_ms, model, finish, tools, txn, dictionary_id, payload = row
            draft = parse_record(self._payloads.read(connection, dictionary_id, payload))
            facet = facet_words(workload=workload, model=model, finish=finish, tools=tools)
            words.append((record_id, draft.prompt_words, draft.answer_words, facet))
            cells.add((workload, timestamp_ms // DAY_MS))
            txns.append((txn,))
        connection.executemany(DELETE_WORDS, words)
        gone = [(record_id,) for record_id in ids]
        connection.executemany("DELETE FROM record WHERE id = ?", gone)
        connection.executemany("DELETE FROM body WHERE id = ?", gone)
        connection.executemany("UPDATE txn SET records = records - 1 WHERE txn = ?", txns)
        spill_ms = read_spill_ms(connection)
        for workload, day in cells:
            _count_anew(connection, workload, day, spill_ms)
        if ids and spill_ms:
            note_broken_runs(connection)

    def _give_back_space(self) -> None:
        """Merge what was deleted out of the word index, then cut free pages off the file."""
        pages = -MERGE_PAGES  # negative: take all parts of the index, also those that would not be merged yet
        while True:
            with self._pool.write() as connection:
                before = connection.total_changes
                connection.execute("INSERT INTO words(words, rank) VALUES ('merge', ?)", (pages,))
                if connection.total_changes - before < 2:  # as FTS5 tells that nothing is left to do
                    break
            pages = MERGE_PAGES
        while True:
            with self._pool.connection() as connection:
                free = connection.execute("PRAGMA freelist_count").fetchone()[0]
                if not free:
                    break
                connection.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()
                if connection.execute("PRAGMA freelist_count").fetchone()[0] >= free:
                    break  # a file made without auto_vacuum keeps its pages and uses them again
        self._pool.truncate_wal()


def _select(connection: sqlite3.Connection, deletion: Deletion) -> Selection | None:
    """Return how to find what is to be deleted; None when nothing can match. Raises `NotFoundError`."""
    selection = select(
        connection,
        LogFilter(client_id=deletion.client_id, workload_id=deletion.workload_id, until=deletion.before),
    )
    if selection is None:
        return None
    conditions, parameters = list(selection.conditions), list(selection.parameters)
    if deletion.import_id is not None:
        txns = _find_txns(connection, deletion.import_id)
        conditions.append("record.txn IN (SELECT value FROM json_each(?))")
        parameters.append(json.dumps(txns))
    if deletion.ids is not None:
        numbers = [int(one) for one in deletion.ids if one.isascii() and one.isdigit() and len(one) < 19]
        conditions.append(f"{selection.key} IN (SELECT value FROM json_each(?))")  # noqa: S608
        parameters.append(json.dumps(numbers))
    return Selection(
        source=selection.source, key=selection.key, conditions=tuple(conditions), parameters=tuple(parameters)
    )


def _find_txns(connection: sqlite3.Connection, import_id: str) -> list[int]:
    is_known = import_id.isascii() and import_id.isdigit() and len(import_id) < 19  # 64 bits
    number = int(import_id) if is_known else -1
    if connection.execute("SELECT 1 FROM batch WHERE batch = ?", (number,)).fetchone() is None:
        raise NotFoundError(f"no import {import_id[:40]!r}; list them to see their numbers", field="import")
    return [row[0] for row in connection.execute("SELECT txn FROM txn WHERE batch = ?", (number,))]


def _next_ids(connection: sqlite3.Connection, selection: Selection, *, snapshot: int, after: int) -> list[int]:
    sql = (
        f"SELECT {selection.key} FROM {selection.source}"  # noqa: S608
        f" WHERE {selection.where('record.txn <= ?', f'{selection.key} > ?')} ORDER BY {selection.key} LIMIT ?"
    )
    rows = connection.execute(sql, (*selection.parameters, snapshot, after, BATCH_RECORDS))
    return [row[0] for row in rows]


def _count_anew(connection: sqlite3.Connection, workload: int, day: int, spill_ms: int) -> None:
    connection.execute("DELETE FROM rollup WHERE workload = ? AND day = ?", (workload, day))
    first = day * DAY_MS
    parameters = {
        "workload": workload,
        "first": first,
        "last": first + DAY_MS,
        "day_ms": DAY_MS,
        "spill_ms": spill_ms,
    }
    connection.execute(COUNT_DAY_ANEW, parameters)
