"""A backup made under load is whole, a restored one goes on, and nothing but a whole backup is ever restored."""

import io
import json
import sqlite3
import tarfile
import threading
from pathlib import Path

import orjson
import pytest

from core.errors import InputError
from core.logs import LogFilter, open_log_store
from core.migrations import BackupError, SchemaError, back_up, open_database, restore
from core.runs import RunStatus
from core.runs.tables import RunRow
from core.settings import LogSettings, Settings
from tests.chaos.scene import list_tickets
from tests.processes import Installation
from tests.runs.rows import NOW, add_run


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with one run in flight and some traffic."""
    settings = Settings(data=tmp_path / "data")
    database = open_database(settings)
    add_run(database, "run-1", status=RunStatus.RUNNING)
    database.dispose()
    ingest(settings, 0, 50)
    return settings


def ingest(settings: Settings, start: int, stop: int) -> None:
    logs = open_log_store(settings)
    for _ in logs.ingest(enumerate(map(orjson.dumps, list_tickets(start, stop)), start=1)):
        pass
    logs.close()


def count_records(settings: Settings) -> int:
    logs = open_log_store(settings)
    try:
        return sum(1 for _ in logs.stream(LogFilter()))
    finally:
        logs.close()


def run_ids(settings: Settings) -> list[str]:
    database = open_database(settings)
    try:
        with database.read() as session:
            return [session.get_one(RunRow, "run-1").id]
    finally:
        database.dispose()


def test_a_backup_made_while_a_writer_writes_is_restored_whole(settings: Settings, tmp_path: Path) -> None:
    stopping = threading.Event()

    def write() -> None:
        start = 50
        while not stopping.is_set():
            ingest(settings, start, start + 20)
            start += 20

    writer = threading.Thread(target=write)
    writer.start()
    try:
        manifest = back_up(settings, tmp_path / "a.backup", now=NOW)
    finally:
        stopping.set()
        writer.join()
    elsewhere = Settings(data=tmp_path / "elsewhere")
    assert restore(tmp_path / "a.backup", elsewhere, now=NOW) == manifest
    assert run_ids(elsewhere) == ["run-1"]
    assert count_records(elsewhere) == manifest.files["logs.db"].rows["record"] >= 50
    assert manifest.files["state.db"].rows == {"run": 1, "decision": 0, "artifact": 0}
    assert list(tmp_path.glob(".flywheel-*")) == []


def test_a_restore_in_place_keeps_what_was_there(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "a.backup", now=NOW)
    ingest(settings, 50, 60)
    with pytest.raises(BackupError, match="--replace"):
        restore(tmp_path / "a.backup", settings, now=NOW)
    assert count_records(settings) == 60
    restore(tmp_path / "a.backup", settings, now=NOW, replace=True)
    assert count_records(settings) == 50
    kept = {path.name for path in settings.data.iterdir() if "before-restore" in path.name}
    assert {"state.db.before-restore-20260301-120000", "logs.db.before-restore-20260301-120000"} <= kept


def test_logs_in_elasticsearch_are_neither_copied_nor_replaced(settings: Settings, tmp_path: Path) -> None:
    elsewhere = settings.model_copy(update={"logs": LogSettings(store="elasticsearch")})
    assert set(back_up(elsewhere, tmp_path / "state.backup", now=NOW).files) == {"state.db"}
    back_up(settings, tmp_path / "both.backup", now=NOW)
    ingest(settings, 50, 60)
    for name in ("state.backup", "both.backup"):
        restore(tmp_path / name, elsewhere, now=NOW, replace=True)
        assert run_ids(settings) == ["run-1"]
        assert count_records(settings) == 60


def test_a_running_installation_is_not_replaced(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "a.backup", now=NOW)
    database = open_database(settings)
    with database.read() as session:
        session.get_one(RunRow, "run-1")
    with pytest.raises(BackupError, match="in use; stop the installation"):
        restore(tmp_path / "a.backup", settings, now=NOW, replace=True)
    database.dispose()
    assert run_ids(settings) == ["run-1"]


def test_an_existing_file_is_never_overwritten(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.backup").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        back_up(settings, tmp_path / "a.backup", now=NOW)
    assert (tmp_path / "a.backup").read_text() == "mine"


@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 0.95])
def test_a_cut_off_backup_is_refused(settings: Settings, tmp_path: Path, share: float) -> None:
    back_up(settings, tmp_path / "a.backup", now=NOW)
    content = (tmp_path / "a.backup").read_bytes()
    (tmp_path / "cut.backup").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError):
        restore(tmp_path / "cut.backup", settings, now=NOW, replace=True)
    assert run_ids(settings) == ["run-1"]


def test_a_flipped_byte_is_found(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "a.backup", now=NOW)
    content = bytearray((tmp_path / "a.backup").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "bad.backup").write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        restore(tmp_path / "bad.backup", settings, now=NOW, replace=True)
    assert run_ids(settings) == ["run-1"]


def rewrite(source: Path, target: Path, **changes: object) -> None:
    """Copy an archive with another manifest."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old.getmembers():
            file = old.extractfile(member)
            assert file is not None
            content = file.read()
            if member.name == "manifest.json":
                content = json.dumps({**json.loads(content), **changes}).encode()
            entry = tarfile.TarInfo(member.name)
            entry.size = len(content)
            new.addfile(entry, io.BytesIO(content))


