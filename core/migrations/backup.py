"""Backups of an installation on SQLite: one file, made while everything runs, verified by opening.

The archive is a tar of `manifest.json`, the state database and the log store, each copied by SQLite's online backup: a
consistent instant with its write-ahead log, whoever writes meanwhile. The state is copied first, then the logs, so that
every record the state refers to is there. Secrets are in neither. A PostgreSQL database has its own tools, and so has a
log store on Elasticsearch: what is kept there is neither copied nor restored.

A restore trusts nothing: members are read by name, hashes and schema are checked before anything is touched, and what
stood there before is kept beside it.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from core import VERSION
from core.errors import ConflictError, InputError
from core.migrations.upgrade import SchemaError, is_known_schema
from core.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
STATE, LOGS = "state.db", "logs.db"
COUNTED = {STATE: ("run", "decision", "artifact"), LOGS: ("record",)}
"""Tables whose rows the manifest counts, so that a reader sees what is in there."""
COPY_PAGES = 2048
HASH_BYTES = 2**20

OnProgress = Callable[[int, int], object]
"""Called with pages (or bytes) done and in all."""


class BackupError(ConflictError):
    """The archive cannot be used, or the place it should go to is taken."""


@dataclass(frozen=True, kw_only=True)
class BackupFile:
    """One database in an archive. `rows` counts its main tables."""

    sha256: str
    size_bytes: int
    rows: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class BackupManifest:
    """What an archive says about itself."""

    format: int
    program: str
    schema: str
    created_at: str
    files: Mapping[str, BackupFile]


def back_up(
    settings: Settings, target: Path, *, now: datetime, on_progress: OnProgress = lambda *_: None
) -> BackupManifest:
    """Write a backup to `target` and return its manifest. Raises `InputError` for PostgreSQL and for a taken name.

    Logs that are kept in Elasticsearch are left out; the manifest then names no file of logs. The file appears under
    its name when it is whole.
    """
    places = _places(settings)
    if target.exists():
        raise InputError(f"{target} exists already; choose another name", field="file")
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".flywheel-backup-", dir=target.parent) as folder:
        files = {}
        for name, source in places.items():
            if source.exists():
                copy = Path(folder) / name
                _copy(source, copy, on_progress)
                files[name] = _describe(copy, name)
        manifest = BackupManifest(
            format=FORMAT,
            program=VERSION,
            schema=_read_schema(Path(folder) / STATE),
            created_at=now.isoformat(),
            files=files,
        )
        part = Path(folder) / "archive.tar"
        _write_archive(part, Path(folder), manifest)
        part.rename(target)
    return manifest


def restore(
    source: Path, settings: Settings, *, now: datetime, replace: bool = False, on_progress: OnProgress = lambda *_: None
) -> BackupManifest:
    """Put a backup in place and return its manifest. Nothing is touched before everything has been checked.

    Raises `InputError` for what is no backup of ours, `SchemaError` for one of a newer program, `BackupError` when the
    installation is running or, without `replace`, when there is one. What was there is kept under a dated name. The
    backup's logs are left alone where the installation keeps its own in Elasticsearch.
    """
    places = _places(settings)
    state = places[STATE]
    with _open_archive(source) as archive:
        manifest = _read_manifest(archive, source)
        taken = [place for place in places.values() if place.exists()]
        if taken and not replace:
            raise BackupError(f"{taken[0]} exists already; --replace keeps it beside the restored one")
        for place in taken:
            _refuse_open(place)
        state.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".flywheel-restore-", dir=state.parent) as folder:
            wanted = {name: file for name, file in manifest.files.items() if name in places}
            for name, file in wanted.items():
                copy = Path(folder) / name
                _extract(archive, name, copy, file, on_progress)
                if _describe(copy, name) != file:
                    raise InputError(f"{name} in {source} does not hold what its manifest says", field="file")
            for place in taken:
                _keep(place, now)
            for name in wanted:
                places[name].parent.mkdir(parents=True, exist_ok=True)
                shutil.move(Path(folder) / name, places[name])
    return manifest


def _places(settings: Settings) -> Mapping[str, Path]:
    """Return where the databases are that a backup holds. Raises `InputError` for PostgreSQL."""
    state = _state_path(settings)
    return {STATE: state, LOGS: settings.logs_path} if settings.logs.store == "sqlite" else {STATE: state}


def _state_path(settings: Settings) -> Path:
    is_file = settings.logs.store == "sqlite"
    logs_too = "file can be copied with sqlite3's .backup" if is_file else "indices by snapshots of Elasticsearch"
    url = settings.database_url
    if not url.startswith("sqlite:///"):
        raise InputError(
            "the state is kept in PostgreSQL, whose own tools back it up: pg_dump --format=custom, and pg_restore;"
            f" the log store's {logs_too}",
            field="database.url",
        )
    return Path(url.removeprefix("sqlite:///"))


def _copy(source: Path, target: Path, on_progress: OnProgress) -> None:
    live, copy = sqlite3.connect(source), sqlite3.connect(target)
    try:
        live.execute("BEGIN")  # one snapshot: without it, the copy begins anew whenever somebody else writes
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        live.backup(copy, pages=COPY_PAGES, progress=lambda _, left, total: on_progress(total - left, total))
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a write-ahead log beside it
    finally:
        copy.close()
        live.close()


def _describe(path: Path, name: str) -> BackupFile:
    """Open a copy, check it, count it. Raises `InputError` for a damaged one."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise InputError(f"{name} is damaged: {verdict}", field="file")
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        rows = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  # our own names
            for table in COUNTED[name]
            if table in tables
        }
    except sqlite3.DatabaseError as error:
        raise InputError(f"{name} is no database: {error}", field="file") from error
    finally:
        connection.close()
    return BackupFile(sha256=_hash(path), size_bytes=path.stat().st_size, rows=rows)


