"""Logged traffic out of the product: exported by command and call, deleted by command."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from core.logs import DeletionStatus, LogFilter, list_deletions
from tests.app.test_cli import Flywheel, flywheel
from tests.processes import Installation

__all__ = ["flywheel"]
OF_REAL_TRAFFIC = ("twitter-fin-topic", "banking77", "snips-tools", "e2e-restaurants")
SMALLEST = "e2e-restaurants"  # the others take 3 to 11 seconds


def objects(text: str) -> list[str]:
    """Return JSON lines in a form that compares equal exactly when they hold equal objects, in any order."""
    return sorted(json.dumps(json.loads(line), sort_keys=True) for line in text.splitlines())


def test_every_file_of_real_traffic_is_exported(traffic: Path) -> None:
    assert sorted(path.name for path in traffic.glob("*.gz")) == sorted(
        f"{name}.train.jsonl.gz" for name in OF_REAL_TRAFFIC
    )


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == SMALLEST else pytest.mark.full) for name in OF_REAL_TRAFFIC]
)
def test_export_of_a_whole_workload_gives_back_equal_objects(
    flywheel: Flywheel, tmp_path: Path, traffic: Path, name: str
) -> None:
    path = traffic / f"{name}.train.jsonl.gz"
    data = ("--data", str(tmp_path))
    flywheel("logs", "import", str(path), *data)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        sent = file.read()
    workload = json.loads(sent.partition("\n")[0])["workload_id"]
    exported = flywheel("logs", "export", "--workload", workload, *data).out
    assert objects(exported) == objects(sent)


def test_a_query_narrows_an_export_on_the_command_line_and_over_http(
    flywheel: Flywheel, installation: Installation, client: TestClient
) -> None:
    text = "gold -has:tools after:2000-01-01"
    expected = [dict(found.body) for found in installation.logs.stream(LogFilter(text=text))]
    assert 0 < len(expected) < 300
    told = flywheel("logs", "export", "--query", text, on=installation).out
    answer = client.get("/api/logs/export", params={"text": text, "workload": "topics"})
    assert [json.loads(line) for line in told.splitlines()] == expected
    assert [json.loads(line) for line in answer.text.splitlines()] == expected
    assert answer.headers["content-type"] == "application/jsonl"
    assert answer.headers["content-disposition"].endswith('.jsonl"')


def test_times_narrow_a_file_over_http(installation: Installation, client: TestClient) -> None:
    records = list(installation.logs.stream(LogFilter()))
    since, until = (datetime.fromtimestamp(records[n].timestamp_ms / 1000, UTC).isoformat() for n in (10, 20))
    answer = client.get("/api/logs/export", params={"since": since, "until": until})
    expected = [
        dict(found.body)
        for found in records
        if records[10].timestamp_ms <= found.timestamp_ms < records[20].timestamp_ms
    ]
    assert [json.loads(line) for line in answer.text.splitlines()] == expected


def test_csv_holds_a_row_a_record_for_a_spreadsheet(
    flywheel: Flywheel, installation: Installation, client: TestClient
) -> None:
    told = flywheel("logs", "export", "--format", "csv", on=installation).out
    answer = client.get("/api/logs/export", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.replace("\r\n", "\n") == told.replace("\r\n", "\n")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    records = list(installation.logs.stream(LogFilter()))
    assert [row["record"] for row in rows] == [record.id for record in records]
    assert [row["label"] or None for row in rows] == [record.label for record in records]
    assert {row["workload_id"] for row in rows} == {"topics"}
    assert rows[0]["time"].endswith("+00:00")
    assert all(row["request"] and row["answer"] for row in rows)


def test_nothing_found_is_an_empty_file_with_its_columns(client: TestClient) -> None:
    assert client.get("/api/logs/export", params={"text": "nevermentioned"}).text == ""
    columns = client.get("/api/logs/export", params={"text": "nevermentioned", "format": "csv"}).text
    assert columns.startswith("record,time,client_id")
    assert columns.count("\n") == 1


@pytest.mark.parametrize(
    ("parameters", "status", "field", "words"),
    [
        ({"text": "modl:x"}, 422, "text", "did you mean 'model'"),
        ({"text": 'a "b'}, 422, "text", "character 3"),
        ({"workload": "topisc"}, 404, "workload_id", "did you mean 'topics'"),
        ({"client": "test"}, 404, "client_id", "did you mean 'tests'"),
        ({"format": "xml"}, 422, "format", "jsonl"),
        ({"since": "yesterday"}, 422, "since", ""),
    ],
)
def test_what_cannot_be_exported_is_refused_before_the_first_byte(
    client: TestClient, parameters: dict[str, str], status: int, field: str, words: str
) -> None:
    answer = client.get("/api/logs/export", params=parameters)
    assert answer.status_code == status
    assert answer.json()["error"]["field"] == field
    assert words in answer.json()["error"]["message"]


def test_an_unknown_format_is_told_with_what_there_is(flywheel: Flywheel, installation: Installation) -> None:
    ended = flywheel("logs", "export", "--format", "xml", on=installation)
    assert (ended.code, ended.out) == (2, "")
    assert "jsonl and csv" in ended.err


def test_delete_tells_first_and_deletes_when_told_to(flywheel: Flywheel, installation: Installation) -> None:
    dry = flywheel("logs", "delete", "--workload", "topics", on=installation)
    assert dry.out.startswith("300 records of workload 'topics' would be deleted. Nothing was;")
    assert installation.logs.count(LogFilter()).value == 300
    done = flywheel("logs", "delete", "--workload", "topics", "--yes", "--as", "rita", on=installation)
    assert done.out == "300 records of workload 'topics' deleted.\n"
    assert installation.logs.count(LogFilter()).value == 0
    with installation.database.read() as session:
        (event,) = list_deletions(session)
    assert (event.requested_by, event.deleted, event.status) == ("rita", 300, DeletionStatus.COMPLETED)


def test_an_import_is_listed_and_undone(
    flywheel: Flywheel, installation: Installation, tmp_path: Path, topics: Path
) -> None:
    again = tmp_path / "again.jsonl"
    again.write_text(topics.read_text())
    flywheel("logs", "import", str(again), "--client", "copy", on=installation)
    newest, first = flywheel("logs", "imports", "--json", on=installation).json["imports"]
    assert (newest["source"], newest["records"], first["records"]) == ("again.jsonl", 300, 300)
    assert "again.jsonl" in flywheel("logs", "imports", on=installation).out
    undone = flywheel("logs", "delete", "--import", newest["id"], "--yes", "--json", on=installation).json
    assert (undone["would_delete"], undone["deleted"]) == (300, 300)
    assert installation.logs.count(LogFilter(client_id="copy")).value == 0
    assert installation.logs.count(LogFilter(client_id="tests")).value == 300


def test_old_records_and_single_ones_are_deleted(flywheel: Flywheel, installation: Installation) -> None:
    records = list(installation.logs.stream(LogFilter()))
    cut = datetime.fromtimestamp(records[100].timestamp_ms / 1000, UTC)
    older = sum(found.timestamp_ms < records[100].timestamp_ms for found in records)
    told = flywheel("logs", "delete", "--before", cut.isoformat(), "--json", on=installation).json
    assert told["would_delete"] == older
    ids = ("--id", records[0].id, "--id", records[1].id)
    assert flywheel("logs", "delete", *ids, "--yes", "--json", on=installation).json["deleted"] == 2
    everything = flywheel("logs", "delete", "--older-than", "1", "--json", on=installation).json
    assert everything["would_delete"] == 298


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "say what to delete"),
        (("--workload", "topisc"), "did you mean 'topics'"),
        (("--import", "99"), "no import '99'"),
        (("--before", "yesterday"), "not a time"),
        (("--before", "2026-01-01", "--older-than", "3"), "give one"),
        (("--older-than", "9999999"), "no record"),
        (("--older-than", "0"), "older-than"),
    ],
)
def test_what_cannot_be_deleted_is_refused(
    flywheel: Flywheel, installation: Installation, options: tuple[str, ...], words: str
) -> None:
    ended = flywheel("logs", "delete", *options, "--yes", on=installation)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err
    assert installation.logs.count(LogFilter()).value == 300
