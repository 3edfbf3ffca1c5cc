"""Files in and records out: refusals before anything is stored, progress, the whole of the real traffic."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from core.logs import ImportProgress, LogFilter, LogStore, UnreadableFile, export_lines, import_file
from core.logs.records import LINE_LIMIT_BYTES
from core.logs.sqlite import SqliteLogStore
from tests.logs.samples import record


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = SqliteLogStore(tmp_path / "store" / "logs.db")
    yield store
    store.close()


def text(*records: dict[str, object]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in records)


def write(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def last(progress: Iterator[ImportProgress]) -> ImportProgress:
    *_, final = progress
    return final


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.b.JSONL", "a.jsonl.gz", "my.traffic.ndjson.gz"])
def test_json_lines_are_imported_plain_and_compressed(store: LogStore, tmp_path: Path, name: str) -> None:
    content = text(record(1), record(2))
    path = write(tmp_path, name, gzip.compress(content) if name.endswith("gz") else content)
    final = last(import_file(store, path))
    assert final.report.stored == store.count(LogFilter()).value == 2
    assert final.read_bytes == final.size_bytes == path.stat().st_size


def test_a_byte_order_mark_windows_line_ends_and_a_missing_last_line_end_do_no_harm(
    store: LogStore, tmp_path: Path
) -> None:
    content = b"\xef\xbb\xbf" + text(record(1), record(2)).replace(b"\n", b"\r\n").rstrip()
    final = last(import_file(store, write(tmp_path, "a.jsonl", content)))
    assert (final.report.stored, final.report.rejected) == (2, ())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", None, "cannot be read: No such file"),
        ("a.jsonl", b"", "is empty"),
        ("a.jsonl.gz", gzip.compress(b"", mtime=0), "is empty inside"),
        ("a.jsonl.gz", text(record()), "is not gzip data although"),
        ("a.jsonl", gzip.compress(text(record())), r"add \.gz to its name"),
        ("a.csv", text(record()), "is not named as JSON lines"),
        ("a.gz", gzip.compress(text(record())), "is not named as JSON lines"),
        ("a", text(record()), "is not named as JSON lines"),
        ("a.jsonl", b"\x7fELF\x02\x01\x01\0\0\0", "binary file"),
        ("a.jsonl", json.dumps(record()).encode("utf-16"), "binary file or not UTF-8"),
        ("a.jsonl.gz", gzip.compress(bytes(range(256)) * 10), "binary file"),
        ("a.jsonl.gz", gzip.compress(text(record()))[:-30], "cut off or damaged"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_and_changes_nothing(
    store: LogStore, tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name if content is None else write(tmp_path, name, content)
    with pytest.raises(UnreadableFile, match=message) as caught:
        next(import_file(store, path))
    assert str(path) in str(caught.value)
    assert store.count(LogFilter()).value == 0


def test_a_folder_is_refused(store: LogStore, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="is a folder"):
        next(import_file(store, tmp_path))


def test_a_file_cut_off_in_the_middle_keeps_what_came_before_and_says_where(store: LogStore, tmp_path: Path) -> None:
    content = gzip.compress(text(*[record(n, user=f"{n * n} unlike the others") for n in range(5000)]))
    path = write(tmp_path, "a.jsonl.gz", content[:-2000])
    reports: list[ImportProgress] = []
    with pytest.raises(UnreadableFile, match="cut off or damaged after line") as caught:
        reports.extend(import_file(store, path))
    assert caught.value.line is not None
    assert 2000 <= reports[-1].report.stored == store.count(LogFilter()).value <= caught.value.line
    whole = write(tmp_path, "whole.jsonl.gz", content)
    assert last(import_file(store, whole)).report.stored + reports[-1].report.stored == 5000


def test_a_line_beyond_the_limit_is_rejected_and_the_rest_imported(store: LogStore, tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", b'{"x": "' + b"y" * 3 * LINE_LIMIT_BYTES + b'"}\n' + text(record(1)))
    report = last(import_file(store, path)).report
    assert report.stored == 1
    assert [(rejected.line, rejected.reason) for rejected in report.rejected] == [(1, "record: is longer than 16 MiB")]


def test_workload_and_client_can_be_given_for_the_whole_file(store: LogStore, tmp_path: Path) -> None:
    untagged = record(2, user="no tags")
    del untagged["client_id"], untagged["workload_id"]
    path = write(tmp_path, "a.jsonl", text(record(1), untagged) + b"[1]\n{nope\n")
    report = last(import_file(store, path, workload_id="given", client_id="me")).report
    assert report.stored == 2
    assert [rejected.line for rejected in report.rejected] == [3, 4]
    (summary,) = store.workloads()
    assert (summary.workload_id, summary.client_id, summary.records) == ("given", "me", 2)
    assert {found.body["workload_id"] for found in store.stream(LogFilter())} == {"given"}


def test_progress_moves_on_through_the_file(store: LogStore, tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", text(*[record(n, user=str(n)) for n in range(7000)]))
    progress = list(import_file(store, path))
    read = [one.read_bytes for one in progress]
    assert len(progress) > 3
    assert read == sorted(read)
    assert 0 < read[0] < read[-1] == path.stat().st_size


def test_what_is_exported_can_be_imported_again(store: LogStore, tmp_path: Path) -> None:
    sent = [
        record(n, user=f"u{n}", extra={"big": 10**30, "half": "\ud83d", "endless": float("inf")}) for n in range(10)
    ]
    last(import_file(store, write(tmp_path, "a.jsonl", text(*sent))))
    exported = b"".join(export_lines(store, LogFilter()))
    assert [json.loads(line) for line in exported.splitlines()] == sent
    assert last(import_file(store, write(tmp_path, "b.jsonl", exported))).report.duplicate == 10


@pytest.mark.parametrize(
    ("name", "records"),
    [
        pytest.param("twitter-fin-topic", 15_304, marks=pytest.mark.full),
        pytest.param("banking77", 9_972, marks=pytest.mark.full),
        pytest.param("snips-tools", 13_723, marks=pytest.mark.full),
        ("e2e-restaurants", 4_672),
    ],
)
def test_real_traffic_is_imported_completely_and_exported_equal(
    store: LogStore, traffic: Path, name: str, records: int
) -> None:
    path = traffic / f"{name}.train.jsonl.gz"
    report = last(import_file(store, path)).report
    assert (report.stored, report.duplicate, report.rejected) == (records, 0, ())
    again = last(import_file(store, path)).report
    assert (again.stored, again.duplicate) == (0, records)
    with gzip.open(path) as file:
        sent = sorted(orjson.dumps(orjson.loads(line), option=orjson.OPT_SORT_KEYS) for line in file)
    exported = map(orjson.loads, export_lines(store, LogFilter(client_id=name)))
    assert sorted(orjson.dumps(body, option=orjson.OPT_SORT_KEYS) for body in exported) == sent
