"""`SqliteLogStore`: the promises of `core.logs.store.LogStore` on one file."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from core.errors import NotFoundError
from core.logs.errors import LogStoreUnavailable
from core.logs.intake import Intake
from core.logs.sqlite.conditions import read_conditions
from core.logs.sqlite.connections import ConnectionPool
from core.logs.sqlite.cursors import read_cursor, write_cursor
from core.logs.sqlite.deleting import RecordDeleter
from core.logs.sqlite.histogram import count_by_time
from core.logs.sqlite.loading import RecordLoader
from core.logs.sqlite.ordering import Position, newest_first, oldest_first
from core.logs.sqlite.overview import count_from_rollup, list_imports, summarise_workloads
from core.logs.sqlite.placement import read_spill_ms
from core.logs.sqlite.selection import Selection, select, select_records
from core.logs.sqlite.writing import BatchWriter
from core.logs.store import (
    COUNT_CAP,
    Deletion,
    DuplicateCount,
    IngestReport,
    LabelCount,
    LogFilter,
    LogImport,
    LogPage,
    LogRecord,
    RecordCount,
    StoreLimits,
    TimeCount,
    WorkloadSummary,
    check_limit,
)

LAST_ID = 2**63 - 1
SCAN_ROWS = 10_000
LOAD_ROWS = 250
LOOK_AHEAD_ROWS = 16
"""Rows a page's scan reads beyond the page, so that one scan usually sees past the last record's millisecond."""

TOP_LABELS = """
WITH counted AS MATERIALIZED ({counted})
SELECT value, n FROM counted LEFT JOIN symbol ON symbol = label
ORDER BY label IS NOT NULL, n DESC, value LIMIT ?
"""
"""The count without label first, so that it fits whatever the limit."""


class SqliteLogStore:
    """Logged traffic in one SQLite file; may be shared by threads, and the file by processes on one host."""

    limits: StoreLimits | None = None

    def __init__(self, path: Path, *, now_ms: Callable[[], int] = lambda: int(time.time() * 1000)) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LogStoreUnavailable(f"the folder {path.parent} cannot be made: {error.strerror}") from error
        self._pool = ConnectionPool(path)
        self._loader = RecordLoader()
        self._deleter = RecordDeleter(self._pool)
        self._now_ms = now_ms

    def ingest(self, lines: Iterable[tuple[int, bytes]], *, source: str = "") -> Iterator[IngestReport]:
        """Store numbered JSON lines in batches and yield the running report after each; the last one is final."""
        with self._pool.write() as connection:
            batch = connection.execute(
                "INSERT INTO batch(source, started_ms) VALUES (?, ?)", (source, self._now_ms())
            ).lastrowid
        writer = BatchWriter(self._pool, batch or 0, self._now_ms)
        intake = Intake()
        for drafts in intake.batches(lines):
            written = writer.write(drafts)
            intake.stored += written.stored
            intake.duplicate += written.duplicate
            yield intake.report()
        report = intake.report()
        with self._pool.write() as connection:
            connection.execute(
                "UPDATE batch SET ended_ms=?, stored=?, duplicate=?, rejected=? WHERE batch=?",
                (self._now_ms(), report.stored, report.duplicate, len(report.rejected), batch),
            )
        yield report

    def browse(self, log_filter: LogFilter, *, limit: int = 50, cursor: str | None = None) -> LogPage:
        """Return a page, newest first, ties by content hash."""
        check_limit(limit)
        before = read_cursor(cursor) if cursor is not None else None
        with self._pool.read() as connection:
            selection = select(connection, log_filter)
            if selection is None:
                return LogPage(records=(), next_cursor=None)
            if before:
                selection = _before(selection, before, read_spill_ms(connection))
            scan = partial(_scan_newest_first, connection, selection)
            positions = list(islice(newest_first(scan, rows=limit + LOOK_AHEAD_ROWS), limit + 1))
            page = positions[:limit]
            records = tuple(self._loader.load(connection, [position.id for position in page]))
        return LogPage(records=records, next_cursor=write_cursor(page[-1]) if len(positions) > limit else None)

    def count(self, log_filter: LogFilter) -> RecordCount:
        """Count matching records: exactly up to the cap, and without words, labels and times always exactly."""
        with self._pool.read() as connection:
            conditions = read_conditions(connection, log_filter)
            if conditions is None:
                return RecordCount(value=0, is_exact=True)
            if conditions.are_rolled_up:
                return RecordCount(value=count_from_rollup(connection, conditions), is_exact=True)
            selection = select_records(connection, conditions)
            found = f"SELECT 1 FROM {selection.counting_source} WHERE {selection.where()} LIMIT ?"  # noqa: S608
            sql = f"SELECT count(*) FROM ({found})"  # noqa: S608
            value = connection.execute(sql, (*selection.parameters, COUNT_CAP + 1)).fetchone()[0]
        return RecordCount(value=min(value, COUNT_CAP), is_exact=value <= COUNT_CAP)

    def get(self, record_id: str) -> LogRecord:
        """Return one record. Raises `NotFoundError`."""
        is_id = record_id.isascii() and record_id.isdigit() and len(record_id) < 19
        with self._pool.read() as connection:
            for record in self._loader.load(connection, [int(record_id)] if is_id else []):
                return record
        raise NotFoundError(f"no record {record_id[:40]!r}; it may have been deleted", field="id")

    def stream(self, log_filter: LogFilter) -> Iterator[LogRecord]:
        """Yield matching records ordered by (timestamp, content hash), exactly those committed when it began.

        No transaction stays open while the caller works on a record.
        """
        with self._pool.read() as connection:
            selection = select(connection, log_filter)
            snapshot = connection.execute("SELECT coalesce(max(txn), 0) FROM txn").fetchone()[0]
            spill_ms = read_spill_ms(connection)
        if selection is None:
            return
        positions = oldest_first(partial(self._scan_snapshot, selection, snapshot), spill_ms=spill_ms, rows=SCAN_ROWS)
        while ids := [position.id for position in islice(positions, LOAD_ROWS)]:
            with self._pool.read() as connection:
                records = list(self._loader.load(connection, ids))
            yield from records

    def workloads(self) -> Sequence[WorkloadSummary]:
        """Return every (client, workload) pair, most records first, then by client and workload."""
        with self._pool.read() as connection:
            return summarise_workloads(connection, self._loader)

    def labels(self, log_filter: LogFilter, *, limit: int = 200) -> Sequence[LabelCount]:
        """Return answer labels with counts, most frequent first, then by label; records without a label come last."""
        with self._pool.read() as connection:
            selection = select(connection, log_filter)
            if selection is None:
                return []
            counted = f"SELECT label, count(*) AS n FROM {selection.source} WHERE {selection.where()} GROUP BY label"  # noqa: S608
            rows = connection.execute(TOP_LABELS.format(counted=counted), (*selection.parameters, limit + 1)).fetchall()
        counts = [LabelCount(label=label, records=records) for label, records in rows]
        if counts and counts[0].label is None:
            return [*counts[1:], counts[0]]
        return counts[:limit]

    def histogram(self, log_filter: LogFilter, *, width_ms: int) -> Sequence[TimeCount]:
        """Count matching records by time, in stretches of `width_ms` counted from 1970: oldest first, none empty."""
        with self._pool.read() as connection:
            conditions = read_conditions(connection, log_filter)
            return [] if conditions is None else count_by_time(connection, conditions, width_ms)

    def duplicates(self, log_filter: LogFilter) -> DuplicateCount:
        """Count matching records and their different requests, both exactly."""
        with self._pool.read() as connection:
            selection = select(connection, log_filter)
            if selection is None:
                return DuplicateCount(records=0, requests=0)
            sql = f"SELECT count(*), count(DISTINCT request_key) FROM {selection.source} WHERE {selection.where()}"  # noqa: S608
            records, requests = connection.execute(sql, selection.parameters).fetchone()
        return DuplicateCount(records=records, requests=requests)

    def imports(self, *, limit: int = 50) -> Sequence[LogImport]:
        """Return imports, newest first."""
        with self._pool.read() as connection:
            return list_imports(connection, limit)

    def count_deletable(self, deletion: Deletion) -> int:
        """Return how many records a deletion would delete now. Raises `NotFoundError` for an unknown import."""
        return self._deleter.count(deletion)

    def delete(self, deletion: Deletion) -> Iterator[int]:
        """Delete records in batches and yield how many are gone after each; the last is final, its space given back."""
        return self._deleter.delete(deletion)

    def close(self) -> None:
        """Release the file; the store cannot be used afterwards."""
        self._pool.close()

    def _scan_snapshot(self, selection: Selection, snapshot: int, after: int | None, rows: int) -> list[Position]:
        sql = (
            f"SELECT timestamp_ms, content_hash, {selection.key} FROM {selection.source}"  # noqa: S608
            f" WHERE {selection.where('record.txn <= ?', f'{selection.key} > ?')} ORDER BY {selection.key} LIMIT ?"
        )
        after = -1 if after is None else after
        with self._pool.connection() as connection:
            return [Position(*row) for row in connection.execute(sql, (*selection.parameters, snapshot, after, rows))]


def _before(selection: Selection, place: Position, spill_ms: int) -> Selection:
    """Return the selection without what comes at or after a cursor's place."""
    conditions = (f"{selection.key} <= ?", "(record.timestamp_ms, record.content_hash) < (?, ?)")
    parameters = (place.timestamp_ms + spill_ms, place.timestamp_ms, place.content_hash)
    return replace(
        selection,
        conditions=(*selection.conditions, *conditions),
        parameters=(*selection.parameters, *parameters),
    )


def _scan_newest_first(
    connection: sqlite3.Connection, selection: Selection, after: int | None, rows: int
) -> list[Position]:
    sql = (
        f"SELECT timestamp_ms, content_hash, {selection.key} FROM {selection.source}"  # noqa: S608
        f" WHERE {selection.where(f'{selection.key} < ?')} ORDER BY {selection.key} DESC LIMIT ?"
    )
    after = LAST_ID if after is None else after
    return [Position(*row) for row in connection.execute(sql, (*selection.parameters, after, rows))]
