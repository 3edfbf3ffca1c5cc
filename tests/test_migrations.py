"""The schema is the sum of its revisions, on both databases, whoever opens it first."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

from core.database import Database
from core.errors import InputError, UnavailableError
from core.migrations import SchemaError, open_database, schema_version, upgrade_schema
from core.settings import load_settings


def test_schema_equals_the_tables_of_the_code(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_processes_that_open_a_fresh_database_at_once_agree(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: upgrade_schema(Database(url)), range(6)))
    assert schema_version(Database(url)) is not None


def test_a_newer_schema_is_refused_and_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match="written by a newer version"):
        upgrade_schema(database)
    assert schema_version(database) == "9999"


def test_a_database_that_cannot_be_reached_is_named_without_its_password() -> None:
    environ = {"FLYWHEEL_DATABASE__URL": "env:STATE", "STATE": ""}
    with pytest.raises(InputError, match="STATE"):
        _ = load_settings(environ=environ).database_url
    url = "postgresql+psycopg://someone:s3cret@127.0.0.1:9/none"
    settings = load_settings(environ={"FLYWHEEL_DATABASE__URL": url})
    with pytest.raises(UnavailableError) as caught:
        open_database(settings)
    assert "127.0.0.1:9" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_an_address_that_is_no_database_is_refused() -> None:
    with pytest.raises(InputError, match=r"database\.url is not a database address"):
        Database("mongodb://host/name")
