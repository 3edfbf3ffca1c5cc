"""`ElasticsearchLogStore`: the promises of `core.logs.store.LogStore` on the indices of one prefix."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from core.errors import NotFoundError
from core.logs.elasticsearch.conditions import is_unknown, read_query, write_clause, write_deletion
from core.logs.elasticsearch.counting import Counter
from core.logs.elasticsearch.cursors import read_cursor, write_cursor
from core.logs.elasticsearch.deleting import delete_records
from core.logs.elasticsearch.documents import rank, read_hit
from core.logs.elasticsearch.imports import ImportList
from core.logs.elasticsearch.schema import Indices, prepare
from core.logs.elasticsearch.server import Server
from core.logs.elasticsearch.snapshots import ORDER, Snapshot, in_order
from core.logs.elasticsearch.writing import BatchWriter
from core.logs.intake import Intake
from core.logs.query_text import Field
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

EVERYTHING = LogFilter()
UNKNOWN = "-"
NEWEST_FIRST = in_order("desc")


class ElasticsearchLogStore:
    """Logged traffic in Elasticsearch; may be shared by threads, and the indices by any number of processes."""

    limits: StoreLimits | None = None

    def __init__(
        self,
        server: Server,
        *,
        prefix: str,
        replicas: int = 1,
        now_ms: Callable[[], int] = lambda: int(time.time() * 1000),
    ) -> None:
        self._server = server
        self._indices = Indices(prefix=prefix)
        self._imports = ImportList(server, self._indices)
        self._counter = Counter(server, self._indices.pattern)
        self._now_ms = now_ms
        self._replicas = replicas

    def ingest(self, lines: Iterable[tuple[int, bytes]], *, source: str = "") -> Iterator[IngestReport]:
        """Store numbered JSON lines in batches and yield the running report after each; the last one is final."""
        prepare(self._server, self._indices, replicas=self._replicas)
        import_id = self._imports.begin(source=source, now_ms=self._now_ms())
        writer = BatchWriter(self._server, self._indices, import_id, self._now_ms)
        intake = Intake()
        for drafts in intake.batches(lines):
            written = writer.write(drafts)
            intake.stored += written.stored
            intake.duplicate += written.duplicate
            yield intake.report()
        report = intake.report()
        self._imports.end(import_id, report, now_ms=self._now_ms())
        yield report

    def browse(self, log_filter: LogFilter, *, limit: int = 50, cursor: str | None = None) -> LogPage:
        """Return a page, newest first, ties by content hash."""
        check_limit(limit)
        after: dict[str, Any] = {} if cursor is None else {"search_after": _read_place(cursor)}
        query = read_query(log_filter)
        if is_unknown(log_filter, query):
            return LogPage(records=(), next_cursor=None)
        hits = self._server.ask(
            lambda client: client.search(
                index=self._indices.pattern,
                query=write_clause(log_filter, query),
                sort=NEWEST_FIRST,
                size=limit + 1,
                track_total_hits=False,
                allow_partial_search_results=False,
                **after,
            )
        )["hits"]["hits"]
        page = tuple(map(read_hit, hits[:limit]))
        next_cursor = write_cursor(page[-1].timestamp_ms, page[-1].content_hash) if len(hits) > limit else None
        return LogPage(records=page, next_cursor=next_cursor)

    def count(self, log_filter: LogFilter) -> RecordCount:
        """Count matching records: exactly up to the cap, and without words, labels and times always exactly."""
        query = read_query(log_filter)
        if is_unknown(log_filter, query):
            return RecordCount(value=0, is_exact=True)
        clause = write_clause(log_filter, query)
        moments = (query.since_ms, query.until_ms, log_filter.since, log_filter.until)
        has_words = bool(query.required or query.excluded or query.condition(Field.LABEL))
        if has_words or any(moment is not None for moment in moments):
            value = self._counter.count(clause, up_to=COUNT_CAP + 1)
            return RecordCount(value=min(value, COUNT_CAP), is_exact=value <= COUNT_CAP)
        return RecordCount(value=self._counter.count(clause, up_to=None), is_exact=True)

    def get(self, record_id: str) -> LogRecord:
        """Return one record. Raises `NotFoundError`."""
        ids = [record_id] if record_id else [UNKNOWN]
        hits = self._server.ask(
            lambda client: client.search(
                index=self._indices.pattern,
                query={"ids": {"values": ids}},
                size=1,
                allow_partial_search_results=False,
            )
        )["hits"]["hits"]
        if not hits:
            raise NotFoundError(f"no record {record_id[:40]!r}; it may have been deleted", field="id")
        return read_hit(hits[0])

    def stream(self, log_filter: LogFilter) -> Iterator[LogRecord]:
        """Yield matching records ordered by (timestamp, content hash), exactly those committed when it began.

        Goes on when the server restarts meanwhile.
        """
        query = read_query(log_filter)
        if is_unknown(log_filter, query):
            return
        clause = write_clause(log_filter, query)
        snapshot = Snapshot(self._server, index=self._indices.pattern, query=clause, sort=ORDER)
        try:
            yield from map(read_hit, snapshot.hits())
        finally:
            snapshot.close()

    def workloads(self) -> Sequence[WorkloadSummary]:
        """Return every (client, workload) pair, most records first, then by client and workload."""
        return self._counter.workloads(write_clause(EVERYTHING, read_query(EVERYTHING)))

    def labels(self, log_filter: LogFilter, *, limit: int = 200) -> Sequence[LabelCount]:
        """Return answer labels with counts, most frequent first, then by label; records without a label come last."""
        query = read_query(log_filter)
        if is_unknown(log_filter, query):
            return []
        return self._counter.labels(write_clause(log_filter, query), limit=limit)

    def histogram(self, log_filter: LogFilter, *, width_ms: int) -> Sequence[TimeCount]:
        """Count matching records by time, in stretches of `width_ms` counted from 1970: oldest first, none empty."""
        query = read_query(log_filter)
        if is_unknown(log_filter, query):
            return []
        return self._counter.by_time(write_clause(log_filter, query), width_ms=width_ms)

    def duplicates(self, log_filter: LogFilter) -> DuplicateCount:
        """Count matching records and their different requests, both exactly."""
        query = read_query(log_filter)
        if is_unknown(log_filter, query):
            return DuplicateCount(records=0, requests=0)
        return self._counter.duplicates(write_clause(log_filter, query))

    def imports(self, *, limit: int = 50) -> Sequence[LogImport]:
        """Return imports, newest first."""
        return self._imports.recent(limit=limit)

    def count_deletable(self, deletion: Deletion) -> int:
        """Return how many records a deletion would delete now. Raises `NotFoundError` for an unknown import."""
        if deletion.import_id is not None:
            self._imports.check(deletion.import_id)
        return self._counter.count(write_deletion(deletion), up_to=None)

    def delete(self, deletion: Deletion) -> Iterator[int]:
        """Delete records in batches and yield how many are gone after each; the last is final, its space given back."""
        if deletion.import_id is not None:
            self._imports.check(deletion.import_id)
        yield from delete_records(self._server, self._indices, deletion)

    def close(self) -> None:
        """Close the connections; the store cannot be used afterwards."""
        self._server.close()


def _read_place(cursor: str) -> tuple[int, int]:
    """Return the sort values a cursor stands for. Raises `InputError` for text that is no cursor."""
    timestamp_ms, content_hash = read_cursor(cursor)
    return timestamp_ms, rank(content_hash)