def test_a_newer_schema_is_refused_before_anything_is_touched(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "a.backup", now=NOW)
    rewrite(tmp_path / "a.backup", tmp_path / "newer.backup", schema="9999")
    with pytest.raises(SchemaError, match="9999"):
        restore(tmp_path / "newer.backup", settings, now=NOW, replace=True)
    assert run_ids(settings) == ["run-1"]


def test_an_archive_with_other_members_writes_nothing_elsewhere(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "a.backup", now=NOW)
    with tarfile.open(tmp_path / "a.backup", "a") as archive:
        for name in ("../escaped", "/tmp/flywheel-escaped"):
            entry = tarfile.TarInfo(name)
            entry.size = 2
            archive.addfile(entry, io.BytesIO(b"no"))
    elsewhere = Settings(data=tmp_path / "deep" / "elsewhere")
    restore(tmp_path / "a.backup", elsewhere, now=NOW)
    assert not (tmp_path / "deep" / "escaped").exists()
    assert not Path("/tmp/flywheel-escaped").exists()
    assert run_ids(elsewhere) == ["run-1"]


def test_what_is_no_backup_is_refused_in_plain_words(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        restore(tmp_path / "nothing", settings, now=NOW)
    (tmp_path / "text").write_text("hello" * 500)
    with pytest.raises(InputError, match="no backup"):
        restore(tmp_path / "text", settings, now=NOW)


def test_postgresql_is_left_to_its_own_tools(tmp_path: Path) -> None:
    elsewhere = Settings(data=tmp_path, database={"url": "postgresql+psycopg://u@h/d"})  # type: ignore[arg-type]
    with pytest.raises(InputError, match="pg_dump"):
        back_up(elsewhere, tmp_path / "a.backup", now=NOW)


def test_the_commands_do_it_from_end_to_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with Installation(data) as installation:
        add_run(installation.database, "run-1", status=RunStatus.COMPLETED)
        made = installation.run("backup", str(tmp_path / "a.backup"), "--json")
        assert made.returncode == 0, made.stderr
        assert json.loads(made.stdout)["manifest"]["files"]["state.db"]["rows"]["run"] == 1
        refused = installation.run("restore", str(tmp_path / "a.backup"))
        assert refused.returncode == 1
        assert "--replace" in refused.stderr
    other = {"FLYWHEEL_DATA": str(tmp_path / "other")}
    with Installation(tmp_path / "unused") as bystander:
        done = bystander.run("restore", str(tmp_path / "a.backup"), variables=other)
    assert done.returncode == 0, done.stderr
    connection = sqlite3.connect(tmp_path / "other" / "state.db")
    assert connection.execute("SELECT count(*) FROM run").fetchone() == (1,)
    connection.close()
