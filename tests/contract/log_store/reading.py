"""Short ways to look into a store, for tests that compare lists."""

from collections.abc import Iterable
from typing import Any

from core.logs import LogFilter, LogRecord, LogStore


def all_pages(store: LogStore, limit: int = 7, **conditions: Any) -> list[LogRecord]:
    """Return the records of all pages, checking that every page but the last is full."""
    found: list[LogRecord] = []
    cursor: str | None = None
    while True:
        page = store.browse(LogFilter(**conditions), limit=limit, cursor=cursor)
        found += page.records
        if page.next_cursor is None:
            return found
        assert len(page.records) == limit
        cursor = page.next_cursor


def users(records: Iterable[LogRecord]) -> list[str]:
    """Return the last message of each request."""
    return [record.request["messages"][-1]["content"] for record in records]  # type: ignore[index]  # test records


def search(store: LogStore, text: str) -> list[str]:
    """Return the last messages of the records a text finds, newest first."""
    return users(store.browse(LogFilter(text=text)).records)


def amount(store: LogStore, **conditions: Any) -> int:
    """Return an exact count."""
    count = store.count(LogFilter(**conditions))
    assert count.is_exact
    return count.value
