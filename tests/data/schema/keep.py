"""Keeps a state database of this program's schema, with a run in flight: `python -m tests.data.schema.keep`.

To be run once for every schema that is released. The run has built its datasets and was about to upload them when its
worker died; `test_kept_schemas.py` lets the current program finish it.
"""

import gzip
import sqlite3
import sys
import tempfile
from pathlib import Path

import orjson

from core.database import utc_now
from core.logs import open_log_store
from core.migrations import open_database, schema_version
from core.runs import Execution, LaunchRequest, Surroundings, claim_run, launch_run
from core.runs.prepared import prepare
from core.runs.stepping import carry_out
from core.settings import Settings
from tests.chaos.scene import WORKLOAD, list_tickets

FOLDER = Path(__file__).parent


def keep() -> Path:
    """Write the file of the current schema and return its path."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), split={"evaluation_size": 10}, probe={"requests": 0})  # type: ignore[arg-type]
        database, logs = open_database(settings), open_log_store(settings)
        for _ in logs.ingest(enumerate(map(orjson.dumps, list_tickets()), start=1)):
            pass
        request = LaunchRequest(
            workload_id=WORKLOAD, students=("local/linear-small",), variants=("base", "customized"), requested_by="rita"
        )
        launch_run(database, request, settings=settings, logs=logs, now=utc_now())
        claim = claim_run(database, owner="a worker that died", lease_s=1, now=utc_now())
        assert claim is not None
        around = Surroundings(
            database=database,
            logs=logs,
            operations=None,  # type: ignore[arg-type]  # nothing outside is asked for before the upload
            settings=settings,
            clock=utc_now,
        )
        execution = Execution(around, claim.lease)
        carry_out(execution, "prepare", prepare)
        execution.close()
        target = FOLDER / f"{schema_version(database)}.db.gz"
        logs.close()
        database.dispose()
        _pack(settings.data / "state.db", target)
    return target


def _pack(source: Path, target: Path) -> None:
    connection = sqlite3.connect(source)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.execute("VACUUM")
    connection.close()
    target.write_bytes(gzip.compress(source.read_bytes(), mtime=0))


if __name__ == "__main__":
    sys.stdout.write(f"{keep()}\n")
