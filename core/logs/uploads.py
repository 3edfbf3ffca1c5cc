"""Uploaded files, and copies of an index: asked for by a page, carried out by a worker, watched by the page.

Importing is idempotent, so a worker that dies in the middle is simply followed by one that begins anew.
"""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import and_, or_, update
from sqlmodel import Session, col, select

from core.artifacts import delete_artifact, open_artifact, put_artifact
from core.database import Database
from core.errors import FlywheelError, InputError, NotFoundError
from core.logs.errors import UnreadableFile
from core.logs.files import LogFile
from core.logs.store import LogStore, RejectedLine
from core.logs.tables import ImportRow, ImportStatus
from core.logs.transfer import ImportProgress, import_file

LARGEST_UPLOAD_BYTES = 200 * 1024 * 1024
REJECTED_LISTED = 100
LEASE_S = 60
UPLOAD_LOCK = 9
NOTHING_UPLOADED = ""
"""The artifact of a copy, whose records are in an index already."""


@dataclass(frozen=True, kw_only=True)
class ImportView:
    """An upload as its page shows it; `rejected` lists the first lines that were not stored.

    For a copy of an index (`is_copy`) sizes are records, and `name` is the index.
    """

    id: str
    name: str
    status: ImportStatus
    size_bytes: int
    read_bytes: int
    stored: int
    duplicate: int
    rejected_count: int
    rejected: tuple[RejectedLine, ...]
    error: str | None
    requested_by: str
    created_at: datetime
    finished_at: datetime | None
    is_copy: bool


def request_import(
    database: Database,
    *,
    name: str,
    content: bytes,
    requested_by: str,
    now: datetime,
    workload_id: str | None = None,
    client_id: str | None = None,
) -> str:
    """Store an uploaded file for a worker to import and return the import's id.

    Raises `InputError` (field `file`) for a file that is empty, binary, too large or not of a known kind.
    """
    if len(content) > LARGEST_UPLOAD_BYTES:
        raise InputError(
            f"{name} has {len(content) / 1e6:,.0f} MB, more than the {LARGEST_UPLOAD_BYTES / 1e6:,.0f} MB a page takes;"
            f" import it with `flywheel logs import {name}`",
            field="file",
        )
    with _as_file(name, content) as path:
        LogFile(path)  # looks at the name and the first bytes
    import_id = uuid.uuid4().hex[:12]
    with database.write() as session:
        artifact = put_artifact(session, content, media_type="application/octet-stream", now=now)
        session.add(
            ImportRow(
                id=import_id,
                name=Path(name).name,
                artifact=artifact,
                workload_id=workload_id or None,
                client_id=client_id or None,
                requested_by=requested_by,
                size_bytes=len(content),
                created_at=now,
            )
        )
    return import_id


def request_copy(database: Database, store: LogStore, *, requested_by: str, now: datetime) -> str:
    """Ask a worker for a copy of the index that the store can only read, and return the id to watch it by.

    Raises `InputError` for a store that keeps every promise.
    """
    if store.limits is None:
        raise InputError("this log store needs no copy", field="logs.store")
    import_id = uuid.uuid4().hex[:12]
    with database.write() as session:
        session.add(
            ImportRow(
                id=import_id,
                name=store.limits.index,
                artifact=NOTHING_UPLOADED,
                requested_by=requested_by,
                size_bytes=0,
                created_at=now,
            )
        )
    return import_id


def get_import(session: Session, import_id: str) -> ImportView:
    """Return one upload. Raises `NotFoundError`."""
    row = session.get(ImportRow, import_id)
    if row is None:
        raise NotFoundError(f"no import {import_id!r}; upload the file again", field="import")
    return _view(row)


def list_imports(session: Session, *, limit: int = 50) -> list[ImportView]:
    """Return uploads, newest first."""
    return [
        _view(row) for row in session.exec(select(ImportRow).order_by(col(ImportRow.created_at).desc()).limit(limit))
    ]


def run_waiting_import(database: Database, store: LogStore, *, clock: Callable[[], datetime]) -> bool:
    """Import the oldest upload that waits, storing its progress; False when none waits."""
    claimed = _claim(database)
    if claimed is None:
        return False
    row = claimed.row
    try:
        for progress in _copy(store) if claimed.content is None else _import(store, row, claimed.content, claimed.at):
            _store(database, row.id, progress)
    except FlywheelError as error:
        _finish(database, row, ImportStatus.FAILED, error=str(error), now=clock())
    else:
        _finish(database, row, ImportStatus.COMPLETED, error=None, now=clock())
    return True


