"""Connections to the store's file: a small pool, two kinds of transaction, a bounded write-ahead log.

Every write begins with `BEGIN IMMEDIATE`: a plain BEGIN fails with "database is locked" once there are several writers.
SQLite's own checkpoints cannot shrink the write-ahead log while readers come and go (1.3 GB were measured), so whoever
commits truncates it when it has grown beyond `WAL_LIMIT_BYTES`.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.logs.errors import LogStoreUnavailable, NotALogStore
from core.logs.sqlite.schema import create_tables, is_current

WAL_LIMIT_BYTES = 64 * 2**20
BUSY_TIMEOUT_S = 60
IDLE_CONNECTIONS = 4
BEFORE_TABLES = ("page_size=8192", "auto_vacuum=INCREMENTAL")
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "cache_size=-32768",
    "temp_store=MEMORY",
    "wal_autocheckpoint=2000",
    f"journal_size_limit={WAL_LIMIT_BYTES}",
    "secure_delete=OFF",  # Debian compiles it ON
)
FAILURES = {
    sqlite3.SQLITE_BUSY: "is locked by another process for longer than a minute",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: does its folder exist, and may this user write there?",
    sqlite3.SQLITE_READONLY: "is read-only; this user may not write it",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a backup or import the logs again into a new file",
}
MAKING_PAUSES_S = (0.02, 0.05, 0.1, 0.3)
AT_ONCE_S = 1.0


class ConnectionPool:
    """Connections to one file, handed to one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._is_closed = False
        with self.connection():
            pass  # makes the file, and fails here rather than at the first use

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection outside any transaction; one left open is rolled back.

        Driver errors come out as errors of `core.logs`.
        """
        with translated(self._path):
            connection = self._take()
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._give_back(connection)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection whose statements all see the same state."""
        with self.connection() as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that holds the write lock; commit at the end, roll back on any error."""
        with self.connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
            self._bound_wal(connection)

    def truncate_wal(self) -> None:
        """Write the log into the file and cut both to their size, unless a reader is in the way."""
        with self.connection() as connection, suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Close what is idle now, and what is lent as soon as it comes back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._is_closed:
                raise LogStoreUnavailable(f"the log store {self._path} has been closed")
            if self._idle:
                return self._idle.pop()
        return _open(self._path)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._is_closed and len(self._idle) < IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()

    def _bound_wal(self, connection: sqlite3.Connection) -> None:
        try:
            if Path(f"{self._path}-wal").stat().st_size > WAL_LIMIT_BYTES:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except (OSError, sqlite3.OperationalError):
            pass  # a reader is in the way; the next commit tries again


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the driver's errors about the file into errors of `core.logs`; mistakes in our SQL stay what they are."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            raise NotALogStore(f"{path} is not a log store; let logs.path name another file") from error
        if code in FAILURES:
            raise LogStoreUnavailable(f"the log store {path} {FAILURES[code]}") from error
        raise


def _open(path: Path) -> sqlite3.Connection:
    """Open the file, making it when it is not there.

    Processes that make it at one moment refuse each other at once, without the waiting that a lock has otherwise.
    """
    for pause_s in MAKING_PAUSES_S:
        began_s = time.monotonic()
        try:
            return _open_once(path)
        except sqlite3.OperationalError as error:
            was_refused_at_once = time.monotonic() - began_s < AT_ONCE_S
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not was_refused_at_once:
                raise
            time.sleep(pause_s)
    return _open_once(path)


def _open_once(path: Path) -> sqlite3.Connection:
    is_new = not path.exists() or path.stat().st_size == 0
    connection = sqlite3.connect(
        path, isolation_level=None, timeout=BUSY_TIMEOUT_S, check_same_thread=False, cached_statements=256
    )
    try:
        if not is_new:
            is_current(connection, str(path))  # before anything is set: a foreign file stays as it is
        for pragma in (*BEFORE_TABLES, *PRAGMAS) if is_new else PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        create_tables(connection, str(path))
    except BaseException:
        connection.close()
        raise
    return connection
