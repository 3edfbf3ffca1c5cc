"""Previews of datasets as rows: asked for by a page, computed by a worker, watched by the page.

A preview is known by everything it depends on, the traffic logged so far included: asked for again, it is there at
once; after new traffic it is another one. Computing it again does no harm, so a worker that dies is simply followed by
one that begins anew.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import rfc8785
from sqlalchemy import and_, delete, or_, update
from sqlmodel import Session, col, select

from core.database import Database
from core.datasets import OnProgress, Progress, load_corrections, spaced
from core.errors import FlywheelError, InputError
from core.logs import LogStore
from core.runs.composition import compose_datasets
from core.runs.request import CompletedRequest
from core.runs.tables import PreviewRow, PreviewStatus
from core.settings import Settings

PREVIEW_LOCK = 11
LEASE_S = 30
SECONDS_BETWEEN_NOTES = 0.5
KEPT_FOR = timedelta(days=7)
DECIDES_NOTHING = ("training",)
"""Parts of a request that the datasets do not depend on."""


@dataclass(frozen=True, kw_only=True)
class PreviewView:
    """A preview as its page shows it. `result` is that of `compose_datasets`; `error` concerns the option `field`."""

    id: str
    status: PreviewStatus
    stage: str | None
    done: int
    total: int | None
    result: Mapping[str, Any] | None
    error: str | None
    field: str | None


def identify_preview(session: Session, request: CompletedRequest, logs: LogStore) -> str:
    """Return the id of a request's preview: a SHA-256 of what the datasets depend on."""
    asked = {name: value for name, value in request.to_dict().items() if name not in DECIDES_NOTHING}
    corrections = load_corrections(session, request.workload_id)
    traffic = sorted(
        [summary.client_id, summary.records, summary.last_ms]
        for summary in logs.workloads()
        if summary.workload_id == request.workload_id
    )
    known: dict[str, Any] = {
        "asked": asked,
        "gold": corrections.gold_version,
        "vetoes": corrections.veto_version,
        "traffic": traffic,
    }
    return hashlib.sha256(rfc8785.dumps(known)).hexdigest()


def find_preview(session: Session, preview_id: str) -> PreviewView | None:
    """Return a preview as it stands, None when nobody asked for it."""
    row = session.get(PreviewRow, preview_id)
    return _view(row) if row else None


def request_preview(database: Database, preview_id: str, request: CompletedRequest, *, now: datetime) -> None:
    """Ask a worker for a preview; asking again changes nothing, except after a failure."""
    with database.write() as session:
        database.serialise(session, PREVIEW_LOCK)
        known = session.get(PreviewRow, preview_id)
        if known is not None and known.status != PreviewStatus.FAILED:
            return
        if known is not None:
            session.delete(known)
            session.flush()
        session.execute(delete(PreviewRow).where(col(PreviewRow.created_at) < now - KEPT_FOR))
        session.add(PreviewRow(id=preview_id, request=request.to_dict(), created_at=now))


def run_waiting_preview(
    database: Database,
    *,
    settings: Settings,
    logs: LogStore,
    clock: Callable[[], datetime],
    preview_id: str | None = None,
) -> bool:
    """Compute the preview that waits, the newest or the one named, storing its progress; False when none waits."""
    row = _claim(database, preview_id)
    if row is None:
        return False
    try:
        result = compose_datasets(
            database,
            CompletedRequest.from_dict(row.request),
            settings=settings,
            logs=logs,
            on_progress=_note_progress(database, row.id, clock),
        )
    except FlywheelError as error:
        field = error.field if isinstance(error, InputError) else None
        _finish(database, row.id, status=PreviewStatus.FAILED, error=str(error), field=field, finished_at=clock())
    else:
        _finish(database, row.id, status=PreviewStatus.COMPLETED, result=result, finished_at=clock())
    return True


def _claim(database: Database, preview_id: str | None) -> PreviewRow | None:
    waits = or_(
        col(PreviewRow.status) == PreviewStatus.PENDING,
        and_(col(PreviewRow.status) == PreviewStatus.RUNNING, col(PreviewRow.lease_until) < database.clock),
    )
    # The newest first: whoever changed the form waits for the last one.
    newest = select(PreviewRow).where(waits).order_by(col(PreviewRow.created_at).desc()).limit(1)
    if preview_id is not None:
        newest = newest.where(col(PreviewRow.id) == preview_id)
    with database.read() as session:  # an idle tick takes no write lock
        if session.exec(newest).first() is None:
            return None
    with database.write() as session:
        database.serialise(session, PREVIEW_LOCK)
        row = session.exec(newest.with_for_update(skip_locked=True)).first()
        if row is not None:
            _set(session, row.id, status=PreviewStatus.RUNNING, lease_until=database.clock + LEASE_S)
    return row


def _note_progress(database: Database, preview_id: str, clock: Callable[[], datetime]) -> OnProgress:
    def note(progress: Progress) -> None:
        with database.write() as session:
            _set(
                session,
                preview_id,
                stage=progress.stage.value,
                done=progress.done,
                total=progress.total,
                lease_until=database.clock + LEASE_S,
            )

    return spaced(note, clock=clock, seconds=SECONDS_BETWEEN_NOTES)


def _finish(database: Database, preview_id: str, **values: Any) -> None:
    with database.write() as session:
        _set(session, preview_id, **values)


def _set(session: Session, preview_id: str, **values: Any) -> None:
    session.execute(update(PreviewRow).where(col(PreviewRow.id) == preview_id).values(**values))


def _view(row: PreviewRow) -> PreviewView:
    return PreviewView(
        id=row.id,
        status=PreviewStatus(row.status),
        stage=row.stage,
        done=row.done,
        total=row.total,
        result=row.result,
        error=row.error,
        field=row.field,
    )
