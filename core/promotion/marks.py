"""Marks: what reviewers say about single records of a candidate, attributed and never edited; the newest stands.

Two of them are acts on the request itself, for every later run of the workload: "the teacher was wrong" gives the right
answer as gold, "exclude" vetoes the record. Taking such a mark back withdraws the gold or the veto that it gave.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.database import Database
from core.datasets import GoldSource, GoldStatement, VetoStatement, give_gold, gold_keys, veto_requests
from core.errors import NotFoundError
from core.evaluation import Candidate, get_evaluation
from core.evaluation.tables import SampleRow
from core.promotion.errors import MarkRefused
from core.promotion.tables import SampleMarkRow
from core.runs import get_run

LONGEST_NOTE = 2_000  # characters


class MarkKind(StrEnum):
    """What a person said about a record."""

    ACCEPTABLE = "acceptable"  # it differs, and that does no harm
    REGRESSION = "regression"  # it is worse, and that matters
    TEACHER_WRONG = "teacher_wrong"  # the teacher's answer is not right: the mark carries the gold answer
    EXCLUDED = "excluded"  # the record says nothing: keep it out of later datasets
    CLEARED = "cleared"  # the mark before no longer stands


@dataclass(frozen=True, kw_only=True)
class MarkRequest:
    """A mark to store. `gold` is the right answer in the workload's format, for `TEACHER_WRONG` alone."""

    run_id: str
    candidate: Candidate
    position: int
    kind: MarkKind
    marked_by: str
    note: str = ""
    gold: str | None = None


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A stored mark on one record of one candidate."""

    position: int
    key: str
    kind: MarkKind
    note: str
    gold: str | None
    marked_by: str
    marked_at: datetime


def mark_record(database: Database, request: MarkRequest, *, now: datetime) -> Mark:
    """Store a mark, with the gold or the veto that comes with it, and return it; the mark that stands is not repeated.

    Raises `MarkRefused` for gold that is missing or that the workload's format cannot read, and for an exclusion
    without a note; `NotFoundError` for an unknown run, candidate or record.
    """
    with database.write() as session:
        workload_id = get_run(session, request.run_id).summary.workload_id
        key = _find_key(session, request)
        _check(session, request, key)
        standing = _find_newest(session, request)
        if standing is not None and _is_same(standing, request):
            return _view(standing)
        _act_on_request(session, request, standing, workload_id=workload_id, key=key, now=now)
        row = SampleMarkRow(
            run_id=request.run_id,
            student=request.candidate.student,
            variant=request.candidate.variant,
            position=request.position,
            key=key,
            kind=request.kind,
            note=request.note.strip(),
            gold=_gold_of(request),
            marked_by=request.marked_by,
            marked_at=now,
        )
        session.add(row)
        session.flush()
        return _view(row)


def list_marks(session: Session, run_id: str, candidate: Candidate) -> Mapping[int, Mark]:
    """Return the mark that stands on each record, by its place in the evaluation set."""
    rows = session.exec(_select(run_id, candidate).order_by(col(SampleMarkRow.id)))
    newest = {row.position: _view(row) for row in rows}
    return {position: mark for position, mark in newest.items() if mark.kind is not MarkKind.CLEARED}


def list_record_marks(session: Session, run_id: str, candidate: Candidate, position: int) -> list[Mark]:
    """Return every mark on one record, newest first."""
    rows = _select(run_id, candidate).where(col(SampleMarkRow.position) == position)
    return [_view(row) for row in session.exec(rows.order_by(col(SampleMarkRow.id).desc()))]


def _check(session: Session, request: MarkRequest, key: str) -> None:
    if len(request.note) > LONGEST_NOTE:
        raise MarkRefused(
            f"the note has {len(request.note):,} characters; keep it under {LONGEST_NOTE:,}", field="note"
        )
    if request.kind is MarkKind.EXCLUDED and not request.note.strip():
        raise MarkRefused("say in a note why the record is to be left out; others will miss it", field="note")
    if request.kind is not MarkKind.TEACHER_WRONG:
        return
    gold = _gold_of(request)
    if gold is None:
        raise MarkRefused("say what the right answer is; it becomes gold", field="gold")
    answer_format = get_evaluation(session, request.run_id, request.candidate).answer_format
    if key not in gold_keys({key: gold}, answer_format):
        raise MarkRefused(
            f"{gold[:80]!r} cannot be read as an answer of this workload ({answer_format.kind.replace('_', ' ')});"
            " write it as the workload answers, or the label alone",
            field="gold",
        )


def _act_on_request(
    session: Session,
    request: MarkRequest,
    standing: SampleMarkRow | None,
    *,
    workload_id: str,
    key: str,
    now: datetime,
) -> None:
    """Give or withdraw the gold and the veto that come with a mark and with the one it replaces."""
    was = standing.kind if standing is not None else None
    gold = _gold_of(request)
    note = request.note.strip() or f"marked in run {request.run_id}"
    if gold is not None or was == MarkKind.TEACHER_WRONG:
        statement = GoldStatement(
            request_key=key,
            answer=gold,
            source=GoldSource.REVIEW,
            note=note,
            given_by=request.marked_by,
            given_at=now,
        )
        give_gold(session, workload_id, statement)
    is_vetoed = request.kind is MarkKind.EXCLUDED
    if is_vetoed or was == MarkKind.EXCLUDED:
        veto = VetoStatement(
            request_key=key, is_vetoed=is_vetoed, reason=note, decided_by=request.marked_by, decided_at=now
        )
        veto_requests(session, workload_id, veto)


def _find_key(session: Session, request: MarkRequest) -> str:
    candidate = get_evaluation(session, request.run_id, request.candidate).candidate
    row = session.get(SampleRow, (request.run_id, candidate.student, candidate.variant, request.position))
    if row is None:
        raise NotFoundError(f"{candidate} of run {request.run_id} has no record {request.position}", field="position")
    return row.key


def _find_newest(session: Session, request: MarkRequest) -> SampleMarkRow | None:
    rows = _select(request.run_id, request.candidate).where(col(SampleMarkRow.position) == request.position)
    return session.exec(rows.order_by(col(SampleMarkRow.id).desc()).limit(1)).first()


def _select(run_id: str, candidate: Candidate) -> SelectOfScalar[SampleMarkRow]:
    return select(SampleMarkRow).where(
        col(SampleMarkRow.run_id) == run_id,
        col(SampleMarkRow.student) == candidate.student,
        col(SampleMarkRow.variant) == candidate.variant,
    )


def _is_same(row: SampleMarkRow, request: MarkRequest) -> bool:
    return (row.kind, row.note, row.gold) == (request.kind, request.note.strip(), _gold_of(request))


def _gold_of(request: MarkRequest) -> str | None:
    if request.kind is not MarkKind.TEACHER_WRONG or request.gold is None:
        return None
    return request.gold.strip() or None


def _view(row: SampleMarkRow) -> Mark:
    return Mark(
        position=row.position,
        key=row.key,
        kind=MarkKind(row.kind),
        note=row.note,
        gold=row.gold,
        marked_by=row.marked_by,
        marked_at=row.marked_at,
    )
