"""Fixtures of the failure scenarios: each plays on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.scene import Scene

QUICK = frozenset(
    {
        "test_a_worker_killed_at_a_point_of_a_request_is_resumed_without_doing_anything_twice",
        "test_a_cancel_does_not_wait_for_a_service_that_hangs",
        "test_a_clean_up_that_is_killed_by_an_impatient_operator_is_finished_by_the_next_worker",
        "test_the_schema_of_this_program_is_kept",
        "test_a_run_in_flight_is_finished_by_the_new_program",
        "test_an_older_program_refuses_and_changes_nothing",
    }
)
"""What `make test` plays, on SQLite and at one point of each request; `make test-full` plays all."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave most scenarios to `make test-full`: together they take many minutes of waiting."""
    for item in items:
        if not item.nodeid.startswith("tests/chaos/"):
            continue
        name, _, case = item.nodeid.rpartition("::")[2].partition("[")
        is_quick = (
            name in QUICK
            and not case.startswith("postgresql")
            and ("-" not in case or "-after_effect-POST .*custom" in case)
        )
        if not is_quick:
            item.add_marker("full")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty state database; empty means SQLite in the data folder."""
    is_sqlite = request.param == "sqlite"
    return "" if is_sqlite else str(request.getfixturevalue("postgres_database"))


@pytest.fixture
def scene(tmp_path: Path, database_url: str) -> Iterator[Scene]:
    """An installation on services with faults, and no worker yet."""
    with Scene(tmp_path, database_url=database_url) as scene:
        yield scene
