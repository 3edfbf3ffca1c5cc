"""One idempotency key, one run: however many clicks arrive at once, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from core.database import Database
from core.logs import open_log_store
from core.runs import LaunchRequest, RunStateError, launch_run, list_runs
from core.settings import Settings
from tests.runs.rows import NOW
from tests.ui.traffic import store_traffic

CLICKS = 6


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an installation with 130 records of one workload."""
    store_traffic(tmp_path / "logs")
    return Settings(data=tmp_path / "logs")


def ask(evaluation_size: int = 60) -> LaunchRequest:
    return LaunchRequest(
        workload_id="news_classifier", evaluation_size=evaluation_size, requested_by="maya", idempotency_key="form-1"
    )


def test_clicks_that_arrive_at_once_start_one_run(database: Database, settings: Settings) -> None:
    logs, together = open_log_store(settings), Barrier(CLICKS)

    def click(_: int) -> str:
        together.wait()
        return launch_run(database, ask(), settings=settings, logs=logs, now=NOW)

    with ThreadPoolExecutor(CLICKS) as pool:
        started = set(pool.map(click, range(CLICKS)))
    with database.read() as session:
        assert started == {run.id for run in list_runs(session)}
    assert len(started) == 1
    logs.close()


def test_a_key_that_was_used_for_something_else_is_refused(database: Database, settings: Settings) -> None:
    logs = open_log_store(settings)
    launch_run(database, ask(), settings=settings, logs=logs, now=NOW)
    with pytest.raises(RunStateError, match="asked for something else"):
        launch_run(database, ask(evaluation_size=50), settings=settings, logs=logs, now=NOW)
    logs.close()
