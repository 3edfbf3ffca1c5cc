"""Services that misbehave: refuse, hang, drop, fail, forget; and storage that is locked, full or restarted.

The numbers in the comments are those of the list in `docs/reliability.md`.
"""

import os
import resource
import signal
import sqlite3
import time

import psycopg
import pytest
from sqlalchemy import make_url

from core.runs import RunStatus, StepStatus, list_leftovers
from tests.chaos.faults import Answer
from tests.chaos.scene import JOBS_PER_STUDENT, STUDENT_A, STUDENT_B, Scene
from tests.waiting import wait_until


# 19
def test_a_service_that_asks_for_patience_gets_it(scene: Scene) -> None:
    refusal = Answer(requests="POST .*evaluation/jobs$", status=429, times=2, retry_after_s=2)
    scene.service.set_faults(answer=refusal)
    scene.start_worker()
    started = time.monotonic()
    run_id = scene.launch(variants=("base",))
    scene.wait_for(run_id)
    assert time.monotonic() - started > 4
    scene.check_created_once(2)


# 20
def test_services_that_are_down_for_seconds_are_waited_out_and_progress_is_kept(scene: Scene) -> None:
    scene.service.set_faults(customize_s=1)
    scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_create("evaluation")
    scene.service.set_faults(unavailable_503=1.0)
    time.sleep(4)
    scene.service.set_faults(unavailable_503=0.0)
    scene.wait_for(run_id)
    scene.check_created_once(JOBS_PER_STUDENT)
    scene.check_clean()


# 21
def test_answers_that_are_lost_after_the_effect_double_nothing(scene: Scene) -> None:
    scene.service.set_faults(unique_names=False, drop_after=0.3)
    scene.start_worker()
    run_id = scene.launch()
    scene.wait_for(run_id, timeout_s=100)
    scene.check_created_once(JOBS_PER_STUDENT)
    scene.check_clean()


# 22
def test_a_job_that_exists_but_is_not_listed_yet_is_attached_when_it_is(scene: Scene) -> None:
    scene.service.set_faults(list_lag_s=2.5, drop_after=0.0)
    scene.service.hang("POST .*customization/jobs$", 6, after_effect=True)  # longer than the worker waits
    scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_create()
    scene.service.set_faults(hang=None)
    scene.wait_for(run_id)
    scene.check_created_once(JOBS_PER_STUDENT)


# 23
def test_a_job_that_fails_fails_its_student_only(scene: Scene) -> None:
    scene.service.set_faults(failing_keys="customize-local-linear-small")
    scene.start_worker()
    run_id = scene.launch(STUDENT_A, STUDENT_B)
    run = scene.wait_for(run_id, RunStatus.COMPLETED_WITH_ERRORS)
    first, second = run.students
    assert (first.status, second.status) == (StepStatus.FAILED, StepStatus.COMPLETED)
    assert first.error is not None
    assert "injected failure" in first.error
    scene.check_clean()


# 24
def test_a_deployment_that_cannot_be_removed_is_shown_and_removed_later(scene: Scene) -> None:
    scene.service.set_faults(answer=Answer(requests="DELETE .*model-deployments/", status=403, times=1000))
    scene.start_worker()
    run_id = scene.launch(variants=("base",))
    run = scene.wait_for(run_id)
    assert run.pending_cleanup == (scene.key(run_id, "deploy"),)

    def leftovers() -> list[str]:
        with scene.database.read() as session:
            return [left.name for left in list_leftovers(session)]

    wait_until(lambda: leftovers() == [scene.key(run_id, "deploy")], "the leftover to be shown")
    scene.service.set_faults(answer=None)
    wait_until(lambda: scene.service.remote().deployments == (), "the sweep to remove it", timeout_s=40)
    wait_until(lambda: not leftovers(), "the list to be empty")
    assert scene.step(run_id, "deploy").released


