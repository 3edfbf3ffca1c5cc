"""The log store as the rest of the product sees it: a protocol with one contract suite for every store.

Owns the value types and the promises (numbered in `docs/log-store.md`); `core.logs.sqlite` and later stores keep them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.errors import InputError
from core.logs.timestamps import as_utc

COUNT_CAP = 10_000
PAGE_LIMIT = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class LogRecord:
    """One logged request and response with what was derived from it.

    `body` equals the JSON object that was sent. `id` is stable within a store and opaque to callers; `content_hash`
    is the SHA-256 of the canonical record and the same in every store. Missing token counts are None, never 0.
    """

    id: str
    timestamp_ms: int  # UTC
    client_id: str
    workload_id: str
    body: Mapping[str, object]
    content_hash: str
    model: str | None
    finish_reason: str | None
    label: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    has_tool_calls: bool

    @property
    def request(self) -> Mapping[str, object]:
        """The logged chat-completion request."""
        return self.body["request"]  # type: ignore[return-value]  # checked when the record was parsed

    @property
    def response(self) -> Mapping[str, object]:
        """The logged chat completion."""
        return self.body["response"]  # type: ignore[return-value]  # checked when the record was parsed


@dataclass(frozen=True, kw_only=True)
class LogFilter:
    """Which records: all conditions hold together; None means any. `since` is included, `until` is not."""

    workload_id: str | None = None
    client_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None  # the search box


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedLine:
    """A line of an import that was not stored; `line` counts from 1, `reason` starts with the field path."""

    line: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class IngestReport:
    """What became of an import: every line is stored, a duplicate, blank, or rejected with its reason."""

    stored: int
    duplicate: int
    rejected: tuple[RejectedLine, ...]


@dataclass(frozen=True, kw_only=True)
class LogPage:
    """Records newest first; `next_cursor` is None on the last page."""

    records: tuple[LogRecord, ...]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True)
class RecordCount:
    """How many records match; when `is_exact` is False there are at least `value` (the cap of 10,000)."""

    value: int
    is_exact: bool


@dataclass(frozen=True, kw_only=True)
class WorkloadSummary:
    """One (client, workload) pair at a glance.

    Token sums cover only the `usage_records` records that report both counts. `models` are sorted names. `days` maps
    ISO dates (UTC, days without records left out) to record counts. `last_stored_ms` is when the record of `last_ms`
    was stored, None when the store does not know.
    """

    client_id: str
    workload_id: str
    records: int
    first_ms: int
    last_ms: int
    usage_records: int
    prompt_tokens: int
    completion_tokens: int
    models: tuple[str, ...]
    days: Mapping[str, int]
    tool_call_records: int
    last_stored_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class LabelCount:
    """One answer label and how many records carry it; `label` None stands for records without a label."""

    label: str | None
    records: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeCount:
    """How many records lie in one stretch of time, from `start_ms` on, UTC."""

    start_ms: int
    records: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DuplicateCount:
    """How many records there are, and how many different requests are among them."""

    records: int
    requests: int


@dataclass(frozen=True, kw_only=True)
class LogImport:
    """One import: where its lines came from, what it stored, and how much of that is still there.

    `ended_ms` is None while it runs, and for one that was cut off.
    """

    id: str
    source: str
    started_ms: int
    ended_ms: int | None
    stored: int
    duplicate: int
    rejected: int
    records: int


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """Which records to delete: all conditions hold together; None means any, and one must be given.

    `before` is not included. Raises `InputError` when nothing is asked, which would be everything.
    """

    client_id: str | None = None
    workload_id: str | None = None
    before: datetime | None = None
    import_id: str | None = None
    ids: tuple[str, ...] | None = None

    def __str__(self) -> str:
        """Return what is deleted, in words."""
        parts = (
            None if self.ids is None else _name_ids(self.ids),
            None if self.workload_id is None else f"of workload {self.workload_id!r}",
            None if self.client_id is None else f"of client {self.client_id!r}",
            None if self.import_id is None else f"of import {self.import_id}",
            None if self.before is None else f"from before {as_utc(self.before):%Y-%m-%d %H:%M:%S} UTC",
        )
        return " ".join(("records", *(part for part in parts if part is not None)))

    def __post_init__(self) -> None:
        if all(condition is None for condition in vars(self).values()):
            raise InputError("say what to delete: a client, a workload, an age, an import or records", field="deletion")


@dataclass(frozen=True, kw_only=True)
class StoreLimits:
    """What a store can read slowly or not at all, in a sentence or two, and the ways out of it.

    `way_out` is a command; `copy` does the same and yields running reports with how many records are done and how many
    there are. `index` is what would be copied, `target` what the settings must name afterwards.
    """

    reading: str
    way_out: str
    index: str
    target: str
    copy: Callable[[], Iterator[tuple[int, int, IngestReport]]]


def _name_ids(ids: tuple[str, ...]) -> str:
    return f"with the id {ids[0]}" if len(ids) == 1 else f"with {len(ids):,} given ids"


class LogStore(Protocol):
    """Logged traffic. Implementations may be shared by threads; two processes see each other's writes at once."""

    @property
    def limits(self) -> StoreLimits | None:
        """What this store cannot do as others can; None when it keeps every promise."""

    def ingest(self, lines: Iterable[tuple[int, bytes]], *, source: str = "") -> Iterator[IngestReport]:
        """Store numbered JSON lines in batches and yield the running report after each; the last one is final.

        Nothing happens before the first `next`; what was reported as stored is committed and visible. `source` names
        where the lines came from. Safe to repeat: a record that is there already counts as a duplicate.
        """

    def browse(self, log_filter: LogFilter, *, limit: int = 50, cursor: str | None = None) -> LogPage:
        """Return a page, newest first, ties by content hash.

        Raises `InputError` for a foreign cursor and a limit outside 1 to 500, and `QueryError` for a search text that
        cannot be searched; `count`, `stream`, `labels`, `histogram` and `duplicates` raise the latter too.
        """

    def count(self, log_filter: LogFilter) -> RecordCount:
        """Count matching records, exactly up to the cap."""

    def get(self, record_id: str) -> LogRecord:
        """Return one record. Raises `NotFoundError`."""

    def stream(self, log_filter: LogFilter) -> Iterator[LogRecord]:
        """Yield matching records ordered by (timestamp, content hash), exactly those committed when it began."""

    def workloads(self) -> Sequence[WorkloadSummary]:
        """Return every (client, workload) pair, most records first, then by client and workload."""

    def labels(self, log_filter: LogFilter, *, limit: int = 200) -> Sequence[LabelCount]:
        """Return answer labels with counts, most frequent first, then by label; records without a label come last."""

    def histogram(self, log_filter: LogFilter, *, width_ms: int) -> Sequence[TimeCount]:
        """Count matching records by time, in stretches of `width_ms` counted from 1970: oldest first, none empty."""

    def duplicates(self, log_filter: LogFilter) -> DuplicateCount:
        """Count matching records and their different requests, both exactly."""

    def imports(self, *, limit: int = 50) -> Sequence[LogImport]:
        """Return imports, newest first."""

    def count_deletable(self, deletion: Deletion) -> int:
        """Return how many records a deletion would delete now. Raises `NotFoundError` for an unknown import."""

    def delete(self, deletion: Deletion) -> Iterator[int]:
        """Delete records in batches and yield how many are gone after each; the last is final, its space given back.

        Nothing happens before the first `next`. Records that arrive meanwhile stay. Safe to repeat when it was
        interrupted. Raises `NotFoundError` for an unknown import.
        """

    def close(self) -> None:
        """Release files and connections; the store cannot be used afterwards."""


def check_limit(limit: int) -> None:
    """Refuse a page size outside 1 to 500."""
    if not 1 <= limit <= PAGE_LIMIT:
        raise InputError(f"limit is {limit}; it must be from 1 to {PAGE_LIMIT}", field="limit")
