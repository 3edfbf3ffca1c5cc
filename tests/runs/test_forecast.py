"""What is told about a run before it starts: power with its assumption, time, cost or why it is unknown, the queue."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.database import Database
from core.logs import LogStore, open_log_store
from core.migrations import open_database
from core.policy import Policy
from core.runs import Forecast, LaunchRequest, forecast_launch, plan_launch
from core.settings import Settings, Student
from tests.runs.rows import add_run
from tests.ui.traffic import store_traffic

SMALL, LARGE = "local/linear-small", "local/linear-large"


def student(name: str, **values: Any) -> Student:
    return Student(name=name, target=f"{name}@1.0", context_length=8192, **values)


PRICED = student(SMALL, price_input_usd=1.0, price_output_usd=10.0)
FREE = student(LARGE)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """The state of an installation with 130 records of one workload."""
    store_traffic(tmp_path)
    database = open_database(Settings(data=tmp_path))
    yield database
    database.dispose()


@pytest.fixture
def logs(tmp_path: Path, database: Database) -> Iterator[LogStore]:  # the traffic is stored first
    """Its log store."""
    logs = open_log_store(Settings(data=tmp_path))
    yield logs
    logs.close()


def forecast(database: Database, logs: LogStore, *students: Student, **asked: Any) -> Forecast:
    settings = Settings(students=students, probe={"requests": 10, "concurrency": 4})  # type: ignore[arg-type]
    request = LaunchRequest(workload_id="news_classifier", **{"evaluation_size": 50, **asked})
    plan = plan_launch(database, request, settings=settings, logs=logs)
    with database.read() as session:
        return forecast_launch(session, plan, settings=settings, policy=Policy(), logs=logs)


def test_without_a_run_the_assumption_lies_above_the_minimum_and_says_so(database: Database, logs: LogStore) -> None:
    power = forecast(database, logs, PRICED).power
    assert power.assumption.agreement == pytest.approx(0.95)
    assert "no run has measured it" in power.assumption.source
    assert power.records == 50
    assert power.lower_bound < 0.9 < power.assumption.agreement
    assert power.enough is not None
    assert power.enough.n > 50
    assert power.chance < 0.8


def test_cost_counts_every_evaluated_and_probed_request_at_the_logs_mean_tokens(
    database: Database, logs: LogStore
) -> None:
    cost = forecast(database, logs, PRICED, variants=["base", "customized"]).cost
    a_request = (320 * 1.0 + 6 * 10.0) / 1_000_000
    assert cost.usd == pytest.approx(2 * (50 + 10 + 4) * a_request)
    assert "320" in cost.assumptions[0]


def test_a_missing_price_makes_the_cost_unknown_not_zero(database: Database, logs: LogStore) -> None:
    cost = forecast(database, logs, PRICED, FREE).cost
    assert cost.usd is None
    assert cost.unknown == (f"no price is set for {LARGE}",)


def test_the_queue_counts_who_waits_and_who_is_at_work(database: Database, logs: LogStore) -> None:
    for name, status in (("a", "pending"), ("b", "pending"), ("c", "running"), ("d", "completed")):
        add_run(database, name, status=status)
    queue = forecast(database, logs, PRICED).queue
    assert (queue.waiting, queue.running) == (2, 1)


def test_time_is_unknown_before_a_first_run(database: Database, logs: LogStore) -> None:
    assert forecast(database, logs, PRICED).expected_s is None
