"""One run a firing: any number of workers, downtime, a clock that steps back, and launches that cannot work."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest

from core.database import Database
from core.errors import InputError, NotFoundError
from core.logs import LogStore, open_log_store
from core.nemo import ServiceHealth
from core.runs import (
    LaunchRequest,
    Schedule,
    Timing,
    TimingKind,
    add_schedule,
    delete_schedule,
    fire_schedules,
    get_schedule,
    list_runs,
    pause_schedule,
    resume_schedule,
    run_schedule_now,
    store_health,
)
from core.settings import Settings
from tests.chaos.scene import WORKLOAD, list_tickets
from tests.runs.rows import NOW

Add = Callable[..., str]
Fire = Callable[[datetime], list[str]]
HOURLY = Timing(kind=TimingKind.CRON, cron="0 * * * *")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, split={"evaluation_size": 10})  # type: ignore[arg-type]


@pytest.fixture
def logs(settings: Settings) -> Iterator[LogStore]:
    store = open_log_store(settings)
    ingest(store, 0, 90)
    yield store
    store.close()


def ingest(store: LogStore, start: int, stop: int) -> None:
    lines = map(orjson.dumps, list_tickets(start, stop))
    for _ in store.ingest(enumerate(lines, start=1)):
        pass


@pytest.fixture
def add(database: Database, settings: Settings, logs: LogStore) -> Add:
    def add_one(timing: Timing = HOURLY, *, students: tuple[str, ...] = ("local/linear-small",)) -> str:
        request = LaunchRequest(workload_id=WORKLOAD, students=students, variants=("base",), requested_by="rita")
        return add_schedule(database, "nightly", timing, request, settings=settings, logs=logs, now=NOW)

    return add_one


@pytest.fixture
def fire(database: Database, settings: Settings, logs: LogStore) -> Fire:
    return lambda now: fire_schedules(database, settings=settings, logs=logs, now=now)


def read(database: Database, schedule_id: str) -> Schedule:
    with database.read() as session:
        return get_schedule(session, schedule_id)


def runs(database: Database) -> list[str]:
    with database.read() as session:
        return [run.id for run in list_runs(session)]


def hour(number: float) -> datetime:
    return NOW + timedelta(hours=number)


def test_nothing_fires_before_its_time_and_one_run_at_it(database: Database, add: Add, fire: Fire) -> None:
    schedule_id = add()
    assert read(database, schedule_id).fires == (hour(1), hour(2), hour(3))
    assert fire(hour(0.9)) == []
    (run_id,) = fire(hour(1))
    schedule = read(database, schedule_id)
    assert (schedule.last_run_id, schedule.last_fired_at, schedule.last_error) == (run_id, hour(1), None)
    assert schedule.fires[0] == hour(2)
    with database.read() as session:
        (run,) = list_runs(session)
    assert (run.id, run.requested_by) == (run_id, "rita")


def test_three_workers_that_look_at_once_launch_one_run(database: Database, add: Add, fire: Fire) -> None:
    add()
    with ThreadPoolExecutor(3) as pool:
        for number in range(1, 5):
            fired = list(pool.map(fire, [hour(number)] * 3))
            assert sum(map(len, fired)) == 1
    assert len(runs(database)) == 4


def test_downtime_over_many_firings_is_made_up_for_once(database: Database, add: Add, fire: Fire) -> None:
    schedule_id = add()
    assert len(fire(hour(50.5))) == 1
    assert fire(hour(50.6)) == []
    assert read(database, schedule_id).fires[0] == hour(51)


def test_a_clock_that_steps_back_fires_nothing_twice(database: Database, add: Add, fire: Fire) -> None:
    add()
    assert len(fire(hour(1))) == 1
    assert fire(hour(0.5)) == []
    assert fire(hour(1)) == []
    assert len(fire(hour(2))) == 1


def test_an_interval_counts_from_its_last_firing(database: Database, add: Add, fire: Fire) -> None:
    schedule_id = add(Timing(kind=TimingKind.INTERVAL, interval_s=3600))
    assert len(fire(hour(7.25))) == 1
    assert read(database, schedule_id).fires[0] == hour(8.25)


def test_new_records_fire_when_there_are_enough(database: Database, logs: LogStore, add: Add, fire: Fire) -> None:
    schedule_id = add(Timing(kind=TimingKind.RECORDS, every_records=20))
    assert fire(hour(1)) == []
    ingest(logs, 90, 105)
    assert fire(hour(2)) == []
    ingest(logs, 105, 112)
    assert len(fire(hour(3))) == 1
    assert read(database, schedule_id).counted_records == 112
    assert fire(hour(4)) == []


def test_a_paused_schedule_fires_nothing_and_makes_up_for_nothing(
    database: Database, logs: LogStore, add: Add, fire: Fire
) -> None:
    schedule_id = add()
    pause_schedule(database, schedule_id)
    assert fire(hour(5)) == []
    assert read(database, schedule_id).fires == ()
    resume_schedule(database, schedule_id, logs=logs, now=hour(5.5))
    assert fire(hour(5.6)) == []
    assert len(fire(hour(6))) == 1


def test_run_now_leaves_the_firings_to_come_alone(
    database: Database, settings: Settings, logs: LogStore, add: Add
) -> None:
    schedule_id = add()
    run_id = run_schedule_now(database, schedule_id, actor="sam", settings=settings, logs=logs, now=hour(0.2))
    assert read(database, schedule_id).fires[0] == hour(1)
    with database.read() as session:
        assert [(run.id, run.requested_by) for run in list_runs(session)] == [(run_id, "sam")]


def test_a_launch_that_cannot_work_is_told_and_the_next_firing_is_tried(
    database: Database, settings: Settings, logs: LogStore, add: Add
) -> None:
    schedule_id = add()
    fewer = settings.model_copy(update={"students": settings.students[1:]})
    assert fire_schedules(database, settings=fewer, logs=logs, now=hour(1)) == []
    schedule = read(database, schedule_id)
    assert schedule.last_error is not None
    assert "linear-small" in schedule.last_error
    assert (schedule.last_fired_at, schedule.fires[0]) == (hour(1), hour(2))
    assert len(fire_schedules(database, settings=settings, logs=logs, now=hour(2))) == 1
    assert read(database, schedule_id).last_error is None


def test_a_service_that_is_down_delays_a_firing_and_loses_none(database: Database, add: Add, fire: Fire) -> None:
    schedule_id = add()
    see(database, ok=False, at=hour(1) - timedelta(seconds=2))
    see(database, ok=False, at=hour(1))
    assert fire(hour(1)) == []
    schedule = read(database, schedule_id)
    assert schedule.last_error is not None
    assert schedule.fires[0] == hour(1), "the firing is still to be done"
    assert fire(hour(1) + timedelta(seconds=5)) == [], "not at every tick"
    see(database, ok=True, at=hour(1) + timedelta(seconds=31))
    assert len(fire(hour(1) + timedelta(seconds=31))) == 1


def see(database: Database, *, ok: bool, at: datetime) -> None:
    with database.write() as session:
        store_health(session, [ServiceHealth(service="evaluator", url="http://x", ok=ok, detail="d")], now=at)


def test_what_cannot_be_launched_is_refused_when_it_is_scheduled(add: Add) -> None:
    with pytest.raises(NotFoundError, match="local/linear-small"):
        add(students=("local/linear-smal",))
    with pytest.raises(InputError, match="cron"):
        add(Timing(kind=TimingKind.CRON, cron="every day"))


def test_a_deleted_schedule_leaves_its_runs(database: Database, add: Add, fire: Fire) -> None:
    schedule_id = add()
    fire(hour(1))
    delete_schedule(database, schedule_id)
    assert fire(hour(9)) == []
    assert len(runs(database)) == 1
    with pytest.raises(NotFoundError, match="no schedule"):
        read(database, schedule_id)
