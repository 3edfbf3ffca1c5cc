"""What the local backend remembers: JSON documents in one SQLite file, in the backend's folder.

Owns the file and its transactions; what a document means is its service's affair. A document is addressed by kind,
namespace and name, and keeps its place in the order of creation. `core.database` is not used: the backend stands in for
services outside and shares nothing with the product's own state.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.backend.errors import TakenError

Document = dict[str, Any]
"""A JSON object of the contract: open, because unknown keys of clients are kept and given back."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, namespace, name)
)
"""
FIND = "SELECT body FROM document WHERE kind = ? AND namespace = ? AND name = ?"
INSERT = "INSERT INTO document (kind, namespace, name, body) VALUES (?, ?, ?, ?)"
UPDATE = "UPDATE document SET body = ? WHERE kind = ? AND namespace = ? AND name = ?"
DELETE = "DELETE FROM document WHERE kind = ? AND namespace = ? AND name = ?"
LIST = "SELECT body FROM document WHERE kind = ? ORDER BY sequence"
LIST_IN_NAMESPACE = "SELECT body FROM document WHERE kind = ? AND namespace = ? ORDER BY sequence"


class State:
    """The documents of one backend. Thread-safe; every method is one transaction unless inside `transaction()`."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # A killed process loses nothing with NORMAL; only a power cut may lose the last moments.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute(SCHEMA)

    def close(self) -> None:
        """Close the file; later calls fail."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all calls inside one transaction: all of them happen or, on an error, none. May be nested."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def insert(self, kind: str, namespace: str, name: str, document: Document) -> None:
        """Store a new document. Raises `TakenError` when the name is in use."""
        try:
            with self.transaction():
                self._connection.execute(INSERT, (kind, namespace, name, json.dumps(document)))
        except sqlite3.IntegrityError as error:
            shown = f"{namespace}/{name}" if namespace else name
            raise TakenError(f"{kind} '{shown}' already exists") from error

    def find(self, kind: str, namespace: str, name: str) -> Document | None:
        """Return the document, or None."""
        with self._lock:
            row = self._connection.execute(FIND, (kind, namespace, name)).fetchone()
        return json.loads(row[0]) if row else None

    def documents(self, kind: str, namespace: str | None = None) -> list[Document]:
        """Return all documents of a kind, or those of one namespace of it, in the order of their creation."""
        with self._lock:
            if namespace is None:
                rows = self._connection.execute(LIST, (kind,)).fetchall()
            else:
                rows = self._connection.execute(LIST_IN_NAMESPACE, (kind, namespace)).fetchall()
        return [json.loads(row[0]) for row in rows]

    def change(
        self, kind: str, namespace: str, name: str, *, change: Callable[[Document], Document]
    ) -> Document | None:
        """Replace the document by `change(document)` in one transaction and return it; None when there is none.

        An error raised by `change` leaves the document as it was.
        """
        with self.transaction():
            document = self.find(kind, namespace, name)
            if document is None:
                return None
            changed = change(document)
            self._connection.execute(UPDATE, (json.dumps(changed), kind, namespace, name))
            return changed

    def delete(self, kind: str, namespace: str, name: str) -> Document | None:
        """Remove the document and return what it was; None when there was none."""
        with self.transaction():
            document = self.find(kind, namespace, name)
            self._connection.execute(DELETE, (kind, namespace, name))
            return document
