"""Workers that die: at any point of a request, again and again, frozen and woken; one survivor of everything remote.

The numbers in the names' comments are those of the list in `docs/reliability.md`.
"""

import signal
import time

import pytest

from core.database import utc_now
from core.runs import RunStatus, cancel_run
from tests.chaos.faults import Kill, Point
from tests.chaos.scene import JOBS_PER_STUDENT, STUDENT_A, STUDENT_B, Scene
from tests.waiting import wait_until

CREATE_JOB = "POST .*customization/jobs$"
CREATE_DEPLOYMENT = "POST .*model-deployments$"
UNDEPLOY = "DELETE .*model-deployments/"


def test_a_run_goes_through_undisturbed(scene: Scene) -> None:
    scene.start_worker()
    run_id = scene.launch(STUDENT_A, STUDENT_B)
    scene.wait_for(run_id)
    scene.check_created_once(2 * JOBS_PER_STUDENT)
    scene.check_clean()
    scene.check_events(run_id)


# 1, 2, 4, 5
@pytest.mark.parametrize("request_", [CREATE_JOB, CREATE_DEPLOYMENT, UNDEPLOY])
@pytest.mark.parametrize("point", ["received", "before_effect", "after_effect", "answered"])
def test_a_worker_killed_at_a_point_of_a_request_is_resumed_without_doing_anything_twice(
    scene: Scene, point: Point, request_: str
) -> None:
    first = scene.start_worker()
    scene.service.kill_at(first.pid, Kill(point=point, requests=request_))
    run_id = scene.launch()
    first.wait()
    scene.start_worker()
    scene.wait_for(run_id)
    scene.check_created_once(JOBS_PER_STUDENT)
    scene.check_clean()
    scene.check_events(run_id)


# 3
def test_a_create_still_under_way_when_its_worker_died_is_waited_for_where_names_are_not_unique(scene: Scene) -> None:
    scene.service.set_faults(unique_names=False, latency_s=(0.3, 0.6), latency_requests="POST .*jobs$")
    first = scene.start_worker()
    scene.service.kill_at(first.pid, Kill(point="received", requests=CREATE_JOB))
    run_id = scene.launch()
    first.wait()
    scene.start_worker()
    scene.wait_for(run_id)
    scene.check_created_once(JOBS_PER_STUDENT)
    scene.check_clean()


# 6
def test_a_clean_up_killed_in_the_middle_is_finished_by_the_next_worker(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    first = scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_create()
    scene.service.kill_at(first.pid, Kill(point="received", requests=UNDEPLOY))
    cancel_run(scene.database, run_id, actor="rita", now=utc_now())
    first.wait()
    scene.start_worker()
    scene.wait_for(run_id, RunStatus.CANCELLED)
    scene.check_clean()
    scene.check_events(run_id)


# 7
def test_a_run_that_kills_every_worker_at_the_same_step_is_given_up(scene: Scene) -> None:
    scene.service.set_faults(customize_s=60)
    few = {"FLYWHEEL_WORKER__MAX_CRASHES": "2", "FLYWHEEL_WORKER__LEASE_S": "1"}
    run_id = scene.launch()
    for epoch in (1, 2, 3):
        worker = scene.start_worker(**few)
        scene.wait_for_epoch(run_id, epoch)
        scene.wait_for_create()
        time.sleep(0.2)  # into the wait for the job
        worker.kill()
    scene.start_worker(**few)
    run = scene.wait_for(run_id, RunStatus.FAILED)
    assert run.summary.error is not None
    assert "without progress" in run.summary.error
    scene.check_clean()


# 8
def test_a_frozen_worker_that_wakes_after_its_lease_writes_nothing(scene: Scene) -> None:
    scene.service.set_faults(customize_s=4)
    frozen = scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_attached(run_id, "customize")
    frozen.signal(signal.SIGSTOP)
    scene.start_worker()
    scene.wait_for_epoch(run_id, 2)
    frozen.signal(signal.SIGCONT)
    scene.wait_for(run_id)
    wait_until(lambda: "belongs to another worker" in frozen.read_log(), "the woken worker to drop the run")
    scene.check_created_once(JOBS_PER_STUDENT)
    scene.check_clean()
    scene.check_events(run_id)


# 9
def test_of_two_creates_by_a_frozen_worker_and_its_successor_one_survives(scene: Scene) -> None:
    scene.service.set_faults(unique_names=False, customize_s=6)
    scene.service.hang(CREATE_JOB, 5)
    frozen = scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_intent(run_id, "customize")
    time.sleep(0.2)  # the request is on its way
    frozen.signal(signal.SIGSTOP)
    scene.service.set_faults(hang=None)
    scene.start_worker()
    scene.wait_for_create()
    frozen.signal(signal.SIGCONT)
    scene.wait_for(run_id)
    created = len(scene.service.ledger("create", "customization"))

    def is_one_left() -> bool:
        return created - len(scene.service.ledger("cancel", "customization")) <= 1

    wait_until(is_one_left, "the orphan to be cancelled", timeout_s=15)
    scene.check_clean()


# 10
def test_three_workers_and_one_slot_never_have_two_deployments(scene: Scene) -> None:
    students = '[{"name": "local/linear-small", "target": "local/linear-small@1.0", "context_length": 8192, "gpus": 1}]'
    one_slot = {"FLYWHEEL_SLOTS": "1", "FLYWHEEL_STUDENTS": students}
    for _ in range(3):
        scene.start_worker(**one_slot)
    runs = [scene.launch(variants=("base",)) for _ in range(4)]
    for run_id in runs:
        scene.wait_for(run_id)
    scene.check_created_once(8)
    up, most = 0, 0
    entries = [*scene.service.ledger("create", "deployment"), *scene.service.ledger("delete", "deployment")]
    for entry in sorted(entries, key=lambda entry: entry.at):
        up += 1 if entry.operation == "create" else -1
        most = max(most, up)
    assert most == 1
    scene.check_clean()
