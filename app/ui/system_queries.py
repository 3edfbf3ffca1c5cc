"""What the System page asks about the installation itself: queue, stores and their size on disk, versions."""

import platform
import shutil
import sqlite3
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import streamlit as st

from app.ui import import_queries, queries, run_queries
from core.migrations import schema_version
from core.runs import RunStatus
from core.settings import Settings

MAX_COUNTED = 1_000


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What waits and what is worked on. Cancelling runs count as running: a worker has them."""

    running_runs: int
    waiting_runs: int
    open_imports: int


@dataclass(frozen=True, kw_only=True)
class StoreView:
    """One store: what it is, where, and its size; None where another server keeps it."""

    kind: str
    place: str
    size_bytes: int | None
    contents: str


def get_queue() -> Queue:
    """Return what waits and what is worked on."""
    found = run_queries.list_runs(statuses=run_queries.OPEN, limit=MAX_COUNTED).runs
    waiting = sum(run.status is RunStatus.PENDING for run in found)
    imports = sum(view.status in import_queries.OPEN for view in import_queries.list_imports(limit=MAX_COUNTED))
    return Queue(running_runs=len(found) - waiting, waiting_runs=waiting, open_imports=imports)


def describe_database() -> StoreView:
    """Return the state database: its kind and address without a password, and its schema."""
    address = queries.database().engine.url
    revision = queries.ask(queries.DATABASE, lambda: schema_version(queries.database()))
    is_file = address.get_backend_name() == "sqlite"
    path = Path(str(address.database))
    return StoreView(
        kind="SQLite" if is_file else "PostgreSQL",
        place=str(path) if is_file else address.render_as_string(hide_password=True),
        size_bytes=_size_on_disk(path) if is_file else None,
        contents=f"schema {revision}",
    )


def describe_log_store() -> StoreView:
    """Return the log store: its file or server, and how many records it holds."""
    workloads = queries.list_workloads()
    settings = queries.settings()
    records = sum(workload.records for workload in workloads)
    names = len({workload.workload_id for workload in workloads})
    contents = f"{records:,} records in {names:,} workloads"
    if settings.logs.store == "elasticsearch":
        from core.logs.elasticsearch import measure  # its client takes a third of a second to load

        found = queries.ask(queries.LOG_STORE, lambda: measure(settings.logs.elasticsearch))
        kind, size_bytes = f"Elasticsearch {found.version}", found.size_bytes
    else:
        kind, size_bytes = "SQLite", _size_on_disk(settings.logs_path)
    return StoreView(kind=kind, place=settings.logs_place, size_bytes=size_bytes, contents=contents)


def free_bytes() -> int:
    """Return what is free on the disk that holds the data folder."""
    return shutil.disk_usage(queries.settings().data).free


def list_settings() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings in force, without secrets, and the defaults beside them."""
    return queries.settings().public(), Settings().public()


@st.cache_data(show_spinner=False)
def list_versions() -> dict[str, str]:
    """Return the versions of the product and of what it stands on, by name."""
    return {
        "Flywheel Review": version("flywheel-review"),
        "Python": platform.python_version(),
        "Streamlit": version("streamlit"),
        "SQLite": sqlite3.sqlite_version,
        "Operating system": platform.platform(terse=True),
    }


def _size_on_disk(path: Path) -> int:
    """Return the size of an SQLite file with its write-ahead log; 0 before it is there."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
