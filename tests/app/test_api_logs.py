"""`POST /api/logs`: plain and gzip, streamed and bounded, whole or not at all where the body itself is wrong."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.api import create_api, guard, log_body
from core.logs import LogFilter, open_log_store
from core.settings import Settings
from tests.logs.samples import record

LINES = {"content-type": "application/x-ndjson"}
GZIP = {**LINES, "content-encoding": "gzip"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_api(settings), base_url="http://127.0.0.1") as client:
        yield client


def text(*numbers: int) -> bytes:
    return b"".join(json.dumps(record(number)).encode() + b"\n" for number in numbers)


def count(settings: Settings) -> int:
    store = open_log_store(settings)
    try:
        return store.count(LogFilter()).value
    finally:
        store.close()


def test_gzip_and_plain_are_the_same_and_twice_is_once(client: TestClient, settings: Settings) -> None:
    body = text(1, 2, 3)
    first = client.post("/api/logs", content=gzip.compress(body), headers=GZIP).json()
    second = client.post("/api/logs", content=body, headers=LINES).json()
    assert (first["stored"], second["stored"], second["duplicate"]) == (3, 0, 3)
    assert count(settings) == 3


@pytest.mark.parametrize("members", [1, 3])
def test_a_body_that_comes_in_pieces_is_one_body(client: TestClient, settings: Settings, members: int) -> None:
    """One of several gzip members, as files put together are, is read whole too."""
    numbers = range(1, 200)
    packed = b"".join(gzip.compress(text(*numbers[start::members])) for start in range(members)) + b"\0" * 99

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(packed), 97):
            yield packed[start : start + 97]

    assert client.post("/api/logs", content=pieces(), headers=GZIP).json()["stored"] == 199
    assert count(settings) == 199


@pytest.mark.parametrize(
    ("content", "headers", "status", "words"),
    [
        pytest.param(gzip.compress(text(1, 2), mtime=0)[:-9], GZIP, 422, "cut off", id="cut off"),
        pytest.param(
            gzip.compress(text(1), mtime=0) + gzip.compress(text(2), mtime=0)[:30],
            GZIP,
            422,
            "cut off",
            id="second cut off",
        ),
        pytest.param(gzip.compress(text(1), mtime=0) + b"no gzip", GZIP, 422, "damaged", id="second damaged"),
        pytest.param(b"not gzip at all", GZIP, 422, "not gzip", id="not gzip"),
        pytest.param(text(1), {**LINES, "content-encoding": "br"}, 415, "content encoding is br", id="brotli"),
        pytest.param(gzip.compress(b"", mtime=0), GZIP, 422, "empty", id="empty gzip"),
        pytest.param(b" \n \n", LINES, 422, "empty", id="blank lines"),
    ],
)
def test_a_wrong_body_is_told_and_nothing_is_stored(
    client: TestClient, settings: Settings, content: bytes, headers: dict[str, str], status: int, words: str
) -> None:
    reply = client.post("/api/logs", content=content, headers=headers)
    assert reply.status_code == status
    assert words in reply.json()["error"]["message"]
    assert count(settings) == 0


def test_a_small_body_that_unpacks_to_a_large_one_is_refused(
    client: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_body, "LARGEST_JSON_LINES_BYTES", 200_000)
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 200_000
    reply = client.post("/api/logs", content=bomb, headers=GZIP)
    assert reply.status_code == 413
    assert "once unpacked" in reply.json()["error"]["message"]
    assert guard.LARGEST_JSON_LINES_BYTES == 100 * 2**20
    assert count(settings) == 0
