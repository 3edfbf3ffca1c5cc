"""The state database: one engine, two kinds of transaction, the database's own clock.

Owns how SQLite and PostgreSQL are opened and how transactions begin. Tables live with their packages; the schema is
made by `core.migrations`. SQLite begins every write with `BEGIN IMMEDIATE`: SQLAlchemy's default loses concurrent
read-modify-writes silently. Keep transactions short and never call a service inside one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Float, create_engine, event, literal_column, text
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from core.errors import InputError

DATABASE_DOWN = (OperationalError, InterfaceError, PoolTimeout)
"""Driver errors that mean "leave the work alone and come back", as against a bug."""

BUSY_TIMEOUT_S = 30
SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
    "foreign_keys=ON",
    "journal_size_limit=67108864",
)
POSTGRESQL_OPTIONS = "-c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000"


class Database:
    """The state database of one installation, shared by all threads of a process.

    `clock` is an SQL expression for the database's time in epoch seconds: leases are judged by it alone, so that two
    hosts with different clocks agree.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _create_engine(url)
        self.is_postgresql = self.engine.dialect.name == "postgresql"
        self.clock: ColumnElement[float] = literal_column(
            "extract(epoch from clock_timestamp())"
            if self.is_postgresql
            else "((julianday('now') - 2440587.5) * 86400.0)",
            Float,
        )

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a read transaction that takes no write lock; objects stay readable after it ends."""
        with Session(self.engine.execution_options(read_only=True), expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a write transaction, committed at the end and rolled back on any error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def serialise(self, session: Session, lock: int) -> None:
        """Let one transaction at a time pass here; `lock` names the section. SQLite writers already queue."""
        if self.is_postgresql:
            session.connection().execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})

    def dispose(self) -> None:
        """Close pooled connections."""
        self.engine.dispose()


def utc_now() -> datetime:
    """Return the wall clock as an aware UTC instant; the default clock of everything that takes one."""
    return datetime.now(UTC)


def _create_engine(url: str) -> Engine:
    """Open SQLite or PostgreSQL with the pragmas, time-outs and transaction modes this product relies on."""
    try:
        if url.startswith("sqlite"):
            engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
        else:
            engine = create_engine(
                url,
                pool_pre_ping=True,
                pool_size=10,
                connect_args={"connect_timeout": 5, "options": POSTGRESQL_OPTIONS},
            )
    except (ArgumentError, ImportError) as error:
        raise InputError(
            "database.url is not a database address; use sqlite:///state.db or postgresql+psycopg://user@host/name"
            " (PostgreSQL needs the extra 'postgresql')",
            field="database.url",
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin_explicitly)
    return engine


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions behind our back
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_explicitly(connection: Any) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
