"""The tables of the log store's file, and how a file is recognised and made.

The schema version is SQLite's `user_version`. A record's `id` is its time in milliseconds, or the next number that was
free then; no record is farther from its time than `spill_ms`.
"""

import sqlite3

from core.logs.errors import NotALogStore

APPLICATION_ID = 0x464C5947  # "FLYG"
VERSION = 1

TABLES = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE dictionary(dictionary_id INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE workload(
    workload INTEGER PRIMARY KEY, client_id TEXT NOT NULL, workload_id TEXT NOT NULL, dictionary_id INTEGER,
    UNIQUE(client_id, workload_id));
CREATE TABLE symbol(symbol INTEGER PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, UNIQUE(kind, value));
CREATE TABLE batch(
    batch INTEGER PRIMARY KEY, source TEXT NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER,
    stored INTEGER NOT NULL DEFAULT 0, duplicate INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0);
CREATE TABLE txn(
    txn INTEGER PRIMARY KEY, batch INTEGER NOT NULL, records INTEGER NOT NULL, committed_ms INTEGER NOT NULL);
CREATE TABLE record(
    id INTEGER PRIMARY KEY, workload INTEGER NOT NULL, timestamp_ms INTEGER NOT NULL, content_hash BLOB NOT NULL,
    request_key INTEGER NOT NULL, model INTEGER NOT NULL, finish INTEGER NOT NULL, label INTEGER,
    tools INTEGER NOT NULL, prompt_tokens INTEGER, completion_tokens INTEGER, txn INTEGER NOT NULL);
CREATE TABLE body(id INTEGER PRIMARY KEY, dictionary_id INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE INDEX record_workload ON record(workload);
CREATE INDEX record_label ON record(workload, label);
CREATE INDEX record_request ON record(workload, request_key);
CREATE TABLE rollup(
    workload INTEGER, day INTEGER, model INTEGER, finish INTEGER, tools INTEGER, records INTEGER NOT NULL,
    usage_records INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
    first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    PRIMARY KEY(workload, day, model, finish, tools)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(
    prompt, answer, facet, content='', columnsize=0, detail=full, tokenize='ascii');
INSERT INTO meta VALUES ('spill_ms', 0);
"""
"""`tokenize='ascii'` splits at blanks and leaves every letter beyond ASCII alone: the words are made in Python."""


def create_tables(connection: sqlite3.Connection, path: str) -> None:
    """Make the tables unless they are there; two processes may call this at the same moment."""
    if is_current(connection, path):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not is_current(connection, path):
            for statement in filter(str.strip, TABLES.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def is_current(connection: sqlite3.Connection, path: str) -> bool:
    """Tell whether the file is a store of this version; False means it is empty. Raises `NotALogStore`."""
    application_id, version, tables = _read_identity(connection)
    if application_id == APPLICATION_ID and version == VERSION:
        return True
    if application_id == APPLICATION_ID:
        raise NotALogStore(
            f"the log store {path} has schema {version}, this version reads {VERSION}; upgrade Flywheel Review"
        )
    if application_id or tables:
        raise NotALogStore(f"{path} is a database of something else; let logs.path name another file")
    return False


def _read_identity(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Return application id, schema version and number of tables, all of one moment: another process may make them."""
    is_alone = not connection.in_transaction
    if is_alone:
        connection.execute("BEGIN")
    try:
        application_id, version, tables = (
            connection.execute(sql).fetchone()[0]
            for sql in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
    finally:
        if is_alone:
            connection.execute("ROLLBACK")
    return application_id, version, tables
