"""Uploaded files: stored by a page, imported by a worker, watched by the page."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import select

from core.artifacts import put_artifact
from core.artifacts.tables import ArtifactRow
from core.database import Database
from core.errors import NotFoundError
from core.logs import (
    ImportStatus,
    ImportView,
    LogFilter,
    LogStore,
    UnreadableFile,
    get_import,
    list_imports,
    open_log_store,
    request_import,
    run_waiting_import,
)
from core.logs.tables import ImportRow
from core.settings import load_settings

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    """An empty log store."""
    store = open_log_store(load_settings(tmp_path, environ={}))
    yield store
    store.close()


def line(number: int) -> str:
    return json.dumps(
        {
            "timestamp": 1735689600 + number,
            "client_id": "shop",
            "workload_id": "support",
            "request": {"model": "big", "messages": [{"role": "user", "content": f"question {number}"}]},
            "response": {"choices": [{"message": {"role": "assistant", "content": "[[refund]]"}}]},
        }
    )


def upload(database: Database, content: bytes, name: str = "part.jsonl", *, now: datetime = NOW, **tags: str) -> str:
    return request_import(database, name=name, content=content, requested_by="rita", now=now, **tags)


def seen(database: Database, import_id: str) -> ImportView:
    with database.read() as session:
        return get_import(session, import_id)


def work(database: Database, store: LogStore) -> bool:
    return run_waiting_import(database, store, clock=lambda: NOW)


def test_an_upload_is_imported_with_counts_and_rejected_lines(database: Database, store: LogStore) -> None:
    lines = [line(1), line(1), '{"timestamp": 1}', line(2)]
    import_id = upload(database, "\n".join(lines).encode())
    assert seen(database, import_id).status is ImportStatus.PENDING
    assert work(database, store)
    view = seen(database, import_id)
    assert (view.status, view.stored, view.duplicate, view.rejected_count) == (ImportStatus.COMPLETED, 2, 1, 1)
    assert [rejected.line for rejected in view.rejected] == [3]
    assert store.count(LogFilter(workload_id="support")).value == 2
    assert not work(database, store)


def test_gzip_and_tags_work_as_on_the_command_line(database: Database, store: LogStore) -> None:
    upload(database, gzip.compress(line(1).encode()), "part.jsonl.gz", workload_id="other", client_id="app")
    work(database, store)
    assert store.count(LogFilter(workload_id="other", client_id="app")).value == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.jsonl", b"", "empty.jsonl is empty"),
        ("picture.png", b"\x89PNG", "picture.png is not named as JSON lines"),
        ("noise.jsonl", bytes(range(256)) * 8, "noise.jsonl"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_at_once(
    database: Database, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(UnreadableFile) as refusal:
        upload(database, content, name)
    assert str(refusal.value).startswith(reason)
    with database.read() as session:
        assert list_imports(session) == []


def test_a_file_cut_off_in_the_middle_fails_with_its_reason(database: Database, store: LogStore) -> None:
    packed = gzip.compress("\n".join(line(n) for n in range(5000)).encode())
    import_id = upload(database, packed[: len(packed) // 2], "part.jsonl.gz")
    work(database, store)
    view = seen(database, import_id)
    assert view.status is ImportStatus.FAILED
    assert view.error is not None
    assert view.error.startswith("part.jsonl.gz is cut off")


def test_conversations_are_stored_once_though_uploaded_and_begun_again(database: Database, store: LogStore) -> None:
    talk = {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good morning"}]}
    content = json.dumps(talk).encode() + b"\n"
    first = upload(database, content, workload_id="talks")
    assert work(database, store)
    with database.write() as session:  # its worker died before it could say so
        session.execute(update(ImportRow).values(status=ImportStatus.RUNNING, lease_until=1.0))
        put_artifact(session, content, media_type="application/octet-stream", now=NOW)
    assert work(database, store)
    again = upload(database, content, workload_id="talks", now=NOW + timedelta(days=1))
    assert work(database, store)
    assert [(seen(database, number).stored, seen(database, number).duplicate) for number in (first, again)] == [
        (0, 1)
    ] * 2
    (record,) = store.browse(LogFilter()).records
    assert record.timestamp_ms == NOW.timestamp() * 1000 + 1


def test_an_import_whose_worker_died_is_begun_anew(database: Database, store: LogStore) -> None:
    import_id = upload(database, line(1).encode())
    with database.write() as session:
        session.execute(update(ImportRow).values(status=ImportStatus.RUNNING, lease_until=1.0))
    assert work(database, store)
    assert seen(database, import_id).status is ImportStatus.COMPLETED


def test_the_bytes_are_kept_only_until_they_are_imported(database: Database, store: LogStore) -> None:
    upload(database, line(1).encode())
    work(database, store)
    with database.read() as session:
        assert session.exec(select(ArtifactRow.sha256)).all() == []


def test_an_unknown_import_is_named(database: Database) -> None:
    with database.read() as session, pytest.raises(NotFoundError, match="no import 'nothing'"):
        get_import(session, "nothing")
