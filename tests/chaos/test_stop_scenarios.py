"""Cancels and signals: what a person or an operator asks for happens at once, and nothing is left outside.

The numbers in the comments are those of the list in `docs/reliability.md`.
"""

import signal
import time

from core.database import utc_now
from core.runs import RunStatus, StepStatus, cancel_run
from tests.chaos.faults import Answer
from tests.chaos.scene import JOBS_PER_STUDENT, Scene
from tests.waiting import wait_until

PATIENCE_S = 6
"""The promise is two seconds; the rest is for a busy machine."""
CREATE_JOB = "POST .*customization/jobs$"


def cancel(scene: Scene, run_id: str) -> None:
    cancel_run(scene.database, run_id, actor="rita", now=utc_now())


# 11
def test_a_cancel_during_a_customization_stops_the_job_and_removes_the_deployment(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_attached(run_id, "customize")
    asked = time.monotonic()
    cancel(scene, run_id)
    run = scene.wait_for(run_id, RunStatus.CANCELLED)
    assert time.monotonic() - asked < PATIENCE_S
    assert run.summary.error == "Cancelled by rita"
    assert run.summary.finished_at is not None
    step = scene.step(run_id, "customize")
    assert (step.status, step.finished_at is not None) == (StepStatus.CANCELLED, True)
    assert scene.service.ledger("cancel", "customization")
    scene.check_clean()


# 12
def test_a_cancel_does_not_wait_for_a_service_that_hangs(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    scene.start_worker(FLYWHEEL_NEMO__READ_TIMEOUT_S="30")
    run_id = scene.launch()
    scene.wait_for_attached(run_id, "customize")
    scene.service.hang("GET .*customization/jobs/", 25)
    time.sleep(0.5)
    asked = time.monotonic()
    cancel(scene, run_id)
    scene.wait_for(run_id, RunStatus.CANCELLED)
    assert time.monotonic() - asked < PATIENCE_S
    scene.check_clean()


# 13
def test_a_cancel_while_a_create_waits_for_its_answer_leaves_no_orphan(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    scene.service.hang(CREATE_JOB, 3, after_effect=True)
    scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_create()
    cancel(scene, run_id)
    scene.wait_for(run_id, RunStatus.CANCELLED)
    assert scene.service.ledger("cancel", "customization")
    scene.check_clean()


# 13
def test_a_cancel_before_a_create_takes_effect_leaves_no_orphan(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    scene.service.hang(CREATE_JOB, 0.8)
    scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_intent(run_id, "customize")
    cancel(scene, run_id)
    scene.wait_for(run_id, RunStatus.CANCELLED)
    wait_until(lambda: scene.service.remote().live_jobs == (), "the late job to be cancelled")
    scene.check_clean()


# 14
def test_a_waiting_run_is_cancelled_without_any_worker(scene: Scene) -> None:
    run_id = scene.launch()
    cancel(scene, run_id)
    assert scene.row(run_id).status == RunStatus.CANCELLED
    scene.start_worker()
    time.sleep(1.5)
    assert scene.service.ledger("create") == []


def test_a_cancel_of_a_run_whose_worker_died_is_carried_out_by_the_next(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    worker = scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_create()
    worker.kill()
    cancel(scene, run_id)
    scene.start_worker()
    scene.wait_for(run_id, RunStatus.CANCELLED)
    scene.check_clean()


# 15
def test_a_worker_that_is_told_to_stop_cleans_up_its_run_and_cancels_the_queue(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    worker = scene.start_worker()
    run_id, waiting = scene.launch(), scene.launch()
    scene.wait_for_create()
    worker.stop(timeout_s=15)
    for each in (run_id, waiting):
        row = scene.row(each)
        assert row.status == RunStatus.CANCELLED
        assert row.finished_at is not None
        assert row.error is not None
    assert "worker was stopped" in str(scene.row(run_id).error)
    scene.check_clean()
    assert "cancelled job" in worker.read_log()
    assert "removed deployment" in worker.read_log()


# 15
def test_an_interrupted_clean_up_goes_on_after_one_of_its_actions_failed(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    worker = scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_attached(run_id, "customize")
    scene.service.set_faults(answer=Answer(requests="POST .*/cancel", status=500, times=1000))
    worker.signal(signal.SIGINT)
    worker.wait()
    row = scene.row(run_id)
    assert row.status == RunStatus.CANCELLED
    assert "not cleaned up yet" in str(row.error)
    assert scene.service.remote().deployments == ()
    scene.service.set_faults(answer=None)
    scene.start_worker()
    wait_until(lambda: scene.service.remote().live_jobs == (), "the sweep to cancel the job", timeout_s=30)


# 16
def test_a_signal_that_comes_twice_at_once_is_one(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    worker = scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_create()
    worker.signal(signal.SIGTERM)
    worker.signal(signal.SIGTERM)
    worker.wait()
    assert scene.row(run_id).status == RunStatus.CANCELLED
    scene.check_clean()


# 17
def test_a_worker_that_releases_its_run_touches_nothing_and_the_next_goes_on(scene: Scene) -> None:
    scene.service.set_faults(customize_s=4)
    worker = scene.start_worker(FLYWHEEL_WORKER__ON_SHUTDOWN="release")
    run_id = scene.launch()
    scene.wait_for_attached(run_id, "customize")
    worker.stop(timeout_s=15)
    assert scene.row(run_id).status == RunStatus.RUNNING
    assert scene.service.ledger("cancel") == []
    scene.start_worker()
    scene.wait_for_epoch(run_id, 2, timeout_s=10)
    scene.wait_for(run_id)
    assert scene.row(run_id).crashes == 0
    scene.check_created_once(JOBS_PER_STUDENT)
    scene.check_clean()


# 18
def test_a_clean_up_that_is_killed_by_an_impatient_operator_is_finished_by_the_next_worker(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    worker = scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_attached(run_id, "customize")
    scene.service.hang("POST .*/cancel", 20)
    worker.signal(signal.SIGTERM)
    time.sleep(1)
    worker.kill()
    assert scene.row(run_id).cancel_reason is not None
    scene.service.set_faults(hang=None)
    scene.start_worker()
    scene.wait_for(run_id, RunStatus.CANCELLED)
    scene.check_clean()