def _import(store: LogStore, row: ImportRow, content: bytes, at: datetime) -> Iterator[ImportProgress]:
    with _as_file(row.name, content) as path:
        yield from import_file(store, path, workload_id=row.workload_id, client_id=row.client_id, at=at)


def _copy(store: LogStore) -> Iterator[ImportProgress]:
    if store.limits is None:
        raise InputError("the settings name another log store by now; nothing is left to copy", field="logs.store")
    for done, total, report in store.limits.copy():
        yield ImportProgress(read_bytes=done, size_bytes=total, report=report)


@contextmanager
def _as_file(name: str, content: bytes) -> Iterator[Path]:
    """Give the content a file of its name for a moment; errors speak of the name, not of where it lay."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        try:
            yield path
        except UnreadableFile as error:
            raise UnreadableFile(str(error).replace(f"{folder}/", ""), field="file", line=error.line) from error


@dataclass(frozen=True, kw_only=True)
class _Claim:
    """An upload to work on. `at` is when its content was uploaded first: conversations know no other time."""

    row: ImportRow
    content: bytes | None
    at: datetime


def _claim(database: Database) -> _Claim | None:
    waits = or_(
        col(ImportRow.status) == ImportStatus.PENDING,
        and_(col(ImportRow.status) == ImportStatus.RUNNING, col(ImportRow.lease_until) < database.clock),
    )
    oldest = select(ImportRow).where(waits).order_by(col(ImportRow.created_at)).limit(1)
    with database.read() as session:  # an idle tick takes no write lock
        if session.exec(oldest).first() is None:
            return None
    with database.write() as session:
        database.serialise(session, UPLOAD_LOCK)
        row = session.exec(oldest.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        content = None if row.artifact == NOTHING_UPLOADED else open_artifact(session, row.artifact)
        of_same = select(ImportRow.created_at).where(col(ImportRow.artifact) == row.artifact)
        first = session.exec(of_same.order_by(col(ImportRow.created_at)).limit(1)).one()
        session.execute(
            update(ImportRow)
            .where(col(ImportRow.id) == row.id)
            .values(status=ImportStatus.RUNNING, lease_until=database.clock + LEASE_S)
        )
    return _Claim(row=row, content=content, at=first)


def _store(database: Database, import_id: str, progress: ImportProgress) -> None:
    report = progress.report
    with database.write() as session:
        session.execute(
            update(ImportRow)
            .where(col(ImportRow.id) == import_id)
            .values(
                lease_until=database.clock + LEASE_S,
                read_bytes=progress.read_bytes,
                size_bytes=progress.size_bytes,
                stored=report.stored,
                duplicate=report.duplicate,
                rejected_count=len(report.rejected),
                rejected=[{"line": line.line, "reason": line.reason} for line in report.rejected[:REJECTED_LISTED]],
            )
        )


def _finish(database: Database, row: ImportRow, status: ImportStatus, *, error: str | None, now: datetime) -> None:
    with database.write() as session:
        session.execute(
            update(ImportRow).where(col(ImportRow.id) == row.id).values(status=status, error=error, finished_at=now)
        )
        if row.artifact == NOTHING_UPLOADED:
            return
        shared = select(ImportRow.id).where(
            col(ImportRow.artifact) == row.artifact,
            col(ImportRow.status).in_([ImportStatus.PENDING, ImportStatus.RUNNING]),
        )
        if session.exec(shared).first() is None:
            delete_artifact(session, row.artifact)


def _view(row: ImportRow) -> ImportView:
    return ImportView(
        id=row.id,
        name=row.name,
        status=ImportStatus(row.status),
        size_bytes=row.size_bytes,
        read_bytes=row.read_bytes,
        stored=row.stored,
        duplicate=row.duplicate,
        rejected_count=row.rejected_count,
        rejected=tuple(RejectedLine(line=line["line"], reason=line["reason"]) for line in row.rejected),
        error=row.error,
        requested_by=row.requested_by,
        created_at=row.created_at,
        finished_at=row.finished_at,
        is_copy=row.artifact == NOTHING_UPLOADED,
    )
