"""The PostgreSQL fixtures themselves: what tests of the state on PostgreSQL stand on."""

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests import postgres


@pytest.mark.parametrize("round_", [1, 2])
def test_every_test_gets_an_empty_database(postgres_database: str, round_: int) -> None:
    engine = create_engine(postgres_database, poolclass=NullPool)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE leftover (id integer)"))


def test_a_connection_left_open_does_not_keep_the_database(postgres_url: str) -> None:
    with postgres.create_database(postgres_url) as url:
        engine = create_engine(url)
        left_open = engine.connect()
        left_open.execute(text("SELECT 1"))
    with pytest.raises(OperationalError):
        left_open.execute(text("SELECT 1"))
    left_open.close()
    engine.dispose()
    with pytest.raises(OperationalError, match="does not exist"):
        create_engine(url, poolclass=NullPool).connect()
