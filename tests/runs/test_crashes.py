"""A run survives the death of its worker and outlives the death of the backend: real processes, real SIGKILL."""

import gzip
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import httpx
import pytest

from core.database import utc_now
from core.runs import LaunchRequest, RunStatus, StepStatus, cancel_run, launch_run, list_events
from tests.processes import Installation
from tests.runs.waiting import read_run, wait_for_end, wait_for_step
from tests.waiting import wait_until

SMALL, MEDIUM = "local/linear-small", "local/linear-medium"
RECORDS = 800
SLOW_TRAINING = {"epochs": 150}


@pytest.fixture
def installation(tmp_path: Path, traffic: Path) -> Iterator[Installation]:
    """The local backend with the tweets imported."""
    with Installation(tmp_path) as installation:
        installation.import_traffic(first_lines(traffic / "twitter-fin-topic.train.jsonl.gz", tmp_path))
        installation.start("backend")
        yield installation


def first_lines(path: Path, folder: Path) -> Path:
    """Write the first records of a file into another: these tests are about time, not about quality."""
    part = folder / "part.jsonl"
    with gzip.open(path, "rb") as lines:
        part.write_bytes(b"".join(islice(lines, RECORDS)))
    return part


def launch(installation: Installation, *students: str) -> str:
    request = LaunchRequest(
        workload_id="news_topic_classifier",
        students=students,
        training=SLOW_TRAINING,
        requested_by="rita",
    )
    return launch_run(
        installation.database, request, settings=installation.settings, logs=installation.logs, now=utc_now()
    )


def customizations(installation: Installation) -> list[dict[str, object]]:
    jobs: list[dict[str, object]] = httpx.get(f"{installation.backend}/v1/customization/jobs").json()["data"]
    return jobs


def deployments(installation: Installation) -> list[dict[str, object]]:
    return httpx.get(f"{installation.backend}/v1/deployment/model-deployments").json()["data"] or []


@pytest.mark.full
def test_a_worker_killed_in_the_middle_of_a_customization_is_resumed_on_the_same_job(
    installation: Installation,
) -> None:
    installation.start("worker")
    run_id = launch(installation, SMALL)
    wait_for_step(installation.database, run_id, f"customize:{SMALL}", attached=True)
    installation.kill("worker")
    installation.start("worker")
    run = wait_for_end(installation.database, run_id)
    assert (run.summary.status, run.summary.error) == (RunStatus.COMPLETED, None)
    assert len(customizations(installation)) == 1
    assert deployments(installation) == []
    with installation.database.read() as session:
        events = list_events(session, run_id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.type for event in events].count("run.claimed") == 2


@pytest.mark.full
def test_a_backend_killed_in_the_middle_of_a_customization_fails_that_student_only(
    installation: Installation,
) -> None:
    installation.start("worker")
    run_id = launch(installation, SMALL, MEDIUM)
    wait_for_step(installation.database, run_id, f"customize:{SMALL}", attached=True)
    installation.kill("backend")
    time.sleep(1)  # an outage that the worker's polls meet
    installation.start("backend")
    run = wait_for_end(installation.database, run_id)
    assert run.summary.status is RunStatus.COMPLETED_WITH_ERRORS
    first, second = run.students
    assert (first.status, second.status) == (StepStatus.FAILED, StepStatus.COMPLETED)
    assert first.error is not None
    assert "restarted" in first.error
    assert run.summary.error is not None
    assert SMALL in run.summary.error
    assert deployments(installation) == []


@pytest.mark.full
def test_a_cancel_during_a_customization_stops_the_job_and_removes_the_deployment(
    installation: Installation,
) -> None:
    installation.start("worker")
    run_id = launch(installation, SMALL)
    wait_for_step(installation.database, run_id, f"customize:{SMALL}", attached=True)
    asked = time.monotonic()
    cancel_run(installation.database, run_id, actor="rita", now=utc_now(), reason="wrong workload")
    run = wait_for_end(installation.database, run_id, timeout_s=20)
    took_s = time.monotonic() - asked
    assert run.summary.status is RunStatus.CANCELLED
    assert run.summary.error == "Cancelled by rita: wrong workload"
    assert took_s < 10, "the promise is two seconds; ten allow for a busy machine"
    assert [job["status"] for job in customizations(installation)] == ["cancelled"]
    assert deployments(installation) == []


@pytest.mark.full
def test_a_worker_that_is_told_to_stop_cleans_up_what_it_started(installation: Installation) -> None:
    installation.start("worker")
    run_id = launch(installation, SMALL)
    wait_for_step(installation.database, run_id, f"customize:{SMALL}", attached=True)
    assert installation.stop("worker") == 0
    run = read_run(installation.database, run_id)
    assert run.summary.status is RunStatus.CANCELLED
    wait_until(lambda: deployments(installation) == [], "the deployment to be removed")
    assert [job["status"] for job in customizations(installation)] == ["cancelled"]
