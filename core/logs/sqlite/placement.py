"""Where a record goes: its id, and whether it is there already.

The id is the time, or the next free number after it. So the records of one time lie in the run of taken ids that begins
there, and a duplicate can only be among them: reading that run, mostly one row or none, replaces a unique index on the
hash. Deleting may open such a run; `note_broken_runs` makes every later import look as far as records have spilled.
"""

import sqlite3
from collections import defaultdict

LAST_ID = 2**63 - 1
READ_BETWEEN = "SELECT id, timestamp_ms, content_hash FROM record WHERE id >= ? AND id < ?"
READ_ON = "SELECT id, timestamp_ms, content_hash FROM record WHERE id >= ? ORDER BY id"


def read_spill_ms(connection: sqlite3.Connection) -> int:
    """Return how far any record's id lies beyond its time: a few milliseconds, more after bursts in one instant."""
    spill_ms: int = connection.execute("SELECT value FROM meta WHERE name='spill_ms'").fetchone()[0]
    return spill_ms


def note_broken_runs(connection: sqlite3.Connection) -> None:
    """Note that ids were freed in a store whose records have spilled: a run may no longer hold all of its time."""
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('broken_runs', 1)")


def open_placement(connection: sqlite3.Connection) -> "Placement | FarPlacement":
    """Return what places the records of one transaction."""
    is_broken = connection.execute("SELECT 1 FROM meta WHERE name='broken_runs'").fetchone()
    return FarPlacement(connection) if is_broken else Placement(connection)


class Placement:
    """Ids for the records of one transaction, which must come in ascending order of time.

    It knows one run at a time: the ids from `start` to before `end` are all taken, by rows of the store, whose hashes
    have been read, or by records placed here. From `end` to before `gap_end` no id is taken, so that times in there
    need no look at the store: an import of what is newer than everything looks once a transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._spill_ms = self._stored_spill_ms = read_spill_ms(connection)
        self._start = self._end = -1
        self._gap_end = -1
        self._hashes: dict[int, set[bytes]] = defaultdict(set)

    def place(self, timestamp_ms: int, content_hash: bytes) -> int | None:
        """Return the id for a record, or None when the store or this transaction holds it already."""
        if not self._start <= timestamp_ms < self._end:
            self._start = self._end = timestamp_ms
            self._read_to_gap()
        hashes = self._hashes[timestamp_ms]
        if content_hash in hashes:
            return None
        hashes.add(content_hash)
        self._read_to_gap()
        record_id = self._end
        self._end += 1
        self._spill_ms = max(self._spill_ms, record_id - timestamp_ms)
        return record_id

    def finish(self) -> None:
        """Note the farthest spill, so that readers look far enough."""
        if self._spill_ms > self._stored_spill_ms:
            self._connection.execute("UPDATE meta SET value=? WHERE name='spill_ms'", (self._spill_ms,))

    def _read_to_gap(self) -> None:
        """Move the end of the run to the next free id, taking up the hashes on the way."""
        if self._end < self._gap_end:
            return
        self._gap_end = LAST_ID
        for record_id, timestamp_ms, content_hash in self._connection.execute(READ_ON, (self._end,)):
            if record_id != self._end:
                self._gap_end = record_id
                break
            self._hashes[timestamp_ms].add(content_hash)
            self._end += 1


class FarPlacement:
    """As `Placement`, for a store with broken runs: a record of one time may lie anywhere up to the farthest spill.

    Everything from the first time placed up to before `known_end` has been read or placed here.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._spill_ms = self._stored_spill_ms = read_spill_ms(connection)
        self._known_end = 0
        self._taken: set[int] = set()
        self._hashes: dict[int, set[bytes]] = defaultdict(set)
        self._next_free = 0

    def place(self, timestamp_ms: int, content_hash: bytes) -> int | None:
        """Return the id for a record, or None when the store or this transaction holds it already."""
        self._read_to(timestamp_ms, timestamp_ms + self._spill_ms + 1)
        if content_hash in self._hashes[timestamp_ms]:
            return None
        self._hashes[timestamp_ms].add(content_hash)
        record_id = max(timestamp_ms, self._next_free)  # times ascend: what was full before this id stays full
        while record_id in self._taken:
            record_id += 1
            self._read_to(timestamp_ms, record_id + 1)
        self._taken.add(record_id)
        self._next_free = record_id + 1
        self._spill_ms = max(self._spill_ms, record_id - timestamp_ms)
        return record_id

    def finish(self) -> None:
        """Note the farthest spill, so that readers look far enough."""
        if self._spill_ms > self._stored_spill_ms:
            self._connection.execute("UPDATE meta SET value=? WHERE name='spill_ms'", (self._spill_ms,))

    def _read_to(self, start: int, end: int) -> None:
        """Take up the ids and hashes between what is known and `end`."""
        start = max(start, self._known_end)
        if start >= end:
            return
        for record_id, timestamp_ms, content_hash in self._connection.execute(READ_BETWEEN, (start, end)):
            self._taken.add(record_id)
            self._hashes[timestamp_ms].add(content_hash)
        self._known_end = end
