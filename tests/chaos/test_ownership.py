"""What is ours is removed, what is not is left alone: orphans, other people's deployments and jobs, deleted runs."""

import httpx

from core.database import utc_now
from core.errors import NotFoundError
from core.runs import LeftoverKind, delete_run, list_leftovers
from tests.chaos.faults import Answer
from tests.chaos.scene import STUDENT_A, Scene
from tests.waiting import wait_until

DEPLOYMENTS = "/v1/deployment/model-deployments"
JOBS = "/v1/evaluation/jobs"


def post(scene: Scene, path: str, body: dict[str, object]) -> dict[str, object]:
    reply = httpx.post(f"{scene.service.url}{path}", json=body, trust_env=False)
    assert reply.is_success, reply.text
    document: dict[str, object] = reply.json()
    return document


def add_job(scene: Scene, key: str) -> str:
    task = {"dataset": {"files_url": "hf://datasets/x/y/z"}}
    body = {"custom_fields": {"flywheel_key": key}, "config": {"tasks": {"t": task}}}
    return str(post(scene, JOBS, body)["id"])


def test_somebody_elses_deployment_is_used_and_never_removed(scene: Scene) -> None:
    post(
        scene,
        DEPLOYMENTS,
        {"name": "platform-team-nim", "namespace": "flywheel", "config": {"model": STUDENT_A}, "custom_fields": {}},
    )
    scene.start_worker()
    run_id = scene.launch(variants=("base",))
    scene.wait_for(run_id)
    assert scene.step(run_id, "deploy").output == {"deployment": "platform-team-nim", "is_ours": False}
    assert [entry.key for entry in scene.service.ledger("create", "deployment")] == ["platform-team-nim"]
    assert scene.service.remote().deployments == ("platform-team-nim",)
    assert scene.service.ledger("delete", "deployment") == []


def test_a_sweep_cancels_a_job_that_no_step_recorded_and_leaves_foreign_ones(scene: Scene) -> None:
    scene.start_worker()
    run_id = scene.launch(variants=("base",))
    scene.wait_for(run_id)
    scene.service.set_faults(unique_names=False, evaluate_s=600)
    orphan = add_job(scene, scene.step(run_id, f"evaluate:{STUDENT_A}:base").idempotency_key)
    foreign = add_job(scene, "fw-another-installation-evaluate")
    wait_until(lambda: orphan in {e.id for e in scene.service.ledger("cancel")}, "the orphan to go", timeout_s=20)
    assert scene.service.remote().live_jobs == (foreign,)


def test_a_sweep_removes_a_deployment_that_came_back_late(scene: Scene) -> None:
    scene.start_worker()
    run_id = scene.launch(variants=("base",))
    scene.wait_for(run_id)
    for name in (scene.key(run_id, "deploy"), "fw-another-installation-deploy"):
        marks = {"flywheel_run": run_id}
        body: dict[str, object] = {"name": name, "namespace": "flywheel", "config": {"model": "x/y"}}
        post(scene, DEPLOYMENTS, {**body, "custom_fields": marks})
    left = ("fw-another-installation-deploy",)
    wait_until(lambda: scene.service.remote().deployments == left, "the orphan to go", timeout_s=20)


def test_a_healthy_run_of_another_worker_is_left_alone_at_start(scene: Scene) -> None:
    scene.service.set_faults(customize_s=4)
    scene.start_worker()
    run_id = scene.launch()
    scene.wait_for_attached(run_id, "customize")
    late = scene.start_worker()
    wait_until(lambda: "is ready" in late.read_log(), "the second worker", timeout_s=20)
    scene.wait_for(run_id)
    assert scene.row(run_id).epoch == 1
    assert scene.service.ledger("cancel") == []


def test_a_deleted_run_is_gone_and_what_could_not_be_removed_follows(scene: Scene) -> None:
    scene.start_worker()
    run_id = scene.launch(variants=("customized",))
    scene.wait_for(run_id)
    refusal = Answer(requests="DELETE .*(repos|datasets)", status=403, times=1000)
    scene.service.set_faults(answer=refusal)
    delete_run(scene.database, run_id, actor="rita", now=utc_now())

    def is_gone() -> bool:
        try:
            scene.read(run_id)
        except NotFoundError:
            return True
        return False

    wait_until(is_gone, "the run to be gone", timeout_s=20)
    with scene.database.read() as session:
        left = list_leftovers(session)
    assert {each.kind for each in left} == {LeftoverKind.DATASET}
    assert all(each.run_id == run_id for each in left)
    scene.service.set_faults(answer=None)

    def leftovers() -> int:
        with scene.database.read() as session:
            return len(list_leftovers(session))

    wait_until(lambda: leftovers() == 0, "the leftovers to follow", timeout_s=40)
    assert scene.service.remote().datasets == ()
