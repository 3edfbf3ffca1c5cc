"""Evaluations beside the customization, where the settings ask for it: faster, and nothing else changes."""

import pytest

from core.database import utc_now
from core.runs import RunStatus, StepStatus, cancel_run
from tests.chaos.faults import Kill
from tests.chaos.scene import JOBS_PER_STUDENT, STUDENT_A, Scene

OVERLAP = {"FLYWHEEL_WORKER__OVERLAP_EVALUATIONS": "true"}


def test_evaluations_begin_while_the_customization_goes_on(scene: Scene) -> None:
    scene.service.set_faults(customize_s=600)
    scene.start_worker(**OVERLAP)
    run_id = scene.launch()
    scene.wait_for_create("evaluation", count=2)
    assert scene.step(run_id, "customize").status == StepStatus.RUNNING
    scene.service.finish_jobs()
    scene.wait_for(run_id)
    scene.check_created_once(JOBS_PER_STUDENT)
    scene.check_clean()
    scene.check_events(run_id)


@pytest.mark.parametrize("request_", ["POST .*evaluation/jobs$", "POST .*customization/jobs$"])
def test_a_worker_killed_in_one_lane_is_resumed_in_both(scene: Scene, request_: str) -> None:
    scene.service.set_faults(customize_s=1)
    first = scene.start_worker(**OVERLAP)
    scene.service.kill_at(first.pid, Kill(point="after_effect", requests=request_))
    run_id = scene.launch()
    first.wait()
    scene.start_worker(**OVERLAP)
    scene.wait_for(run_id)
    scene.check_created_once(JOBS_PER_STUDENT)
    scene.check_clean()
    scene.check_events(run_id)


def test_a_cancel_stops_both_lanes(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60, evaluate_s=60)
    scene.start_worker(**OVERLAP)
    run_id = scene.launch()
    scene.wait_for_create("customization")
    scene.wait_for_create("evaluation")
    cancel_run(scene.database, run_id, actor="rita", now=utc_now())
    scene.wait_for(run_id, RunStatus.CANCELLED)
    scene.check_clean()


def test_a_failed_training_leaves_the_evaluations_beside_it(scene: Scene) -> None:
    scene.service.set_faults(failing_keys="customize-local-linear-small", customize_s=0.1, evaluate_s=1)
    scene.start_worker(**OVERLAP)
    run_id = scene.launch()
    run = scene.wait_for(run_id, RunStatus.FAILED)
    assert run.summary.error is not None
    assert "injected failure" in run.summary.error
    assert scene.step(run_id, f"evaluate:{STUDENT_A}:base").status == StepStatus.COMPLETED
    assert scene.step(run_id, f"evaluate:{STUDENT_A}:customized").status == StepStatus.SKIPPED
    scene.check_clean()
