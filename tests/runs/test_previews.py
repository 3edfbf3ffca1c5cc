"""Previews of datasets: asked for once, computed by whoever comes first, kept until the traffic changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, update

from core.database import Database
from core.logs import LogStore, open_log_store
from core.runs import (
    LaunchRequest,
    PreviewStatus,
    PreviewView,
    find_preview,
    identify_preview,
    plan_launch,
    request_preview,
    run_waiting_preview,
)
from core.runs.request import CompletedRequest
from core.runs.tables import PreviewRow
from core.settings import Settings
from tests.runs.rows import NOW
from tests.ui.traffic import record, store_traffic


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a page has at hand."""

    database: Database
    settings: Settings
    logs: LogStore

    def complete(self, **asked: object) -> CompletedRequest:
        request = LaunchRequest(workload_id="news_classifier", evaluation_size=40, **asked)  # type: ignore[arg-type]
        return plan_launch(self.database, request, settings=self.settings, logs=self.logs).request

    def identify(self, request: CompletedRequest) -> str:
        with self.database.read() as session:
            return identify_preview(session, request, self.logs)

    def find(self, preview_id: str) -> PreviewView:
        with self.database.read() as session:
            found = find_preview(session, preview_id)
        assert found is not None
        return found

    def work(self) -> bool:
        return run_waiting_preview(self.database, settings=self.settings, logs=self.logs, clock=lambda: NOW)


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    """An installation with 130 records of one workload."""
    store_traffic(tmp_path / "logs")
    settings = Settings(data=tmp_path / "logs")
    logs = open_log_store(settings)
    yield Desk(database=database, settings=settings, logs=logs)
    logs.close()


def test_a_preview_waits_is_computed_and_stays(desk: Desk) -> None:
    request = desk.complete()
    preview_id = desk.identify(request)
    for _ in range(2):  # asking again changes nothing
        request_preview(desk.database, preview_id, request, now=NOW)
    assert desk.find(preview_id).status is PreviewStatus.PENDING
    assert desk.work()
    assert not desk.work()
    done = desk.find(preview_id)
    assert done.status is PreviewStatus.COMPLETED
    assert done.result is not None
    counts = done.result["datasets"]["counts"]
    assert counts["total"] == 130
    assert counts["evaluation"] == 40
    assert [file["records"] for file in done.result["icl"]["files"]] == [40]
    assert desk.identify(desk.complete()) == preview_id


def test_hyperparameters_ask_for_the_same_preview_and_a_seed_for_another(desk: Desk) -> None:
    plain = desk.identify(desk.complete())
    assert desk.identify(desk.complete(training={"epochs": 3})) == plain
    assert desk.identify(desk.complete(seed=7)) != plain


def test_new_traffic_makes_another_preview(desk: Desk) -> None:
    before = desk.identify(desk.complete())
    line = record(500, "news_classifier", "research-desk", "a new question", "[[earnings]]")
    for _ in desk.logs.ingest([(1, line)]):
        pass
    assert desk.identify(desk.complete()) != before


def test_what_cannot_be_built_is_told_with_its_field_and_may_be_asked_for_again(desk: Desk) -> None:
    request = desk.complete(answer_format={"kind": "tool_call"})
    preview_id = desk.identify(request)
    request_preview(desk.database, preview_id, request, now=NOW)
    assert desk.work()
    failed = desk.find(preview_id)
    assert (failed.status, failed.field) == (PreviewStatus.FAILED, "answer_format")
    assert failed.error
    request_preview(desk.database, preview_id, request, now=NOW)
    assert desk.find(preview_id).status is PreviewStatus.PENDING


def test_the_work_of_a_worker_that_died_is_begun_anew(desk: Desk) -> None:
    request = desk.complete()
    preview_id = desk.identify(request)
    request_preview(desk.database, preview_id, request, now=NOW)
    for lease, expected in ((desk.database.clock + 60, False), (desk.database.clock - 1, True)):
        with desk.database.write() as session:
            session.execute(
                update(PreviewRow)
                .where(col(PreviewRow.id) == preview_id)
                .values(status=PreviewStatus.RUNNING, lease_until=lease)
            )
        assert desk.work() is expected


def test_old_previews_make_room(desk: Desk) -> None:
    request = desk.complete()
    preview_id = desk.identify(request)
    request_preview(desk.database, preview_id, request, now=NOW - timedelta(days=30))
    request_preview(desk.database, desk.identify(desk.complete(seed=1)), request, now=NOW)
    with desk.database.read() as session:
        assert find_preview(session, preview_id) is None
