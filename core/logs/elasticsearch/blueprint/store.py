"""`BlueprintLogStore`: the reading promises of `core.logs.store.LogStore` on an index of the blueprint."""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice

from core.errors import InputError, NotFoundError
from core.logs.elasticsearch.blueprint.adopting import adopt
from core.logs.elasticsearch.blueprint.conditions import Conditions, read_conditions
from core.logs.elasticsearch.blueprint.counting import BlueprintCounter
from core.logs.elasticsearch.blueprint.scanning import Budget, Found, Scan, read_hit
from core.logs.elasticsearch.cursors import read_cursor, write_cursor
from core.logs.elasticsearch.server import Server
from core.logs.elasticsearch.store import ElasticsearchLogStore
from core.logs.errors import QueryError
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
from core.logs.timestamps import EPOCH

COPIES = "flywheel-logs"
"""What the indices of a copy begin with, unless somebody says otherwise."""
SEARCH_S = 10.0
"""How long a page's search may read records one by one."""


class BlueprintLogStore:
    """An index that the blueprint filled, read as it is; may be shared by threads. Writing is refused."""

    def __init__(
        self, server: Server, *, index: str, copies: str = COPIES, replicas: int = 1, search_s: float = SEARCH_S
    ) -> None:
        self._server = server
        self._index = index
        self._scan = Scan(server, index)
        self._counter = BlueprintCounter(server, index)
        self._search_s = search_s
        self._copies = copies
        self._replicas = replicas
        self.limits = StoreLimits(
            reading=f"The index {index} was made by the data flywheel blueprint and is only read. It keeps no words and"
            " no labels: searching for them reads record by record, inside one workload and for"
            f" {search_s:g} seconds at most.",
            way_out=f"flywheel logs adopt {index}",
            index=index,
            target=copies,
            copy=self._copy,
        )

    def ingest(self, lines: Iterable[tuple[int, bytes]], *, source: str = "") -> Iterator[IngestReport]:  # noqa: ARG002  # the protocol's
        """Refuse: the index is not ours to write to. Raises `InputError`."""
        raise self._read_only()

    def browse(self, log_filter: LogFilter, *, limit: int = 50, cursor: str | None = None) -> LogPage:
        """Return a page, newest first, ties by content hash.

        A search that reads record by record ends after its time; the page then holds what was found and goes on from
        there. Raises `QueryError` when that was nothing.
        """
        check_limit(limit)
        before = None if cursor is None else read_cursor(cursor)
        conditions = read_conditions(log_filter)
        if conditions is None:
            return LogPage(records=(), next_cursor=None)
        budget = self._budget(conditions)
        found = list(islice(self._newest_first(conditions, before, budget), limit + 1))
        page = tuple(one.record() for one in found[:limit])
        if budget.is_over and not page:
            raise _took_too_long(budget)
        has_more = len(found) > limit or budget.is_over
        return LogPage(records=page, next_cursor=write_cursor(*found[len(page) - 1].place) if has_more else None)

    def count(self, log_filter: LogFilter) -> RecordCount:
        """Count matching records; what has to be read is counted up to the cap and for a limited time."""
        conditions = read_conditions(log_filter)
        if conditions is None:
            return RecordCount(value=0, is_exact=True)
        if not conditions.needs_reading:
            return RecordCount(value=self._counter.count(conditions), is_exact=True)
        budget = self._budget(conditions)
        value = sum(1 for _ in islice(self._scan.newest_first(conditions, budget), COUNT_CAP + 1))
        return RecordCount(value=min(value, COUNT_CAP), is_exact=value <= COUNT_CAP and not budget.is_over)

    def get(self, record_id: str) -> LogRecord:
        """Return one record. Raises `NotFoundError`."""
        ids = {"ids": {"values": [record_id or "-"]}}
        hits = self._server.ask(lambda client: client.search(index=self._index, query=ids, size=1))["hits"]["hits"]
        for found in map(read_hit, hits):
            if found is not None:
                return found.record()
        raise NotFoundError(f"no record {record_id[:40]!r}; it may have been deleted", field="id")

    def stream(self, log_filter: LogFilter) -> Iterator[LogRecord]:
        """Yield matching records ordered by (timestamp, content hash), exactly those that were there when it began."""
        conditions = read_conditions(log_filter)
        if conditions is not None:
            for found in self._scan.oldest_first(conditions, Budget(None)):
                yield found.record()

    def workloads(self) -> Sequence[WorkloadSummary]:
        """Return every (client, workload) pair; beyond 200,000 records without tokens, models and tool calls."""
        return self._counter.workloads()

    def labels(self, log_filter: LogFilter, *, limit: int = 200) -> Sequence[LabelCount]:
        """Return answer labels with counts. Raises `QueryError` when reading them takes too long."""
        counts = Tally(found.draft.label for found in self._all(log_filter))
        named = sorted((-records, label) for label, records in counts.items() if label is not None)
        ranked = [LabelCount(label=label, records=-records) for records, label in named[:limit]]
        return [*ranked, LabelCount(label=None, records=counts[None])] if counts[None] else ranked

    def histogram(self, log_filter: LogFilter, *, width_ms: int) -> Sequence[TimeCount]:
        """Count matching records by time. Raises `QueryError` when they have to be read and that takes too long."""
        conditions = read_conditions(log_filter)
        if conditions is None:
            return []
        if not conditions.needs_reading and width_ms % 1000 == 0:
            return self._counter.by_time(conditions, width_ms=width_ms)
        counts = Tally(found.draft.timestamp_ms // width_ms * width_ms for found in self._all(log_filter))
        return [TimeCount(start_ms=start_ms, records=counts[start_ms]) for start_ms in sorted(counts)]

    def duplicates(self, log_filter: LogFilter) -> DuplicateCount:
        """Count records and their different requests. Raises `QueryError` when reading them takes too long."""
        keys = Tally(found.draft.request_key for found in self._all(log_filter))
        return DuplicateCount(records=keys.total(), requests=len(keys))

    def imports(self, *, limit: int = 50) -> Sequence[LogImport]:  # noqa: ARG002  # the protocol's
        """Return nothing: the index does not know how its records came."""
        return []

    def count_deletable(self, deletion: Deletion) -> int:  # noqa: ARG002  # the protocol's
        """Refuse: the index is not ours to delete from. Raises `InputError`."""
        raise self._read_only()

    def delete(self, deletion: Deletion) -> Iterator[int]:  # noqa: ARG002  # the protocol's
        """Refuse: the index is not ours to delete from. Raises `InputError`."""
        raise self._read_only()

    def close(self) -> None:
        """Close the connections; the store cannot be used afterwards."""
        self._server.close()

    def _newest_first(self, conditions: Conditions, before: tuple[int, str] | None, budget: Budget) -> Iterator[Found]:
        if before is None:
            yield from self._scan.newest_first(conditions, budget)
            return
        until_ms = before[0] + 1 if conditions.until_ms is None else min(conditions.until_ms, before[0] + 1)
        for found in self._scan.newest_first(replace(conditions, until_ms=until_ms), budget):
            if found.place < before:
                yield found

    def _all(self, log_filter: LogFilter) -> Iterator[Found]:
        """Yield what matches, for as long as a page may wait. Raises `QueryError` when that is not all."""
        conditions = read_conditions(log_filter)
        if conditions is None:
            return
        budget = Budget(self._search_s)
        yield from self._scan.newest_first(conditions, budget)
        if budget.is_over:
            raise _took_too_long(budget)

    def _budget(self, conditions: Conditions) -> Budget:
        return Budget(self._search_s if conditions.needs_reading else None)

    def _copy(self) -> Iterator[tuple[int, int, IngestReport]]:
        copy = ElasticsearchLogStore(self._server, prefix=self._copies, replicas=self._replicas)
        for progress in adopt(self._server, index=self._index, store=copy, prefix=self._copies):
            yield progress.done, progress.total, progress.report

    def _read_only(self) -> InputError:
        return InputError(
            f"the index {self._index} was made by the blueprint and is only read; copy it with"
            f" `{self.limits.way_out}` and let logs.elasticsearch.index name the copy",
            field="logs.elasticsearch.index",
        )


def _took_too_long(budget: Budget) -> QueryError:
    reached = EPOCH + timedelta(milliseconds=budget.reached_ms or 0)
    return QueryError(
        f"this index keeps no words and no labels; {budget.seen:,} records were read, back to"
        f" {reached:%Y-%m-%d %H:%M} UTC, before the time was over: narrow the time, for instance with"
        f" before:{reached:%Y-%m-%dT%H:%M}, or copy the index (docs/elasticsearch.md)"
    )
