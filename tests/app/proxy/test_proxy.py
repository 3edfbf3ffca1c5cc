"""The side-car with the real client: answers pass as they come, records are whole, and nothing holds them up."""

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import openai
import pytest

from app.proxy import Journal, Tags, create_proxy
from core.logs import LogFilter, LogRecord, LogStore, LogStoreUnavailable
from core.logs.sqlite import SqliteLogStore
from tests.app.proxy.upstream import Model, Served
from tests.waiting import wait_until

SECRET = "sk-never-to-be-logged"
ASK = {"role": "user", "content": "hello"}


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "logs.db"


class Sidecar:
    """The side-car under test with its upstream, store and spool."""

    def __init__(self, model: Model, store_path: Path, open_store: Callable[[], LogStore] | None = None) -> None:
        self.store_path = store_path
        self.spool = store_path.with_name("spool.ndjson")
        self.upstream = Served(model.app)
        self.journal = Journal(open_store or (lambda: SqliteLogStore(store_path)), self.spool)
        tags = Tags(workload_id="untagged", client_id="nobody")
        self.proxy = Served(create_proxy(self.upstream.url, self.journal, tags))

    def __enter__(self) -> "Sidecar":
        self.upstream.__enter__()
        self.proxy.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.proxy.__exit__()
        self.upstream.__exit__()

    def client(self, **headers: str) -> openai.OpenAI:
        return openai.OpenAI(
            base_url=f"{self.proxy.url}/v1",
            api_key=SECRET,
            max_retries=0,
            default_headers=headers,
            http_client=httpx.Client(trust_env=False),
        )

    def records(self) -> list[LogRecord]:
        store = SqliteLogStore(self.store_path)
        try:
            return list(store.stream(LogFilter()))
        finally:
            store.close()

    def wait_for_records(self, count: int) -> list[LogRecord]:
        wait_until(lambda: len(self.records()) >= count, f"{count} records", timeout_s=20)
        return self.records()


@pytest.fixture
def sidecar(model: Model, store_path: Path) -> Iterator[Sidecar]:
    with Sidecar(model, store_path) as sidecar:
        yield sidecar


def test_a_plain_answer_passes_and_is_logged_under_its_tags(sidecar: Sidecar, model: Model) -> None:
    with sidecar.client(**{"X-Workload-Id": "triage", "X-Client-Id": "shop"}) as client:
        answer = client.chat.completions.create(model="big", messages=[ASK])
    assert answer.choices[0].message.content == "echo hello"
    (record,) = sidecar.wait_for_records(1)
    assert (record.workload_id, record.client_id, record.model) == ("triage", "shop", "big")
    assert (record.prompt_tokens, record.completion_tokens, record.finish_reason) == (7, 3, "stop")
    assert record.request["messages"] == [ASK]
    headers, _ = model.requests[0]
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert not {"x-workload-id", "x-client-id"} & headers.keys()
    assert SECRET.encode() not in sidecar.store_path.read_bytes()


def test_a_stream_passes_piece_by_piece_and_is_logged_whole(sidecar: Sidecar) -> None:
    with sidecar.client() as client:
        started, times, said = time.monotonic(), [], ""
        slow = {"role": "user", "content": "slow"}
        for part in client.chat.completions.create(model="big", messages=[slow], stream=True):
            times.append(time.monotonic() - started)
            said += (part.choices[0].delta.content or "") if part.choices else ""
    assert said == "echo slow"
    assert times[-1] - times[0] > 0.5, "the first piece came long before the last"
    (record,) = sidecar.wait_for_records(1)
    assert record.response["choices"][0]["message"]["content"] == "echo slow"  # type: ignore[index]
    assert (record.workload_id, record.client_id, record.completion_tokens) == ("untagged", "nobody", 3)


def test_streamed_tool_calls_are_put_together(sidecar: Sidecar) -> None:
    with sidecar.client() as client:
        tools = {"role": "user", "content": "tools"}
        list(client.chat.completions.create(model="big", messages=[tools], stream=True))
    (record,) = sidecar.wait_for_records(1)
    first, second = record.response["choices"][0]["message"]["tool_calls"]  # type: ignore[index]
    assert (first["id"], first["function"]) == ("call_1", {"name": "track", "arguments": '{"parcel": "A1"}'})
    assert second["function"]["name"] == "tell"
    assert (record.has_tool_calls, record.label) == (True, "track")


