"""Fine-tuning files and Zstandard: other shapes of traffic become the same records."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from backports import zstd

from core.logs import ImportProgress, LogFilter, LogRecord, LogStore, UnreadableFile, import_file
from core.logs.sqlite import SqliteLogStore
from tests.logs.samples import record

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SYSTEM = {"role": "system", "content": "Classify."}
ASKED = {"role": "user", "content": "Where is my parcel?"}
TOLD = {"role": "assistant", "content": "[[delivery]]"}
CALLED = {"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "track", "arguments": "{}"}}]}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = SqliteLogStore(tmp_path / "store" / "logs.db")
    yield store
    store.close()


def write(tmp_path: Path, *lines: object, name: str = "tuning.jsonl") -> Path:
    path = tmp_path / name
    content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    path.write_bytes(zstd.compress(content) if name.endswith(".zst") else content)
    return path


def last(progress: Iterator[ImportProgress]) -> ImportProgress:
    *_, final = progress
    return final


def records(store: LogStore) -> list[LogRecord]:
    return list(store.stream(LogFilter()))


def test_a_conversation_becomes_a_record_and_twice_the_same_one(store: LogStore, tmp_path: Path) -> None:
    path = write(tmp_path, {"messages": [SYSTEM, ASKED, TOLD]}, {"messages": [ASKED, CALLED], "tools": [{"x": 1}]})
    report = last(import_file(store, path, workload_id="triage", at=AT)).report
    assert (report.stored, report.rejected) == (2, ())
    first, second = records(store)
    assert first.request == {"messages": [SYSTEM, ASKED]}
    assert first.response == {"choices": [{"index": 0, "message": TOLD, "finish_reason": "stop"}]}
    assert (first.workload_id, first.client_id, first.label) == ("triage", "import", "delivery")
    assert first.timestamp_ms == AT.timestamp() * 1000 + 1
    assert (second.has_tool_calls, second.finish_reason, second.prompt_tokens) == (True, "tool_calls", None)
    assert second.request["tools"] == [{"x": 1}]
    again = last(import_file(store, path, workload_id="triage", at=AT)).report
    assert (again.stored, again.duplicate) == (0, 2)


def test_without_a_time_the_files_own_is_taken(store: LogStore, tmp_path: Path) -> None:
    path = write(tmp_path, {"messages": [ASKED, TOLD], "model": "big"})
    os.utime(path, (AT.timestamp(), AT.timestamp()))
    last(import_file(store, path, workload_id="triage"))
    (found,) = records(store)
    assert (found.timestamp_ms, found.model) == (AT.timestamp() * 1000 + 1, "big")


def test_what_a_conversation_says_itself_stays(store: LogStore, tmp_path: Path) -> None:
    own = {"timestamp": 1_700_000_000, "client_id": "shop", "workload_id": "own", "messages": [ASKED, TOLD]}
    last(import_file(store, write(tmp_path, own), at=AT))
    (found,) = records(store)
    assert (found.timestamp_ms, found.client_id, found.workload_id) == (1_700_000_000_000, "shop", "own")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"messages": [ASKED]}, "response.choices"),
        ({"messages": []}, "request.messages"),
        ({"messages": [ASKED, TOLD]}, "workload_id"),
        ({"messages": "text"}, "timestamp"),
    ],
)
def test_a_conversation_without_an_answer_or_a_workload_is_rejected(
    store: LogStore, tmp_path: Path, line: dict[str, object], reason: str
) -> None:
    workload = None if reason == "workload_id" else "triage"
    report = last(import_file(store, write(tmp_path, line), workload_id=workload, at=AT)).report
    (rejected,) = report.rejected
    assert rejected.reason.startswith(reason)


def test_zstandard_files_are_imported_and_recognised_by_their_bytes(store: LogStore, tmp_path: Path) -> None:
    path = write(tmp_path, record(1), record(2), name="traffic.jsonl.zst")
    final = last(import_file(store, path))
    assert (final.report.stored, final.read_bytes) == (2, path.stat().st_size)
    misnamed = tmp_path / "traffic.jsonl"
    misnamed.write_bytes(path.read_bytes())
    with pytest.raises(UnreadableFile, match=r"holds Zstandard data; add \.zst"):
        next(import_file(store, misnamed))
    plain = tmp_path / "plain.jsonl.zst"
    plain.write_bytes(b'{"a": 1}\n')
    with pytest.raises(UnreadableFile, match="is not Zstandard data"):
        next(import_file(store, plain))
    cut = tmp_path / "cut.jsonl.zst"
    cut.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UnreadableFile, match="cut off or damaged"):
        list(import_file(store, cut))
