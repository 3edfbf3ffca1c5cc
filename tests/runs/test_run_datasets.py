"""What runs are judged on and trained with: frozen sets, examples, gold and vetoes; and building it all again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.artifacts import open_artifact
from core.database import utc_now
from core.datasets import VetoStatement, find_evaluation_set, find_request_key, list_evaluation_sets, veto_requests
from core.evaluation import list_evaluations
from core.logs import LogFilter
from core.runs import LaunchRequest, RunStatus, RunView, StepStatus, delete_run, get_manifest, launch_run, list_runs
from tests.backend.workload import make_records
from tests.processes import Installation
from tests.runs.waiting import read_run, wait_for_end
from tests.waiting import wait_until

SMALL, NARROW = "local/linear-small", "local/linear-medium"
STUDENTS = [
    {"name": SMALL, "target": f"{SMALL}@1.0", "context_length": 8192},
    {"name": NARROW, "target": f"{NARROW}@1.0", "context_length": 2100},  # no room for examples beside the answer
]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Backend and worker with 300 records of one workload."""
    data = tmp_path_factory.mktemp("datasets")
    traffic = data / "topics.jsonl"
    traffic.write_text("".join(json.dumps(record) + "\n" for record in make_records(300)))
    variables = {"FLYWHEEL_STUDENTS": json.dumps(STUDENTS), "FLYWHEEL_PROBE__REQUESTS": "5"}
    with Installation(data, **variables) as installation:
        installation.import_traffic(traffic)
        installation.start("backend")
        installation.start("worker")
        yield installation


@pytest.fixture(scope="module")
def first(installation: Installation) -> RunView:
    """The first run of the workload, of all students in all variants."""
    return finish(installation, evaluation_size=60)


def finish(installation: Installation, **asked: Any) -> RunView:
    request = LaunchRequest(workload_id="topics", requested_by="rita", training={"epochs": 1}, **asked)
    run_id = launch_run(
        installation.database, request, settings=installation.settings, logs=installation.logs, now=utc_now()
    )
    return wait_for_end(installation.database, run_id)


def read_manifest(installation: Installation, run: RunView) -> dict[str, Any]:
    with installation.database.read() as session:
        manifest: dict[str, Any] = json.loads(get_manifest(session, run.summary.id))
    return manifest


def list_steps(run: RunView) -> dict[str, StepStatus]:
    return {step.key: step.status for student in run.students for step in student.steps}


def test_a_context_without_room_for_examples_loses_that_variant_and_nothing_else(
    installation: Installation, first: RunView
) -> None:
    assert first.summary.status is RunStatus.COMPLETED_WITH_ERRORS
    assert "No examples fit a context of 2100 tokens" in (first.summary.error or "")
    steps = list_steps(first)
    assert steps[f"evaluate:{NARROW}:icl"] is StepStatus.FAILED
    assert steps[f"probe:{NARROW}:icl"] is StepStatus.SKIPPED
    with installation.database.read() as session:
        candidates = {str(result.candidate) for result in list_evaluations(session, first.summary.id)}
    assert candidates == {
        f"{SMALL}:base",
        f"{SMALL}:icl",
        f"{SMALL}:customized",
        f"{NARROW}:base",
        f"{NARROW}:customized",
    }


def test_a_first_run_freezes_its_evaluation_set_and_the_next_is_judged_on_it(
    installation: Installation, first: RunView
) -> None:
    second = finish(installation, students=[SMALL], variants=["base"], seed=7)
    manifests = [read_manifest(installation, run) for run in (first, second)]
    assert [each["evaluation_set"]["version"] for each in manifests] == [1, 1]
    assert [each["evaluation_set"]["is_new"] for each in manifests] == [True, False]
    assert manifests[0]["evaluation_set"]["sha256"] == manifests[1]["evaluation_set"]["sha256"]
    assert manifests[1]["request"]["evaluation_size"] == 60
    assert manifests[1]["datasets"]["counts"]["held_out"] == 60


def test_a_new_set_and_a_named_one_are_what_was_asked_for(installation: Installation, first: RunView) -> None:
    drawn = finish(installation, students=[SMALL], variants=["base"], seed=8, evaluation_set="new", evaluation_size=50)
    named = finish(installation, students=[SMALL], variants=["base"], evaluation_set="v1")
    manifests = [read_manifest(installation, run) for run in (drawn, named)]
    assert [each["evaluation_set"]["version"] for each in manifests] == [2, 1]
    with installation.database.read() as session:
        newest = list_evaluation_sets(session, workload_id="topics")[0]
    assert (newest.records, newest.frozen_by, newest.note) == (50, "rita", f"drawn by run {drawn.summary.id}")
    assert first.summary.id != named.summary.id


def test_datasets_are_built_again_byte_for_byte_and_a_veto_changes_only_later_ones(
    installation: Installation, first: RunView, tmp_path: Path
) -> None:
    record = next(iter(installation.logs.stream(LogFilter(workload_id="topics"))))
    veto = VetoStatement(
        request_key=find_request_key(installation.logs, record.id),
        is_vetoed=True,
        reason="a test call",
        decided_by="rita",
        decided_at=utc_now(),
    )
    with installation.database.write() as session:
        veto_requests(session, "topics", veto)
    done = installation.run(
        "runs", "datasets", first.summary.id, "--rebuild", "--verify", "--to", str(tmp_path), "--json"
    )
    assert done.returncode == 0, done.stderr
    rebuilt = json.loads(done.stdout)
    assert rebuilt["is_identical"]
    assert len(rebuilt["files"]) == 4
    manifest = read_manifest(installation, first)
    with installation.database.read() as session:
        for entry in [*manifest["datasets"]["files"], *(each["file"] for each in manifest["icl"]["datasets"])]:
            written = (tmp_path / entry["dataset"] / entry["path"]).read_bytes()
            assert written == open_artifact(session, entry["sha256"])
    later = finish(installation, students=[SMALL], variants=["base"], seed=9)
    assert read_manifest(installation, later)["datasets"]["vetoes"]["requests"] == 1


@pytest.mark.full  # the sweep comes every half minute
def test_deleting_a_run_keeps_what_others_and_frozen_sets_hold(installation: Installation, first: RunView) -> None:
    twin = finish(installation, students=[SMALL], variants=["base", "customized"], evaluation_set="v1", seed=11)
    other = finish(installation, students=[SMALL], variants=["base"], evaluation_set="v1", seed=11)
    delete_run(installation.database, twin.summary.id, actor="rita", now=utc_now())

    def gone() -> bool:
        with installation.database.read() as session:
            return twin.summary.id not in {run.id for run in list_runs(session)}

    wait_until(gone, "the run to be deleted", timeout_s=60)
    manifest = read_manifest(installation, other)
    with installation.database.read() as session:
        for entry in manifest["datasets"]["files"]:
            assert open_artifact(session, entry["sha256"])
        assert find_evaluation_set(session, manifest["evaluation_set"]["sha256"]) is not None
    assert read_run(installation.database, first.summary.id).summary.status.is_final
