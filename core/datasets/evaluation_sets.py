"""Frozen evaluation sets: versions of a workload's evaluation file, so that runs months apart are judged alike.

A set belongs to one workload and one client, or to all clients together; its versions count from 1. It is never
changed: another file is another version, the same file the same one. Who is judged on it is read from the runs.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import column, select, table
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col
from sqlmodel import select as select_rows
from sqlmodel.sql.sqltypes import UTCDateTime

from core.artifacts import open_artifact, put_artifact
from core.datasets.build import BuiltDatasets
from core.datasets.errors import DatasetError, EvaluationSetNotFound
from core.datasets.frozen import FrozenEvaluationSet
from core.datasets.options import WorkloadType
from core.datasets.tables import EvaluationSetRow
from core.scoring import AnswerFormat

MEDIA_TYPE = "application/jsonl"
ATTEMPTS = 20  # to find a free version number while others freeze sets of the same workload
SHORTEST_ADDRESS = 8
NEW = "new"
_RUNS = table("run", column("id"), column("status"), column("evaluation_set"), column("created_at", UTCDateTime()))


@dataclass(frozen=True, kw_only=True)
class EvaluationSet:
    """A frozen set without its file. `client_id` None means records of all clients; `classes` maps labels to records.

    `first_record_at` and `last_record_at` are the times of its oldest and newest record.
    """

    workload_id: str
    client_id: str | None
    version: int
    sha256: str
    records: int
    workload_type: WorkloadType
    answer_format: AnswerFormat
    classes: Mapping[str, int]
    first_record_at: datetime
    last_record_at: datetime
    frozen_by: str
    frozen_at: datetime
    note: str

    @property
    def name(self) -> str:
        """The version as people write it: `v3`."""
        return f"v{self.version}"

    def age_days(self, now: datetime) -> float:
        """Return how old the newest record is: what the set says about today's traffic fades with it."""
        return (now - self.last_record_at).total_seconds() / 86_400


@dataclass(frozen=True, kw_only=True)
class RunOnSet:
    """A run that is or was judged on a set."""

    run_id: str
    status: str
    created_at: datetime


