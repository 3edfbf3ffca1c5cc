"""Records in the order of (timestamp, content hash), from scans in the order of ids.

An id is the time or a later number, at most `spill_ms` later, and among equal times it follows arrival. So a scan's
rows are held back until no row can still come before them, and sorted; mostly that is a handful of rows.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple


class Position(NamedTuple):
    """A record's place in the order; the id comes last and never decides."""

    timestamp_ms: int
    content_hash: bytes
    id: int


FIRST_ROWS, GROWTH = 500, 4

Scan = Callable[[int | None, int], Sequence[Position]]
"""Called with the id after which to go on (None: from the start) and a number of rows; fewer rows mean the end."""


def oldest_first(scan: Scan, *, spill_ms: int, rows: int) -> Iterator[Position]:
    """Yield all positions ascending; `scan` goes by ascending id, `rows` at a time."""
    held: list[Position] = []
    for found, is_last in _chunks(scan, rows):
        held = sorted([*held, *found])
        if is_last:
            yield from held
            return
        complete_before_ms = found[-1].id - spill_ms
        cut = bisect_left(held, (complete_before_ms, b"", 0))
        yield from held[:cut]
        held = held[cut:]


def newest_first(scan: Scan, *, rows: int) -> Iterator[Position]:
    """Yield all positions descending; `scan` goes by descending id. Ids are never earlier than the time."""
    held: list[Position] = []
    for found, is_last in _chunks(scan, rows):
        held = sorted([*held, *found])
        complete_from_ms = 0 if is_last else found[-1].id
        cut = bisect_left(held, (complete_from_ms, b"", 0))
        yield from reversed(held[cut:])
        held = held[:cut]


def _chunks(scan: Scan, rows: int) -> Iterator[tuple[Sequence[Position], bool]]:
    """Yield ever larger chunks: many callers want no more than the first records."""
    after: int | None = None
    size = min(FIRST_ROWS, rows)
    while True:
        found = scan(after, size)
        is_last = len(found) < size
        yield found, is_last
        if is_last:
            return
        after, size = found[-1].id, min(rows, size * GROWTH)
