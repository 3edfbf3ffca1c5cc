"""An upgrade with a run in flight: every kept schema opens, its run goes on, and an older program refuses a newer one.

Number 30 of the list in `docs/reliability.md`. Files are kept by `tests/data/schema/keep.py`.
"""

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from core.database import Database
from core.migrations import SchemaError, open_database, schema_version
from core.runs import RunStatus
from core.runs.tables import RunRow
from core.settings import Settings
from tests.chaos.scene import Scene
from tests.machine import REPOSITORY

KEPT = sorted((REPOSITORY / "tests" / "data" / "schema").glob("*.db.gz"))
OPEN = (
    "from core.migrations import open_database; from core.settings import load_settings; open_database(load_settings())"
)


def unpack(kept: Path, data: Path) -> Path:
    data.mkdir(parents=True, exist_ok=True)
    target = data / "state.db"
    target.write_bytes(gzip.decompress(kept.read_bytes()))
    return target


def test_the_schema_of_this_program_is_kept() -> None:
    database = open_database(Settings(data=REPOSITORY / "nowhere", database={"url": "sqlite://"}))  # type: ignore[arg-type]
    head = schema_version(database)
    database.dispose()
    assert f"{head}.db.gz" in {kept.name for kept in KEPT}, "run `python -m tests.data.schema.keep` and commit the file"


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name.split(".")[0])
def test_a_run_in_flight_is_finished_by_the_new_program(kept: Path, tmp_path: Path) -> None:
    unpack(kept, tmp_path / "data")
    with Scene(tmp_path) as scene:
        with scene.database.read() as session:
            run = session.exec(select(RunRow)).one()
        assert run.status == RunStatus.RUNNING
        scene.start_worker()
        scene.wait_for(run.id)
        scene.check_created_once(4)
        scene.check_clean()
        scene.check_events(run.id)


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name.split(".")[0])
def test_an_older_program_refuses_and_changes_nothing(kept: Path, tmp_path: Path) -> None:
    path = unpack(kept, tmp_path)
    database = Database(f"sqlite:///{path}")
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.dispose()
    before = path.read_bytes()
    with pytest.raises(SchemaError, match="newer version"):
        open_database(Settings(data=tmp_path))
    assert path.read_bytes() == before


def test_a_program_killed_in_the_upgrade_leaves_the_old_schema_or_the_new_one(tmp_path: Path) -> None:
    oldest = KEPT[0]
    known = {oldest.name.split(".")[0], KEPT[-1].name.split(".")[0]}
    for number, life_s in enumerate((0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)):
        data = tmp_path / str(number)
        path = unpack(oldest, data)
        environ = {**os.environ, "FLYWHEEL_DATA": str(data)}
        process = subprocess.Popen([sys.executable, "-c", OPEN], cwd=REPOSITORY, env=environ)
        time.sleep(life_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        database = Database(f"sqlite:///{path}")
        assert schema_version(database) in known
        database.dispose()
        opened = open_database(Settings(data=data))
        assert schema_version(opened) == KEPT[-1].name.split(".")[0]
        opened.dispose()