def test_an_upstream_that_dies_in_mid_stream_is_seen_to_die_and_not_logged(sidecar: Sidecar) -> None:
    with sidecar.client() as client:
        die = {"role": "user", "content": "die"}
        with pytest.raises((httpx.RemoteProtocolError, openai.APIError)):
            list(client.chat.completions.create(model="big", messages=[die], stream=True))
        client.chat.completions.create(model="big", messages=[ASK])
    (record,) = sidecar.wait_for_records(1)
    assert record.request["messages"] == [ASK]


def test_errors_pass_as_they_are_and_are_no_answers(sidecar: Sidecar) -> None:
    with sidecar.client() as client:
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(model="big", messages=[{"role": "user", "content": "refuse"}])
        assert caught.value.response.headers["retry-after"] == "3"
        client.chat.completions.create(model="big", messages=[ASK])
    assert len(sidecar.wait_for_records(1)) == 1


def test_everything_else_passes_through_unlogged(sidecar: Sidecar) -> None:
    with httpx.Client(base_url=sidecar.proxy.url, trust_env=False) as client:
        assert client.get("/v1/models?limit=3").json() == {"data": [{"id": "big"}], "asked": "limit=3"}
        uploaded = client.post("/v1/files", content=b"x" * 300_000, headers={"content-type": "audio/wav"})
        assert (uploaded.text, uploaded.headers["x-kind"]) == ("300000", "audio/wav")
        assert client.get("/v1/nowhere").status_code == 404
    assert sidecar.records() == []


def test_addresses_and_headers_pass_byte_by_byte(sidecar: Sidecar) -> None:
    sent = [
        (b"host", b"models.example"),
        (b"x-caller", "Jörg".encode()),
        (b"x-twice", b"1"),
        (b"x-twice", b"2"),
        (b"x-hop", b"for the side-car alone"),
        (b"connection", b"x-hop"),
    ]
    address = httpx.URL(sidecar.proxy.url).copy_with(raw_path=b"/v1/echo/acme%2Fbig%20one?flag&a=1+2%2B3&a=%C3%B6")
    with httpx.Client(trust_env=False) as client:
        answer = client.request("GET", address, headers=sent)
    assert answer.json()["asked"] == "/v1/echo/acme%2Fbig%20one?flag&a=1+2%2B3&a=%C3%B6"
    headers = [(name, value.encode("latin-1")) for name, value in answer.json()["headers"]]
    assert ("x-caller", "Jörg".encode()) in headers
    assert [value for name, value in headers if name == "x-twice"] == [b"1", b"2"]
    assert not {"x-hop", "models.example"} & {text for name, value in headers for text in (name, value.decode())}
    assert [cookie.partition("=")[0] for cookie in answer.headers.get_list("set-cookie")] == ["first", "second"]


@pytest.mark.parametrize("pieces", [False, True])
def test_a_body_is_announced_as_the_application_announced_it(sidecar: Sidecar, *, pieces: bool) -> None:
    body = (b"x" for _ in range(3)) if pieces else b"xxx"
    with httpx.Client(trust_env=False) as client:
        answer = client.post(f"{sidecar.proxy.url}/v1/echo/file", content=body)
    headers = dict(answer.json()["headers"])
    assert headers.get("content-length") == (None if pieces else "3")
    assert headers.get("transfer-encoding") == ("chunked" if pieces else None)


def test_an_answer_compressed_in_spite_of_the_question_is_logged(sidecar: Sidecar) -> None:
    with sidecar.client() as client:
        wish = {"role": "user", "content": "compressed"}
        answer = client.chat.completions.create(model="big", messages=[wish])
    assert answer.choices[0].message.content == "echo compressed"
    (record,) = sidecar.wait_for_records(1)
    assert record.response["choices"][0]["message"]["content"] == "echo compressed"  # type: ignore[index]


