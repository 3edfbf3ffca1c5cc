"""Where a record goes: its id, and whether it is there already.

The same record has the same time, so a duplicate can only sit among the ids of that time: one range read per distinct
time replaces a unique index on the hash.
"""

import sqlite3

from core.logs.sqlite.schema import SLOT_BITS, SLOTS


def first_id(timestamp_ms: int) -> int:
    """Return the lowest id a record of that time can have."""
    return timestamp_ms << SLOT_BITS


def read_spill_ms(connection: sqlite3.Connection) -> int:
    """Return how far records of one millisecond have spilled into later ones, 0 in almost every store."""
    spill_ms: int = connection.execute("SELECT value FROM meta WHERE name='spill_ms'").fetchone()[0]
    return spill_ms


class Placement:
    """Ids for the records of one transaction, which must come in ascending order of time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._spill_ms = self._stored_spill_ms = read_spill_ms(connection)
        self._timestamp_ms = -1
        self._next = 0
        self._known_up_to = -1
        self._taken: set[int] = set()
        self._hashes: set[bytes] = set()

    def place(self, timestamp_ms: int, content_hash: bytes) -> int | None:
        """Return the id for a record, or None when the store or this transaction holds it already."""
        if timestamp_ms != self._timestamp_ms:
            self._look_up(timestamp_ms)
        if content_hash in self._hashes:
            return None
        self._hashes.add(content_hash)
        while self._is_taken(self._next):
            self._next += 1
        found = self._next
        self._next += 1
        self._spill_ms = max(self._spill_ms, (found >> SLOT_BITS) - timestamp_ms)
        return found

    def finish(self) -> None:
        """Note the farthest spill, so that readers look far enough."""
        if self._spill_ms > self._stored_spill_ms:
            self._connection.execute("UPDATE meta SET value=? WHERE name='spill_ms'", (self._spill_ms,))

    def _look_up(self, timestamp_ms: int) -> None:
        self._timestamp_ms = timestamp_ms
        self._known_up_to = first_id(timestamp_ms + self._spill_ms) + SLOTS - 1
        rows = self._connection.execute(
            "SELECT id, timestamp_ms, content_hash FROM record WHERE id BETWEEN ? AND ?",
            (first_id(timestamp_ms), self._known_up_to),
        ).fetchall()
        self._taken = {row[0] for row in rows}
        self._hashes = {row[2] for row in rows if row[1] == timestamp_ms}
        self._next = max(first_id(timestamp_ms), self._next)

    def _is_taken(self, record_id: int) -> bool:
        if record_id <= self._known_up_to:
            return record_id in self._taken
        return self._connection.execute("SELECT 1 FROM record WHERE id=?", (record_id,)).fetchone() is not None