def freeze_evaluation_set(
    session: Session,
    built: BuiltDatasets,
    *,
    workload_id: str,
    client_id: str | None,
    actor: str,
    now: datetime,
    note: str = "",
) -> EvaluationSet:
    """Keep the evaluation file of a build as the next version and return it; the same file again returns its version.

    Safe while others freeze sets of the same workload.
    """
    sha256 = put_artifact(session, built.evaluation.content, media_type=MEDIA_TYPE, now=now)
    moments = [record.timestamp_ms for record in built.evaluation_records]
    for _ in range(ATTEMPTS):
        versions = _rows(session, workload_id, client_id)
        known = next((row for row in versions if row.sha256 == sha256), None)
        if known is not None:
            return _from_row(known)
        row = EvaluationSetRow(
            workload_id=workload_id,
            client_id=client_id or "",
            version=max((row.version for row in versions), default=0) + 1,
            sha256=sha256,
            records=built.evaluation.records,
            workload_type=built.workload_type.value,
            answer_format=built.answer_format.to_dict(),
            classes=_count_classes(built),
            first_record_at=_to_utc(min(moments)),
            last_record_at=_to_utc(max(moments)),
            frozen_by=actor,
            frozen_at=now,
            note=note,
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # somebody else took the version, or froze the same file
            continue
        return _from_row(row)
    raise DatasetError(
        f"Many evaluation sets of workload {workload_id!r} are being frozen at once; try again.", field="evaluation_set"
    )


def list_evaluation_sets(
    session: Session, *, workload_id: str | None = None, client_id: str | None = None
) -> list[EvaluationSet]:
    """Return all sets, or those of one workload or client: by workload and client, newest version first."""
    query = select_rows(EvaluationSetRow).order_by(
        col(EvaluationSetRow.workload_id), col(EvaluationSetRow.client_id), col(EvaluationSetRow.version).desc()
    )
    if workload_id is not None:
        query = query.where(col(EvaluationSetRow.workload_id) == workload_id)
    if client_id is not None:
        query = query.where(col(EvaluationSetRow.client_id) == client_id)
    return [_from_row(row) for row in session.exec(query)]


def find_newest_evaluation_set(session: Session, workload_id: str, client_id: str | None) -> EvaluationSet | None:
    """Return the newest version of exactly this workload and client (None: of all clients together), or None."""
    rows = _rows(session, workload_id, client_id)
    return _from_row(rows[0]) if rows else None


def choose_evaluation_set(
    session: Session, workload_id: str, client_id: str | None, *, wanted: str | None, evaluation_size: int | None = None
) -> EvaluationSet | None:
    """Return the set a run is to be judged on, None when a new one is to be drawn.

    `wanted` is a version (`v3` or `3`), the beginning of an address, or `new`. None takes the newest, unless there is
    none or `evaluation_size`, the size that was asked for, is another. Raises `EvaluationSetNotFound`.
    """
    if wanted == NEW:
        return None
    rows = _rows(session, workload_id, client_id)
    if wanted is None:
        newest = rows[0] if rows else None
        return _from_row(newest) if newest and evaluation_size in (None, newest.records) else None
    number = wanted.removeprefix("v")
    for row in rows:
        is_version = number.isdecimal() and len(number) < SHORTEST_ADDRESS and int(number) == row.version
        if is_version or (len(wanted) >= SHORTEST_ADDRESS and row.sha256.startswith(wanted)):
            return _from_row(row)
    known = ", ".join(f"v{row.version}" for row in rows[:5]) or "none yet"
    raise EvaluationSetNotFound(
        f"Workload {workload_id!r} ({client_id or 'all clients'}) has no evaluation set {wanted!r}; frozen are: "
        f"{known}. Use one of them, or {NEW!r} to draw another.",
        field="evaluation_set",
    )


def open_evaluation_set(session: Session, chosen: EvaluationSet) -> FrozenEvaluationSet:
    """Return the set with its file, as a build takes it."""
    return FrozenEvaluationSet(
        version=chosen.version,
        content=open_artifact(session, chosen.sha256),
        answer_format=chosen.answer_format,
        workload_type=chosen.workload_type,
    )


def find_evaluation_set(session: Session, sha256: str) -> EvaluationSet | None:
    """Return the first set frozen with this address, or None: then the file belongs to one run alone."""
    query = select_rows(EvaluationSetRow).where(col(EvaluationSetRow.sha256) == sha256)
    row = session.exec(query.order_by(col(EvaluationSetRow.id))).first()
    return _from_row(row) if row else None


def list_runs_on_sets(session: Session, addresses: Sequence[str]) -> dict[str, list[RunOnSet]]:
    """Return the runs judged on the sets with these addresses, newest first; sets without a run are there too."""
    runs: dict[str, list[RunOnSet]] = {address: [] for address in addresses}
    query = select(_RUNS).where(_RUNS.c.evaluation_set.in_(addresses)).order_by(_RUNS.c.created_at.desc(), _RUNS.c.id)
    for row in session.execute(query):
        runs[row.evaluation_set].append(RunOnSet(run_id=row.id, status=row.status, created_at=row.created_at))
    return runs


def _rows(session: Session, workload_id: str, client_id: str | None) -> Sequence[EvaluationSetRow]:
    query = select_rows(EvaluationSetRow).where(
        col(EvaluationSetRow.workload_id) == workload_id, col(EvaluationSetRow.client_id) == (client_id or "")
    )
    return session.exec(query.order_by(col(EvaluationSetRow.version).desc())).all()


def _from_row(row: EvaluationSetRow) -> EvaluationSet:
    return EvaluationSet(
        workload_id=row.workload_id,
        client_id=row.client_id or None,
        version=row.version,
        sha256=row.sha256,
        records=row.records,
        workload_type=WorkloadType(row.workload_type),
        answer_format=AnswerFormat.from_dict(row.answer_format),
        classes=row.classes,
        first_record_at=row.first_record_at,
        last_record_at=row.last_record_at,
        frozen_by=row.frozen_by,
        frozen_at=row.frozen_at,
        note=row.note,
    )


def _count_classes(built: BuiltDatasets) -> dict[str, int]:
    if built.workload_type is WorkloadType.FREE_TEXT:
        return {}
    counts = Counter(record.answer.label for record in built.evaluation_records if record.answer.label is not None)
    return {label.encode("utf-8", "backslashreplace").decode(): counts[label] for label in sorted(counts)}


def _to_utc(moment_ms: int) -> datetime:
    return datetime.fromtimestamp(moment_ms / 1000, tz=UTC)
