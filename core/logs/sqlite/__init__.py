"""The log store in one SQLite file: for up to some ten million records on a local disk.

The design and its measurements are in `docs/log-store.md`. In short: the primary key is the time, so that order, cursor
and time range are one index; FTS5 without content holds the words and the facets; roll-ups answer overviews; payloads
are compressed with a dictionary; commit numbers make snapshots without long transactions.
"""

from core.logs.sqlite.store import SqliteLogStore

__all__ = ["SqliteLogStore"]
