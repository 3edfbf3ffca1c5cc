"""Where a record goes: its id, and whether it is there already.

The id is the time, or the next free number after it. So the records of one time lie in the run of taken ids that begins
there, and a duplicate can only be among them: reading that run, mostly one row or none, replaces a unique index on the
hash. Whoever deletes records must keep the runs closed in which records have spilled.
"""

import sqlite3
from collections import defaultdict

READ_ON = "SELECT id, timestamp_ms, content_hash FROM record WHERE id >= ? ORDER BY id"


def read_spill_ms(connection: sqlite3.Connection) -> int:
    """Return how far any record's id lies beyond its time: a few milliseconds, more after bursts in one instant."""
    spill_ms: int = connection.execute("SELECT value FROM meta WHERE name='spill_ms'").fetchone()[0]
    return spill_ms


class Placement:
    """Ids for the records of one transaction, which must come in ascending order of time.

    It knows one run at a time: the ids from `start` to before `end` are all taken, by rows of the store, whose hashes
    have been read, or by records placed here. `is_end_free` tells whether the id `end` has been looked at.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._spill_ms = self._stored_spill_ms = read_spill_ms(connection)
        self._start = self._end = -1
        self._is_end_free = False
        self._hashes: dict[int, set[bytes]] = defaultdict(set)

    def place(self, timestamp_ms: int, content_hash: bytes) -> int | None:
        """Return the id for a record, or None when the store or this transaction holds it already."""
        if not self._start <= timestamp_ms < self._end:
            self._start = self._end = timestamp_ms
            self._is_end_free = False
            self._read_to_gap()
        hashes = self._hashes[timestamp_ms]
        if content_hash in hashes:
            return None
        hashes.add(content_hash)
        self._read_to_gap()
        record_id = self._end
        self._end += 1
        self._is_end_free = False
        self._spill_ms = max(self._spill_ms, record_id - timestamp_ms)
        return record_id

    def finish(self) -> None:
        """Note the farthest spill, so that readers look far enough."""
        if self._spill_ms > self._stored_spill_ms:
            self._connection.execute("UPDATE meta SET value=? WHERE name='spill_ms'", (self._spill_ms,))

    def _read_to_gap(self) -> None:
        """Move the end of the run to the next free id, taking up the hashes on the way."""
        if self._is_end_free:
            return
        for record_id, timestamp_ms, content_hash in self._connection.execute(READ_ON, (self._end,)):
            if record_id != self._end:
                break
            self._hashes[timestamp_ms].add(content_hash)
            self._end += 1
        self._is_end_free = True
