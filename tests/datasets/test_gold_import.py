"""Importing gold from files: by record id, content hash or request hash, wrong lines named one by one."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.database import Database
from core.datasets import (
    DatasetError,
    GoldFileRefused,
    GoldSource,
    find_request_key,
    import_gold,
    list_gold,
    load_gold,
    read_gold_file,
)
from core.logs import LogFilter, LogRecord, LogStore, canonical_request_key, open_log_store
from core.scoring import AnswerFormat, AnswerKind
from core.settings import load_settings
from tests.datasets.logged import asked, body_of, says

NOW = datetime(2025, 6, 1, tzinfo=UTC)
BRACKETS = AnswerFormat(kind=AnswerKind.DOUBLE_BRACKETS)


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[LogStore]:
    store = open_log_store(load_settings(tmp_path / "logs", environ={}))
    bodies = [body_of(asked(f"text {n}"), says("[[a]]"), timestamp=n + 1) for n in range(6)]
    bodies.append(body_of(asked("elsewhere"), says("[[a]]"), timestamp=99, workload="other"))
    list(store.ingest(enumerate((json.dumps(body).encode() for body in bodies), start=1)))
    yield store
    store.close()


@pytest.fixture
def records(logs: LogStore) -> list[LogRecord]:
    return list(logs.stream(LogFilter(workload_id="router")))


def as_lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def put(database: Database, logs: LogStore, content: bytes, name: str = "gold.jsonl", **options: Any) -> Any:
    file = read_gold_file(content, name=name)
    return import_gold(database, logs, file, workload_id="router", actor="ada", now=NOW, **options)


def standing(database: Database) -> dict[str, str]:
    with database.read() as session:
        return load_gold(session, "router")


def test_records_are_named_by_id_content_hash_or_request_hash(
    database: Database, logs: LogStore, records: list[LogRecord]
) -> None:
    keys = [canonical_request_key(record.request) for record in records]
    content = as_lines(
        {"record_id": records[0].id, "answer": "b", "note": "checked twice"},
        {"content_hash": records[1].content_hash, "gold": "[[c]]"},
        {"request_hash": keys[2].upper(), "label": "d"},
    )

    done = put(database, logs, content)

    assert (done.stored, done.unchanged, done.problems) == (3, 0, ())
    assert standing(database) == {keys[0]: "b", keys[1]: "[[c]]", keys[2]: "d"}
    with database.read() as session:
        (first,) = list_gold(session, "router", request_key=keys[0])
    assert (first.source, first.given_by, first.given_at, first.note) == (
        GoldSource.IMPORT,
        "ada",
        NOW,
        "checked twice",
    )
    assert find_request_key(logs, records[0].id) == keys[0]


@pytest.mark.parametrize(("comma", "start"), [(",", ""), (";", ""), (",", "\ufeff")])
def test_csv_says_the_same_as_json_lines(
    database: Database, logs: LogStore, records: list[LogRecord], comma: str, start: str
) -> None:
    rows = [["record_id", "answer"], [records[0].id, "b"], [records[1].id, '"with ""quotes"" and, commas; too"'], []]
    content = start + "\r\n".join(comma.join(row) for row in rows)

    put(database, logs, content.encode(), "gold.csv")

    assert sorted(standing(database).values()) == ["b", 'with "quotes" and, commas; too']


def test_importing_again_changes_nothing(database: Database, logs: LogStore, records: list[LogRecord]) -> None:
    content = as_lines({"record_id": records[0].id, "answer": "b"})
    put(database, logs, content)

    again = put(database, logs, content)

    assert (again.stored, again.unchanged) == (0, 1)


def test_answer_may_be_a_json_value_for_tools(database: Database, logs: LogStore, records: list[LogRecord]) -> None:
    put(database, logs, as_lines({"record_id": records[0].id, "answer": {"name": "play", "arguments": {"x": 1}}}))

    assert list(standing(database).values()) == ['{"name":"play","arguments":{"x":1}}']


def wrong_lines(records: list[LogRecord]) -> bytes:
    return as_lines(
        {"record_id": records[0].id, "answer": "b"},
        {"record_id": "123456789", "answer": "b"},
        {"content_hash": "f" * 64, "answer": "b"},
        {"request_key": "abc", "answer": "b"},
        {"answer": "b"},
        {"record_id": records[1].id},
        [1],
        {"record_id": records[0].id, "answer": "c"},
        {"record_id": records[2].id, "answer": "two\nlines"},
    )


REASONS = [
    (2, "record_id: no record has the id '123456789'"),
    (3, f"content_hash: no record of workload 'router' has '{'f' * 64}'"),
    (4, "request_key: is not a SHA-256 of 64 hexadecimal digits"),
    (5, "record_id: is missing; name the record by record_id or content_hash or request_key"),
    (6, "answer: is empty"),
    (7, "record: is not a JSON object"),
    (8, "answer: line 1 gives another answer to the same request"),
    (9, "answer: cannot be read as double brackets, which the workload answers with"),
]


def test_file_with_wrong_lines_is_refused_whole_and_names_each(
    database: Database, logs: LogStore, records: list[LogRecord]
) -> None:
    with pytest.raises(GoldFileRefused) as caught:
        put(database, logs, wrong_lines(records), answer_format=BRACKETS)

    assert [(problem.line, problem.reason) for problem in caught.value.problems] == REASONS
    assert (caught.value.field, caught.value.line) == ("record_id", 2)
    assert str(caught.value).startswith(
        "gold.jsonl was not imported, 8 lines cannot be: line 2: record_id: no record has the id '123456789'; line 3:"
    )
    assert standing(database) == {}


def test_wrong_lines_can_be_skipped(database: Database, logs: LogStore, records: list[LogRecord]) -> None:
    done = put(database, logs, wrong_lines(records), answer_format=BRACKETS, on_problem="skip")

    assert (done.stored, [problem.line for problem in done.problems]) == (1, [line for line, _ in REASONS])
    assert standing(database) == {canonical_request_key(records[0].request): "b"}


def test_record_of_another_workload_is_unknown_here(database: Database, logs: LogStore) -> None:
    (other,) = logs.stream(LogFilter(workload_id="other"))
    lines = as_lines({"record_id": other.id, "answer": "b"}, {"content_hash": other.content_hash, "answer": "b"})

    with pytest.raises(GoldFileRefused, match="belongs to workload 'other', not to 'router'") as caught:
        put(database, logs, lines)

    assert len(caught.value.problems) == 2


def test_long_list_of_wrong_lines_is_cut_in_the_message_only(database: Database, logs: LogStore) -> None:
    content = as_lines(*({"record_id": f"9{n}", "answer": "b"} for n in range(30)))

    with pytest.raises(GoldFileRefused, match=r"30 lines cannot be: .*; and 20 more") as caught:
        put(database, logs, content)

    assert len(caught.value.problems) == 30


@pytest.mark.parametrize(
    ("content", "name", "field", "message"),
    [
        (b"", "gold.jsonl", "file", "holds no lines"),
        (b"record_id,answer\n", "gold.csv", "file", "holds no lines"),
        (b"\xff\xfe", "gold.csv", "file", "is not UTF-8 text"),
        (b"{}", "gold.xlsx", "file", "is not named as a file of gold"),
        (b"record_id,anwser\n1,a\n", "gold.csv", "answer", "there is no column answer, .*did you mean 'answer'"),
        (b"id,answer\n1,a\n", "gold.csv", "record_id", "there is no column record_id or content_hash or request_key"),
    ],
)
def test_file_that_cannot_be_read_at_all_is_refused(content: bytes, name: str, field: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message) as caught:
        read_gold_file(content, name=name)

    assert caught.value.field == field


def test_line_of_a_csv_that_lacks_its_answer_has_its_own_number() -> None:
    file = read_gold_file(b'record_id,answer\n1,"two\nlines"\n2,\n', name="GOLD.CSV")

    assert [line.answer for line in file.lines] == ["two\nlines"]
    assert [problem.line for problem in file.problems] == [4]