# 25
def test_a_time_limit_is_an_instant_that_a_restart_does_not_move(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    limit = {"FLYWHEEL_WORKER__CUSTOMIZE_TIMEOUT_S": "6"}
    worker = scene.start_worker(**limit)
    run_id = scene.launch()
    scene.wait_for_create()
    deadline = scene.step(run_id, "customize").deadline
    worker.kill()
    scene.start_worker(**limit)
    run = scene.wait_for(run_id, RunStatus.FAILED)
    assert scene.step(run_id, "customize").deadline == deadline
    assert run.summary.error is not None
    assert "time limit" in run.summary.error
    assert scene.service.ledger("cancel", "customization")
    scene.check_clean()


def test_a_job_that_shows_no_progress_is_stopped(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60, is_progressing=False)
    scene.start_worker(FLYWHEEL_WORKER__STALL_AFTER_S="2")
    run_id = scene.launch()
    run = scene.wait_for(run_id, RunStatus.FAILED)
    assert run.summary.error is not None
    assert "no progress" in run.summary.error
    assert scene.service.ledger("cancel", "customization")
    scene.check_clean()


# 26
def test_a_job_that_the_service_lost_fails_its_step_in_plain_words(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_attached(run_id, "customize")
    scene.service.forget_job(scene.key(run_id, "customize"))
    run = scene.wait_for(run_id, RunStatus.FAILED)
    assert run.summary.error is not None
    assert "vanished" in run.summary.error
    scene.check_clean()


# 27
def test_a_database_that_is_locked_or_restarted_only_delays_a_run(scene: Scene) -> None:
    scene.service.set_faults(customize_s=2)
    scene.start_worker(FLYWHEEL_WORKER__LEASE_S="3")
    run_id = scene.launch()
    scene.wait_for_create()
    if scene.database.is_postgresql:
        crash_postgresql(scene)
    else:
        lock_sqlite(scene, seconds=6)
    scene.wait_for(run_id, timeout_s=60)
    scene.check_created_once(JOBS_PER_STUDENT)
    scene.check_clean()
    scene.check_events(run_id)


# 28
def test_a_full_disk_delays_a_run_and_corrupts_nothing(scene: Scene) -> None:
    if scene.database.is_postgresql:
        pytest.skip("the server's disk is not the worker's; the same errors reach it as in a restart")
    scene.service.set_faults(customize_s=2)
    worker = scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_attached(run_id, "customize")
    wal = scene.settings.data / "state.db-wal"
    unlimited = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (wal.stat().st_size // 2, unlimited[1]))
    wait_until(
        lambda: "database is down" in worker.read_log() or "database" in worker.read_log(), "the worker to notice"
    )
    time.sleep(2)
    assert scene.row(run_id).status == RunStatus.RUNNING
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, unlimited)
    scene.wait_for(run_id, timeout_s=60)
    scene.check_created_once(JOBS_PER_STUDENT)
    with sqlite3.connect(scene.settings.data / "state.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def lock_sqlite(scene: Scene, *, seconds: float) -> None:
    """Hold the write lock as another program might."""
    connection = sqlite3.connect(scene.settings.data / "state.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    time.sleep(seconds)
    connection.execute("ROLLBACK")
    connection.close()


def crash_postgresql(scene: Scene) -> None:
    """Kill one server process: PostgreSQL then ends all connections and recovers, as after a crash."""
    address = make_url(scene.database.url)
    scene.database.dispose()
    connection = psycopg.connect(
        host=str(address.query["host"]), user=address.username, dbname=address.database, autocommit=True
    )
    found = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert found is not None
    os.kill(found[0], signal.SIGKILL)
    connection.close()

    def answers() -> bool:
        try:
            psycopg.connect(host=str(address.query["host"]), user=address.username, dbname=address.database).close()
        except psycopg.OperationalError:
            return False
        return True

    wait_until(answers, "PostgreSQL to recover", timeout_s=30)