def test_an_upstream_that_is_not_there_is_told(store_path: Path) -> None:
    journal = Journal(lambda: SqliteLogStore(store_path), store_path.with_name("spool.ndjson"))
    with Served(create_proxy("http://me:s3cret@127.0.0.1:9", journal, Tags(workload_id="w", client_id="c"))) as proxy:
        reply = httpx.post(f"{proxy.url}/v1/chat/completions", json={"messages": [ASK]}, trust_env=False)
    assert reply.status_code == 502
    assert reply.json()["error"]["message"] == "the model at http://127.0.0.1:9 did not answer: ConnectError"


def test_while_the_store_is_down_answers_pass_and_records_wait_on_disk(model: Model, store_path: Path) -> None:
    is_down = True

    def open_store() -> LogStore:
        if is_down:
            raise LogStoreUnavailable("the disk is away")
        return SqliteLogStore(store_path)

    with Sidecar(model, store_path, open_store) as sidecar, sidecar.client() as client:
        for number in range(3):
            asked = {"role": "user", "content": f"hello {number}"}
            assert client.chat.completions.create(model="big", messages=[asked])
        wait_until(sidecar.spool.exists, "the spool")
        wait_until(lambda: len(sidecar.spool.read_bytes().splitlines()) == 3, "three records in the spool")
        assert SECRET.encode() not in sidecar.spool.read_bytes()
        is_down = False
        assert len(sidecar.wait_for_records(3)) == 3
        wait_until(lambda: not sidecar.spool.exists(), "the spool to be gone")


def test_a_locked_store_delays_no_answer_and_nothing_is_lost_or_doubled(sidecar: Sidecar) -> None:
    with sidecar.client() as client:
        client.chat.completions.create(model="big", messages=[ASK])
        sidecar.wait_for_records(1)
        lock = sqlite3.connect(sidecar.store_path, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        for number in range(5):
            asked = {"role": "user", "content": f"hello {number}"}
            client.chat.completions.create(model="big", messages=[asked])
        took_s = time.monotonic() - started
        lock.execute("ROLLBACK")
        lock.close()
    assert took_s < 5, "the store's lock is waited for thirty seconds"
    texts = [record.request["messages"][-1]["content"] for record in sidecar.wait_for_records(6)]  # type: ignore[index]
    assert sorted(texts) == sorted(["hello", *(f"hello {number}" for number in range(5))])


def test_a_spool_left_by_a_killed_process_is_stored_at_the_next_start(model: Model, store_path: Path) -> None:
    left = {
        "timestamp": 1_750_000_000,
        "client_id": "c",
        "workload_id": "w",
        "request": {"messages": [ASK]},
        "response": {"choices": [{"message": {"role": "assistant", "content": "x"}}]},
    }
    store_path.with_name("spool.ndjson").write_text(json.dumps(left) + "\n" + json.dumps(left) + "\n")
    with Sidecar(model, store_path) as sidecar:
        assert len(sidecar.wait_for_records(1)) == 1
        wait_until(lambda: not sidecar.spool.exists(), "the spool to be gone")


def test_a_store_that_cannot_be_used_at_all_loses_nothing(model: Model, store_path: Path) -> None:
    store_path.write_bytes(b"something else" * 1000)
    with Sidecar(model, store_path) as sidecar, sidecar.client() as client:
        for number in range(2):
            client.chat.completions.create(model="big", messages=[{"role": "user", "content": f"hello {number}"}])
            wait_until(lambda n=number: _lines(sidecar.spool) == n + 1, "the spool")  # type: ignore[misc]
        store_path.unlink()
        assert len(sidecar.wait_for_records(2)) == 2


def _lines(path: Path) -> int:
    return len(path.read_bytes().splitlines()) if path.exists() else 0


def test_records_beyond_what_can_be_kept_are_counted_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.proxy.spool.LARGEST_BYTES", 5)

    def away() -> LogStore:
        raise LogStoreUnavailable("away")

    journal = Journal(away, tmp_path / "spool.ndjson")
    with caplog.at_level(logging.ERROR):
        for number in range(3):
            journal.put(lambda number=number: {"n": number})  # type: ignore[misc]
            time.sleep(0.1)
        journal.close()
    assert journal.lost == 2
    assert "could not be kept" in caplog.text
