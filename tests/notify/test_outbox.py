"""What happens is told: in the same transaction, once, with verdict and link; by a real worker to a real receiver."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from core.database import Database
from core.runs import NoticeType, RunStatus, cancel_run
from core.runs.notices import tell_end
from core.runs.tables import NoticeRow, StepRow, StepStatus
from tests.chaos.faults import Answer
from tests.chaos.scene import Scene
from tests.notify.receiver import Receiver
from tests.notify.test_deliveries import SECRET
from tests.runs.rows import NOW, STUDENT, add_run
from tests.ui.acts import FINE, LARGE_CUSTOMIZED, act
from tests.ui.runs import add_finished_run, open_state
from tests.waiting import wait_until


def notices(database: Database) -> list[NoticeRow]:
    with database.read() as session:
        return list(session.exec(select(NoticeRow).order_by(col(NoticeRow.created_at), col(NoticeRow.type))))


def test_a_cancelled_waiting_run_is_told_once(database: Database) -> None:
    add_run(database)
    cancel_run(database, "run-1", actor="rita", now=NOW)
    cancel_run(database, "run-1", actor="rita", now=NOW)
    (notice,) = notices(database)
    assert (notice.type, notice.data["status"]) == (NoticeType.RUN_FINISHED, "cancelled")


def test_a_run_that_ends_with_a_deployment_up_tells_so(database: Database) -> None:
    add_run(database)
    with database.write() as session:
        session.get_one(StepRow, ("run-1", f"deploy:{STUDENT}")).intent_at = NOW
        session.get_one(StepRow, ("run-1", f"evaluate:{STUDENT}:base")).status = StepStatus.COMPLETED
        session.flush()
        tell_end(session, "run-1", RunStatus.COMPLETED, error=None, now=NOW)
    told = {notice.type: notice for notice in notices(database)}
    assert set(told) == {NoticeType.RUN_FINISHED, NoticeType.CANDIDATE_READY, NoticeType.CLEANUP_PENDING}
    assert len(told[NoticeType.CLEANUP_PENDING].data["deployments"]) == 1
    assert told[NoticeType.CANDIDATE_READY].variant == "base"


def test_what_is_rolled_back_was_never_told(database: Database) -> None:
    add_run(database)
    with database.write() as session:
        tell_end(session, "run-1", RunStatus.FAILED, error="x", now=NOW)
        session.rollback()
    assert notices(database) == []


def test_a_decision_is_told_with_who_and_why(data_folder: Path) -> None:
    state = open_state(data_folder)
    add_finished_run(state)
    act(state, "done-1", LARGE_CUSTOMIZED, "approved", FINE)  # type: ignore[arg-type]
    (notice,) = notices(state)
    assert notice.type == NoticeType.DECISION_MADE
    assert (notice.data["decided_by"], notice.data["reason"]) == ("priya.raman", FINE)


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_a_worker_tells_a_run_its_candidates_and_what_is_left(tmp_path: Path, receiver: Receiver) -> None:
    hook = [{"name": "chat", "url": receiver.url, "secret": "env:HOOK_SECRET"}]
    variables = {"FLYWHEEL_WEBHOOKS": json.dumps(hook), "HOOK_SECRET": SECRET}
    with Scene(tmp_path, variables=variables) as scene:
        scene.service.set_faults(answer=Answer(requests="DELETE .*model-deployments/", status=403, times=1000))
        scene.start_worker()
        run_id = scene.launch(variants=("base",))
        scene.wait_for(run_id)
        wait_until(lambda: len(receiver.received) >= 3, "three notices", timeout_s=20)
        told = {document["type"]: document["data"] for document in (json.loads(got.body) for got in receiver.received)}
        assert set(told) == {"run.finished", "candidate.ready", "cleanup.pending"}
        ready = told["candidate.ready"]
        assert ready["candidate"] == "local/linear-small:base"
        assert ready["link"].startswith("http://127.0.0.1:8501/review?run=")
        assert ready["verdict"]["sentence"]
        assert told["run.finished"]["status"] == "completed"
        assert SECRET not in scene.worker_logs()
