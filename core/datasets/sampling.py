"""A part of a large selection, spread over its whole time, read from any log store without reading the rest.

The selection is cut into windows of time until the store can count each exactly; from every window comes its share of
the sample, in the order of time. Reading is what a preview spends its seconds on, counting costs next to nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple, Protocol, runtime_checkable

from core.logs import LogFilter, LogRecord, LogStore


@runtime_checkable
class CountsRequests(Protocol):
    """A log store that knows without reading bodies how many different requests a filter matches."""

    def count_requests(self, log_filter: LogFilter) -> int:
        """Return the number of different requests among the matching records, exactly."""


class Window(NamedTuple):
    """A stretch of time with its number of records."""

    log_filter: LogFilter
    records: int


def cut_windows(logs: LogStore, log_filter: LogFilter) -> list[Window]:
    """Return windows that together hold the selection, oldest first, each counted exactly.

    More records than the store counts within one millisecond are counted as that many.
    """
    bounds = _find_bounds(logs, log_filter)
    return [] if bounds is None else list(_cut(logs, log_filter, *bounds))


def sample_windows(logs: LogStore, windows: Sequence[Window], size: int) -> Iterator[LogRecord]:
    """Yield about `size` records, from each window its share, at least one of a window that has any."""
    total = sum(window.records for window in windows)
    for window in windows:
        if window.records:
            share = max(1, round(size * window.records / total))
            yield from islice(logs.stream(window.log_filter), share)


def _find_bounds(logs: LogStore, log_filter: LogFilter) -> tuple[int, int] | None:
    """Return the first millisecond of the selection and the one after the last."""
    summaries = [
        summary
        for summary in logs.workloads()
        if log_filter.workload_id in (None, summary.workload_id) and log_filter.client_id in (None, summary.client_id)
    ]
    if not summaries:
        return None
    first = min(summary.first_ms for summary in summaries)
    after = max(summary.last_ms for summary in summaries) + 1
    if log_filter.since is not None:
        first = max(first, _to_ms(log_filter.since))
    if log_filter.until is not None:
        after = min(after, _to_ms(log_filter.until))
    return (first, after) if first < after else None


def _cut(logs: LogStore, log_filter: LogFilter, first: int, after: int) -> Iterator[Window]:
    narrowed = replace(log_filter, since=_to_moment(first), until=_to_moment(after))
    count = logs.count(narrowed)
    if count.is_exact or after - first == 1:
        yield Window(narrowed, count.value)
        return
    middle = (first + after) // 2
    yield from _cut(logs, log_filter, first, middle)
    yield from _cut(logs, log_filter, middle, after)


def _to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _to_moment(moment_ms: int) -> datetime:
    return datetime.fromtimestamp(moment_ms / 1000, tz=UTC)
