"""Everything an installation connects to, tried one by one: for `flywheel config check` and before a launch.

Looking changes nothing: a store that is not there yet is not made, an older schema is not upgraded. Secrets never
appear, only the references that the settings hold.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.database import DATABASE_DOWN, Database
from core.errors import FlywheelError, UnavailableError
from core.logs import open_log_store
from core.migrations import schema_version
from core.nemo import ModelOps, connect_model_ops
from core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One thing tried: what it is, where, whether it works, and what it said."""

    name: str
    target: str
    ok: bool
    detail: str


def check_connections(settings: Settings) -> Sequence[Connection]:
    """Try the database, the log store, the three services and the students; never raises for what does not work."""
    services, answering = _check_services(settings)
    return (_check_database(settings), _check_logs(settings), *services, *_check_students(settings, answering))


def refuse_unreachable_services(settings: Settings) -> None:
    """Raise `UnavailableError` naming the services that do not answer now, with their addresses."""
    down = [service for service in _check_services(settings)[0] if not service.ok]
    if down:
        names = ", ".join(f"{service.name} ({service.target})" for service in down)
        raise UnavailableError(
            f"nothing was started, because these services do not answer: {names}. The first one: {down[0].detail}."
            " Start them (`flywheel backend` is the local one) or correct their addresses in the settings",
            service=down[0].name,
        )


def _check_database(settings: Settings) -> Connection:
    name, target = "database", settings.public()["database"]["url"] or f"sqlite:///{settings.data / 'state.db'}"
    try:
        url = settings.database_url
        path = _sqlite_path(url)
        if path is not None and not path.exists():
            return _check_place(name, path)
        database = Database(url)
        try:
            version = schema_version(database)
        finally:
            database.dispose()
    except FlywheelError as error:
        return Connection(name=name, target=target, ok=False, detail=str(error))
    except DATABASE_DOWN as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return Connection(name=name, target=target, ok=False, detail=reason)
    detail = f"schema {version}" if version else "empty; its schema is made at the first start"
    return Connection(name=name, target=target, ok=True, detail=detail)


def _check_logs(settings: Settings) -> Connection:
    if settings.logs.store == "elasticsearch":
        return _check_elasticsearch(settings)
    path = settings.logs_path
    if not path.exists():
        return _check_place("log store", path)
    try:
        store = open_log_store(settings)
        try:
            workloads = store.workloads()
        finally:
            store.close()
    except FlywheelError as error:
        return Connection(name="log store", target=str(path), ok=False, detail=str(error))
    records = sum(summary.records for summary in workloads)
    detail = f"{records:,} records in {len(workloads):,} workloads"
    return Connection(name="log store", target=str(path), ok=True, detail=detail)


def _check_elasticsearch(settings: Settings) -> Connection:
    from core.logs.elasticsearch import examine  # its client takes a third of a second to load

    name, target = "log store", settings.logs_place
    try:
        found = examine(settings.logs.elasticsearch)
    except FlywheelError as error:
        return Connection(name=name, target=target, ok=False, detail=str(error))
    return Connection(name=name, target=target, ok=found.is_ok, detail=found.detail)


def _check_services(settings: Settings) -> tuple[Sequence[Connection], frozenset[str]]:
    """Return one line per service, and the models that answer now."""
    try:
        operations = connect_model_ops(settings)
    except FlywheelError as error:
        broken = Connection(name="services", target=settings.nemo.services_url, ok=False, detail=str(error))
        return (broken,), frozenset()
    try:
        seen = [
            Connection(name=health.service, target=health.url, ok=health.ok, detail=health.detail)
            for health in operations.probe()
        ]
        return seen, _answering_models(operations) if all(service.ok for service in seen) else frozenset()
    finally:
        operations.close()


def _answering_models(operations: ModelOps) -> frozenset[str]:
    try:
        return operations.list_models()
    except FlywheelError:
        return frozenset()


def _check_students(settings: Settings, answering: frozenset[str]) -> Sequence[Connection]:
    return [
        Connection(
            name=f"student {student.name}",
            target=student.target,
            ok=True,
            detail="answers now" if student.name in answering else "deployed when a run needs it",
        )
        for student in settings.students
    ]


def _check_place(name: str, path: Path) -> Connection:
    """Tell whether a file that is not there yet can be made."""
    folder = next(parent for parent in path.parents if parent.exists())
    ok = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    detail = "not there yet; made at the first start" if ok else f"cannot be made: {folder} is not writable"
    return Connection(name=name, target=str(path), ok=ok, detail=detail)


def _sqlite_path(url: str) -> Path | None:
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
