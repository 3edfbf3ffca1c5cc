"""Opening the state database: lock, back up, upgrade in one transaction, refuse a newer schema.

Any number of processes may open a fresh or old database at once: one upgrades, the others find it done. A process
killed in the middle leaves the schema as it was.
"""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from core.database import DATABASE_DOWN, Database
from core.errors import ConflictError, UnavailableError
from core.settings import Settings

UPGRADE_LOCK = 7


class SchemaError(ConflictError):
    """The database was written by a newer program; this one must not touch it."""


def open_database(settings: Settings) -> Database:
    """Return the state database of an installation, created or upgraded to this program's schema.

    Raises `SchemaError` for a newer schema and `UnavailableError` when the database cannot be reached.
    """
    url = settings.database_url
    if url.startswith("sqlite:///"):
        settings.data.mkdir(parents=True, exist_ok=True)
    database = Database(url)
    try:
        upgrade_schema(database)
    except DATABASE_DOWN as error:
        database.dispose()
        shown = make_url(url).render_as_string(hide_password=True)
        raise UnavailableError(
            f"the state database {shown} cannot be opened: {_first_line(error)};"
            " check database.url and that the server runs",
            service="database",
        ) from error
    return database


def upgrade_schema(database: Database) -> None:
    """Bring the schema to this program's revision; nothing happens when it is there already."""
    scripts = _scripts()
    with database.engine.execution_options(read_only=True).connect() as connection:
        if _is_current(connection, scripts):
            return
    with database.engine.begin() as connection:
        if database.is_postgresql:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
        if _is_current(connection, scripts):
            return
        before = MigrationContext.configure(connection).get_current_revision()
        if before is not None and not database.is_postgresql:
            _back_up(database, before)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def schema_version(database: Database) -> str | None:
    """Return the revision the database is at, None for an empty one."""
    with database.engine.execution_options(read_only=True).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_known_schema(revision: str) -> bool:
    """Tell whether this program knows a revision, its own or an older one."""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _is_current(connection: Connection, scripts: ScriptDirectory) -> bool:
    found = MigrationContext.configure(connection).get_current_revision()
    if found == scripts.get_current_head():
        return True
    known = {script.revision for script in scripts.walk_revisions()}
    if found is not None and found not in known:
        raise SchemaError(
            f"the state database has schema {found}, which this version does not know; it was written by a newer"
            " version of Flywheel Review: use that one, or restore a backup made before the upgrade"
        )
    return False


def _back_up(database: Database, revision: str) -> None:
    """Keep a copy of the file beside it before the first change (the online copy includes the write-ahead log)."""
    source = Path(str(database.engine.url.database))
    target = source.with_name(f"{source.name}.before-{revision}")
    with sqlite3.connect(source) as live, sqlite3.connect(target) as copy:
        live.backup(copy)
    copy.close()
    live.close()


def _first_line(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
