"""The Schedules page: empty, with a schedule, its acts, and a new one that is refused or made."""

from pathlib import Path

import pytest

from core.database import Database, utc_now
from core.logs import open_log_store
from core.runs import LaunchRequest, Schedule, Timing, TimingKind, add_schedule, list_runs, list_schedules
from core.settings import Settings
from tests.ui.conftest import open_page
from tests.ui.reading import read_html, read_texts
from tests.ui.runs import open_state

NEWS = "news_classifier"


@pytest.fixture
def database(traffic_data: Path) -> Database:
    """The state with one schedule, at half past two on weekdays in Berlin."""
    state, settings = open_state(traffic_data), Settings(data=traffic_data)
    logs = open_log_store(settings)
    timing = Timing(kind=TimingKind.CRON, cron="30 2 * * 1-5", timezone="Europe/Berlin")
    request = LaunchRequest(workload_id=NEWS, students=("local/linear-small",), requested_by="maya.lindqvist")
    add_schedule(state, "Nightly news", timing, request, settings=settings, logs=logs, now=utc_now())
    logs.close()
    return state


def schedules(database: Database) -> list[Schedule]:
    with database.read() as session:
        return list_schedules(session)


def test_a_schedule_says_when_what_and_who(database: Database) -> None:
    page = open_page("schedules")
    html = read_html(page)
    (schedule,) = schedules(database)
    assert "Nightly news" in read_texts(page)
    assert html.count("02:30 Europe/Berlin") == 3
    assert "UTC)" in html
    assert "local/linear-small; all variants" in html
    assert "has not fired yet" in html
    assert "Maya Lindqvist" in html
    assert schedule.is_enabled


def test_it_is_paused_resumed_run_now_and_deleted(database: Database) -> None:
    (schedule,) = schedules(database)
    page = open_page("schedules")
    page.button(key=f"toggle_{schedule.id}").click().run()
    assert not schedules(database)[0].is_enabled
    assert "paused" in read_html(page)
    page.button(key=f"toggle_{schedule.id}").click().run()
    assert schedules(database)[0].is_enabled
    page.button(key=f"now_{schedule.id}").click().run()
    assert not page.exception
    with database.read() as session:
        (run,) = list_runs(session)
    assert run.requested_by == "priya.raman"
    assert f"run {run.id}" in read_html(page)
    page.button(key=f"delete_{schedule.id}").click().run()
    assert schedules(database) == []
    assert "No schedule yet" in read_texts(page)


def test_a_new_schedule_is_refused_in_the_dialog_and_then_made(database: Database) -> None:
    page = open_page("schedules", new="schedule")
    page.text_input(key="schedule_name").set_value("Weekly").run()
    page.selectbox(key="schedule_workload").set_value(NEWS).run()
    page.text_input(key="schedule_cron").set_value("every monday").run()
    page.button(key="schedule_create").click().run()
    assert "is no cron expression" in read_texts(page)
    assert len(schedules(database)) == 1
    page.text_input(key="schedule_cron").set_value("0 6 * * mon").run()
    page.button(key="schedule_create").click().run()
    assert not page.exception
    names = {schedule.name: schedule for schedule in schedules(database)}
    assert names["Weekly"].timing == Timing(kind=TimingKind.CRON, cron="0 6 * * mon")
    assert names["Weekly"].owner == "priya.raman"


def test_without_schedules_the_page_says_what_they_are_for(traffic_data: Path) -> None:
    open_state(traffic_data)
    assert "A schedule launches runs by itself" in read_texts(open_page("schedules"))


def test_without_traffic_the_page_says_so(data: Path) -> None:
    open_state(data)
    assert "traffic" in read_texts(open_page("schedules")).lower()