def _read_schema(path: Path) -> str:
    """Return the revision of a copy, changing nothing in it."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    finally:
        connection.close()


def _write_archive(part: Path, folder: Path, manifest: BackupManifest) -> None:
    document = json.dumps(asdict(manifest), indent=2).encode()
    with part.open("wb") as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            entry = tarfile.TarInfo(MANIFEST)
            entry.size = len(document)
            archive.addfile(entry, io.BytesIO(document))
            for name in manifest.files:
                archive.add(folder / name, arcname=name)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _open_archive(source: Path) -> Iterator[tarfile.TarFile]:
    if not source.is_file():
        raise InputError(f"there is no file {source}", field="file")
    try:
        with tarfile.open(source, mode="r:") as archive:
            yield archive
    except (tarfile.TarError, EOFError) as error:
        raise InputError(f"{source} is no backup, or it is cut off: {error}", field="file") from error


def _read_manifest(archive: tarfile.TarFile, source: Path) -> BackupManifest:
    try:
        with _member(archive, MANIFEST) as file:
            document: dict[str, Any] = json.loads(file.read())
        files = {name: BackupFile(**entry) for name, entry in document["files"].items()}
        manifest = BackupManifest(**{**document, "files": files})
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{source} is no backup: its manifest cannot be read", field="file") from error
    if manifest.format != FORMAT or set(files) - set(COUNTED) or STATE not in files:
        raise InputError(f"{source} is a backup of a format this version does not know", field="file")
    if not is_known_schema(manifest.schema):
        raise SchemaError(
            f"{source} has schema {manifest.schema}, which this version does not know; it was made by version"
            f" {manifest.program}: restore it with that one or a newer one"
        )
    return manifest


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """Return a regular member by exact name; links and other kinds do not count."""
    member = archive.getmember(name)
    file = archive.extractfile(member) if member.isreg() else None
    if file is None:
        raise KeyError(name)
    return file


def _extract(archive: tarfile.TarFile, name: str, target: Path, wanted: BackupFile, on_progress: OnProgress) -> None:
    try:
        with _member(archive, name) as file, target.open("wb") as copy:
            while piece := file.read(HASH_BYTES):
                copy.write(piece)
                on_progress(copy.tell(), wanted.size_bytes)
    except KeyError as error:
        raise InputError(f"{name} is missing in the backup", field="file") from error
    if _hash(target) != wanted.sha256:
        raise InputError(f"{name} in the backup is damaged: its hash is not the one in the manifest", field="file")


def _refuse_open(path: Path) -> None:
    """Refuse while another process has the database open: only alone can it leave the write-ahead log's mode."""
    connection = sqlite3.connect(path, timeout=0.2, isolation_level=None)
    try:
        mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        if mode != "delete":
            raise BackupError(f"{path} is in use; stop the installation first (Ctrl-C where `flywheel up` runs)")
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as error:
        raise BackupError(f"{path} is in use; stop the installation first (Ctrl-C where `flywheel up` runs)") from error
    except sqlite3.DatabaseError:
        return  # damaged: what a restore is for
    finally:
        connection.close()


def _keep(path: Path, now: datetime) -> None:
    """Move a database and what belongs to it aside."""
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(path.with_name(f"{path.name}.before-restore-{now:%Y%m%d-%H%M%S}{suffix}"))


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(HASH_BYTES):
            digest.update(piece)
    return digest.hexdigest()
