"""`flywheel logs import --follow`: stored once, under the tags given, from where it was left."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.commands.following import follow_file, marks_of
from core.errors import InputError
from core.logs import Deletion, LogFilter, LogStoreUnavailable
from core.settings import Settings
from tests.backend.workload import make_records
from tests.machine import REPOSITORY
from tests.processes import Installation
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.logs import IngestReport

ALL = LogFilter()
LINES = [json.dumps(record) + "\n" for record in make_records(6)]


def test_what_is_appended_is_stored_once_under_the_tags_given(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    path.write_text("".join(LINES[:2]))
    reports: list[IngestReport] = []

    def append_then_stop() -> bool:
        if len(reports) == 1:
            with path.open("a") as file:
                file.write("no json\n" + "".join(LINES[:3]))
        return len(reports) == 2

    with Installation(tmp_path / "data") as installation:
        follow_file(
            installation.logs,
            path,
            marks=tmp_path / "marks.json",
            tags={"client_id": "desk"},
            report=reports.append,
            is_done=append_then_stop,
        )
        (workload,) = installation.logs.workloads()
    assert (workload.client_id, workload.records) == ("desk", 3)
    assert [(report.stored, report.duplicate) for report in reports] == [(2, 0), (1, 2)]
    assert [line.line for line in reports[1].rejected] == [3]


def test_the_command_follows_until_it_is_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    path.write_text(LINES[0])
    with Installation(tmp_path / "data") as installation:
        command = [sys.executable, "-m", "app.cli", "logs", "import", str(path), "--follow"]
        process = subprocess.Popen(
            [*command, "--data", str(installation.data)],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        wait_until(lambda: sum(s.records for s in installation.logs.workloads()) == 1, "the first line", timeout_s=30)
        with path.open("a") as file:
            file.write("".join(LINES[1:]))
        told = [process.stdout.readline().strip() for _ in range(2)]  # each is told once it is stored
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert told == ["1 stored, 0 already there, 0 rejected", "5 stored, 0 already there, 0 rejected"]
    assert out == ""


def test_what_was_deleted_does_not_come_back_when_following_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    path.write_text("".join(LINES[:3]))
    reports: list[IngestReport] = []
    with Installation(tmp_path / "data") as installation:
        marks = marks_of(installation.settings, path, {})
        for _ in range(2):
            follow_file(
                installation.logs, path, marks=marks, tags={}, report=reports.append, is_done=lambda: bool(reports)
            )
            assert [(report.stored, report.duplicate) for report in reports] == [(3, 0)]
            list(installation.logs.delete(Deletion(ids=tuple(r.id for r in installation.logs.browse(ALL).records))))
        assert installation.logs.count(ALL).value == 0


def test_marks_belong_to_a_file_a_store_and_tags(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    one = marks_of(settings, tmp_path / "app.jsonl", {})
    assert one.parent == tmp_path / "followed"
    assert marks_of(settings, tmp_path / "x" / ".." / "app.jsonl", {}) == one
    others = {
        marks_of(settings, tmp_path / "other.jsonl", {}),
        marks_of(settings, tmp_path / "app.jsonl", {"workload_id": "w"}),
        marks_of(settings.model_copy(update={"data": tmp_path / "new"}), tmp_path / "app.jsonl", {}),
    }
    assert len(others | {one}) == 4


def test_a_store_that_is_away_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "app.jsonl"
    path.write_text("".join(LINES))
    reports: list[IngestReport] = []
    with Installation(tmp_path / "data") as installation:
        ingest, fails = installation.logs.ingest, iter([True, True])

        def ingest_later(*lines: Any, **options: Any) -> "Iterator[IngestReport]":
            if next(fails, False):
                raise LogStoreUnavailable("the disk is full")
            return ingest(*lines, **options)

        monkeypatch.setattr(installation.logs, "ingest", ingest_later)
        monkeypatch.setattr("app.commands.following.LOOK_EVERY_S", 0.01)
        follow_file(
            installation.logs,
            path,
            marks=tmp_path / "marks.json",
            tags={},
            report=reports.append,
            is_done=lambda: bool(reports),
        )
    assert [report.stored for report in reports] == [len(LINES)]
    assert capsys.readouterr().err == "the disk is full; following goes on when it is back\n"


@pytest.mark.parametrize("name", ["app.jsonl.gz", "missing.jsonl"])
def test_what_cannot_be_followed_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "app.jsonl.gz").write_bytes(b"")
    with Installation(tmp_path / "data") as installation, pytest.raises(InputError, match="cannot be followed"):
        follow_file(
            installation.logs, tmp_path / name, marks=tmp_path / "marks.json", tags={}, report=lambda _report: None
        )
