"""The records of a blueprint index, one by one, in the order that every store keeps.

The server sorts by its own reading of the time; among records of one stored time the order of (timestamp, content hash)
is made here, and equal records, which such an index can hold twice, are given once.
"""

import heapq
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from itertools import groupby
from typing import Any, NamedTuple, cast

from core.logs.elasticsearch.blueprint.conditions import RUNTIME_FIELDS, Conditions
from core.logs.elasticsearch.blueprint.times import LEGS
from core.logs.elasticsearch.server import Server
from core.logs.elasticsearch.snapshots import Snapshot
from core.logs.errors import RecordRejected
from core.logs.json_text import dump_json
from core.logs.matching import matches
from core.logs.records import RecordDraft, parse_record
from core.logs.store import LogRecord

FIELDS = ("timestamp", "client_id", "workload_id", "request", "response")


class Found(NamedTuple):
    """A record with what was read of it; `id` is the server's."""

    id: str
    body: Mapping[str, object]
    draft: RecordDraft

    @property
    def place(self) -> tuple[int, str]:
        """Its place in the order."""
        return self.draft.timestamp_ms, self.draft.content_hash

    def record(self) -> LogRecord:
        """Return it as the rest of the product sees it."""
        return LogRecord(
            id=self.id,
            timestamp_ms=self.draft.timestamp_ms,
            client_id=self.draft.client_id,
            workload_id=self.draft.workload_id,
            body=self.body,
            content_hash=self.draft.content_hash,
            model=self.draft.model,
            finish_reason=self.draft.finish_reason,
            label=self.draft.label,
            prompt_tokens=self.draft.prompt_tokens,
            completion_tokens=self.draft.completion_tokens,
            has_tool_calls=self.draft.has_tool_calls,
        )


class Budget:
    """How long a search may go on; `seen` counts what it has read."""

    def __init__(self, seconds: float | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.seen = 0
        self.is_over = False
        self.reached_ms: int | None = None
        self._clock = clock
        self._began = clock()

    def spend(self, found: Found) -> None:
        """Note that a record was read; `is_over` tells afterwards whether there is time for another one."""
        self.seen += 1
        self.reached_ms = found.draft.timestamp_ms
        if self.seconds is not None and self.seen % 50 == 0:
            self.is_over = self._clock() - self._began > self.seconds


class Scan:
    """Reads one index."""

    def __init__(self, server: Server, index: str) -> None:
        self._server = server
        self._index = index

    def newest_first(self, conditions: Conditions, budget: Budget) -> Iterator[Found]:
        """Yield matching records descending; ends early, with `budget.is_over`, when there is no time left."""
        return self._merged(conditions, budget, is_descending=True)

    def oldest_first(self, conditions: Conditions, budget: Budget) -> Iterator[Found]:
        """Yield matching records ascending, exactly those that were there when it began."""
        return self._merged(conditions, budget, is_descending=False)

    def _merged(self, conditions: Conditions, budget: Budget, *, is_descending: bool) -> Iterator[Found]:
        direction = "desc" if is_descending else "asc"
        sort = [{"timestamp": {"order": direction}}, {"_seq_no": {"order": direction}}]
        with ExitStack() as stack:
            legs = []
            for leg in LEGS:
                snapshot = Snapshot(
                    self._server,
                    index=self._index,
                    query=conditions.clause(leg),
                    sort=sort,
                    runtime_mappings=RUNTIME_FIELDS,
                )
                stack.enter_context(closing(snapshot))
                legs.append(_in_order(snapshot.hits(FIELDS), is_descending=is_descending))
            for found in heapq.merge(*legs, key=lambda one: one.place, reverse=is_descending):
                budget.spend(found)
                if _is_asked(conditions, found):
                    yield found
                if budget.is_over:
                    return


def read_hit(hit: Mapping[str, Any]) -> Found | None:
    """Return the record of a hit; None when the document is no record."""
    body = cast("Mapping[str, object]", hit["_source"])
    try:
        return Found(id=hit["_id"], body=body, draft=parse_record(dump_json(body)))
    except RecordRejected:
        return None


def _in_order(hits: Iterator[Mapping[str, Any]], *, is_descending: bool) -> Iterator[Found]:
    for _, alike in groupby(hits, key=lambda hit: hit["sort"][0]):
        found = {one.place: one for one in map(read_hit, alike) if one is not None}
        yield from (found[place] for place in sorted(found, reverse=is_descending))


def _is_asked(conditions: Conditions, found: Found) -> bool:
    if not conditions.accepts_time(found.draft.timestamp_ms):
        return False
    return conditions.query.is_empty or matches(conditions.query, found.draft)
