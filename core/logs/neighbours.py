"""The records just before and after one, asked of any store by its pages and streams."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from core.logs.store import LogFilter, LogRecord, LogStore
from core.logs.timestamps import EPOCH, as_utc

PAGE_RECORDS = 20
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Records around one, nearest first, in the order of (timestamp, content hash)."""

    older: tuple[LogRecord, ...]
    newer: tuple[LogRecord, ...]


def find_neighbours(store: LogStore, record: LogRecord, log_filter: LogFilter, *, each: int = 1) -> Neighbours:
    """Return up to `each` records of the filter on either side of one, which need not be in it. Raises `QueryError`."""
    place = (record.timestamp_ms, record.content_hash)
    moment = EPOCH + timedelta(milliseconds=record.timestamp_ms)
    after = moment + MILLISECOND
    until = after if log_filter.until is None else min(as_utc(log_filter.until), after)
    since = moment if log_filter.since is None else max(as_utc(log_filter.since), moment)
    older = (one for one in _newest_first(store, replace(log_filter, until=until)) if _place(one) < place)
    newer = (one for one in store.stream(replace(log_filter, since=since)) if _place(one) > place)
    return Neighbours(older=tuple(islice(older, each)), newer=tuple(islice(newer, each)))


def _newest_first(store: LogStore, log_filter: LogFilter) -> Iterator[LogRecord]:
    cursor: str | None = None
    while True:
        page = store.browse(log_filter, limit=PAGE_RECORDS, cursor=cursor)
        yield from page.records
        if page.next_cursor is None:
            return
        cursor = page.next_cursor


def _place(record: LogRecord) -> tuple[int, str]:
    return record.timestamp_ms, record.content_hash
