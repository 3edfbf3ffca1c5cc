"""Records leave whole: from API, web process and command line, streamed, filtered, as JSON lines or CSV."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from app.api import create_api
from core.logs import open_log_store
from core.settings import Settings
from tests.logs.samples import START_S, put, record
from tests.processes import Installation

SENT = [record(START_S + n, user=f"text {n}", client="shop" if n % 2 else "app", answer="=1+1") for n in range(20)]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(data=tmp_path)
    store = open_log_store(settings)
    put(store, *SENT)
    store.close()
    with TestClient(create_api(settings), base_url="http://127.0.0.1") as client:
        yield client


def test_what_is_exported_equals_what_was_sent(client: TestClient) -> None:
    reply = client.get("/api/logs/export")
    assert [json.loads(line) for line in reply.text.splitlines()] == SENT
    assert reply.headers["content-disposition"] == 'attachment; filename="records.jsonl"'
    some = client.get("/api/logs/export", params={"client_id": "shop", "text": "-app client:shop text"}).text
    assert [json.loads(line) for line in some.splitlines()] == SENT[1::2]


def test_csv_has_one_row_a_record_and_no_formulas(client: TestClient) -> None:
    reply = client.get("/api/logs/export", params={"format": "csv"})
    assert reply.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    assert len(rows) == 20
    assert rows[0]["time"] == "2025-06-15T15:06:40.000+00:00"
    assert rows[0]["label"] == "'=1+1"
    assert json.loads(rows[3]["request"]) == SENT[3]["request"]


def test_a_wrong_text_is_refused_before_anything_is_sent(client: TestClient) -> None:
    reply = client.get("/api/logs/export", params={"text": "after:never"})
    assert reply.status_code == 422
    assert "is no time" in reply.json()["error"]["message"]


@pytest.mark.full
def test_the_web_process_and_the_command_line_stream_the_same(tmp_path: Path) -> None:
    with Installation(tmp_path) as installation:
        put(installation.logs, *SENT)
        installation.start("web")
        with httpx.Client(base_url=installation.web, trust_env=False, timeout=30) as web:
            everything = web.get("/download/logs").text
            filtered = web.get("/download/logs?client=shop&format=csv").text
            refused = web.get("/download/logs?client=shopp")
        told = installation.run("logs", "export")
        table = installation.run("logs", "export", "--client", "shop", "--format", "csv")
        wrong = installation.run("logs", "export", "--format", "xml")
    assert [json.loads(line) for line in everything.splitlines()] == SENT
    assert told.stdout == everything
    assert table.stdout.replace("\r\n", "\n") == filtered.replace("\r\n", "\n")
    assert (refused.status_code, "did you mean 'shop'" in refused.text) == (400, True)
    assert (wrong.returncode, "choose from jsonl, csv" in wrong.stderr) == (2, True)
