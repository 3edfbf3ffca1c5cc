"""Following a log that is still written: whole lines only, across rotation, once each."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.commands.following import FollowedFile, follow_file
from core.errors import InputError
from tests.backend.workload import make_records
from tests.machine import REPOSITORY
from tests.processes import Installation
from tests.waiting import wait_until

if TYPE_CHECKING:
    from core.logs import IngestReport

LINES = [json.dumps(record) + "\n" for record in make_records(6)]


def test_only_whole_lines_are_taken_and_numbers_go_on(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    path.write_text("a\nb\rb\nc")
    followed = FollowedFile(path=path)
    assert list(followed.new_lines()) == [(1, b"a\n"), (2, b"b\rb\n")]
    with path.open("a") as file:
        file.write("c\nd\n")
    assert list(followed.new_lines()) == [(3, b"cc\n"), (4, b"d\n")]
    assert list(followed.new_lines()) == []


def test_a_file_that_was_replaced_or_cut_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "app.jsonl"
    path.write_text("a\nb\n")
    followed = FollowedFile(path=path)
    assert len(list(followed.new_lines())) == 2
    path.rename(tmp_path / "app.jsonl.1")
    assert list(followed.new_lines()) == []
    path.write_text("c\nd\n")
    assert list(followed.new_lines()) == [(1, b"c\n"), (2, b"d\n")]
    path.write_text("e\n")
    assert list(followed.new_lines()) == [(1, b"e\n")]


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
            installation.logs, path, tags={"client_id": "desk"}, report=reports.append, is_done=append_then_stop
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


@pytest.mark.parametrize("name", ["app.jsonl.gz", "missing.jsonl"])
def test_what_cannot_be_followed_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "app.jsonl.gz").write_bytes(b"")
    with Installation(tmp_path / "data") as installation, pytest.raises(InputError, match="cannot be followed"):
        follow_file(installation.logs, tmp_path / name, tags={}, report=lambda _report: None)
