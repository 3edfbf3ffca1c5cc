"""Decisions: approve, reject, ask for changes, withdraw; each one transaction, never edited, provable later.

Every act on a candidate gets the next sequence number. A person acts on the sequence they saw, so of two simultaneous
acts one wins and the other learns who was first. A later act supersedes the one before it and points at it.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core.database import Database
from core.errors import NotFoundError
from core.evaluation import Candidate, get_evaluation
from core.promotion.errors import DecisionConflict, DecisionRefused
from core.promotion.tables import DecisionRow
from core.runs import get_run

LONGEST_REASON = 10_000  # characters


class Verdict(StrEnum):
    """What a person said about a candidate."""

    APPROVED = "approved"  # it may take over; executing that is another act
    REJECTED = "rejected"  # it may not
    CHANGES_REQUESTED = "changes_requested"  # not yet: the reason says what must change
    WITHDRAWN = "withdrawn"  # the decision before this one no longer stands


@dataclass(frozen=True, kw_only=True)
class DecisionRequest:
    """One act. `expected_sequence` is the number of acts on this candidate that the person saw (0 for none).

    `expected_results_hash` is the hash the page showed. Two requests with one `idempotency_key` are one act.
    """

    run_id: str
    candidate: Candidate
    verdict: Verdict
    reason: str
    decided_by: str
    expected_sequence: int
    idempotency_key: str
    expected_results_hash: str | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A stored act. `is_current` is False once a later act on the same candidate exists."""

    id: str
    run_id: str
    workload_id: str
    candidate: Candidate
    sequence: int
    supersedes: str | None
    verdict: Verdict
    reason: str
    decided_by: str
    decided_at: datetime
    results_hash: str
    is_current: bool


def decide(database: Database, request: DecisionRequest, *, now: datetime) -> Decision:
    """Store one act and return it; the same idempotency key returns the act it stored.

    Raises `DecisionRefused` for a missing reason, `NotFoundError` for an unknown run or candidate, and
    `DecisionConflict` when somebody acted in between or the results are not those that were shown.
    """
    reason = _checked_reason(request.reason)
    try:
        with database.write() as session:
            repeated = session.exec(
                select(DecisionRow).where(col(DecisionRow.idempotency_key) == request.idempotency_key)
            ).first()
            if repeated is not None:
                return _same_act(session, repeated, request)
            row = _next_row(session, request, reason, now)
            session.add(row)
            session.flush()
            return _view(row, is_current=True)
    except IntegrityError:  # PostgreSQL: the other transaction committed between our look and our insert
        with database.read() as session:
            repeated = session.exec(
                select(DecisionRow).where(col(DecisionRow.idempotency_key) == request.idempotency_key)
            ).first()
            if repeated is not None:
                return _same_act(session, repeated, request)
            _refuse_stale(_newest(session, request.run_id, request.candidate), request)
        raise


def list_decisions(
    session: Session,
    *,
    run_id: str | None = None,
    workload_id: str | None = None,
    candidate: Candidate | None = None,
    verdict: Verdict | None = None,
    only_current: bool = False,
    limit: int = 500,
) -> list[Decision]:
    """Return acts, newest first."""
    rows = select(DecisionRow)
    if run_id is not None:
        rows = rows.where(col(DecisionRow.run_id) == run_id)
    if workload_id is not None:
        rows = rows.where(col(DecisionRow.workload_id) == workload_id)
    if candidate is not None:
        rows = rows.where(col(DecisionRow.student) == candidate.student, col(DecisionRow.variant) == candidate.variant)
    if verdict is not None:
        rows = rows.where(col(DecisionRow.verdict) == verdict)
    rows = rows.order_by(col(DecisionRow.decided_at).desc(), col(DecisionRow.sequence).desc()).limit(limit)
    found = list(session.exec(rows))
    superseded = set(session.exec(select(DecisionRow.supersedes).where(col(DecisionRow.supersedes).is_not(None))))
    views = [_view(row, is_current=row.id not in superseded) for row in found]
    return [view for view in views if view.is_current or not only_current]


def get_decision(session: Session, decision_id: str) -> Decision:
    """Return one act. Raises `NotFoundError`."""
    row = session.get(DecisionRow, decision_id)
    if row is None:
        raise NotFoundError(
            f"no decision {decision_id!r}; `flywheel decisions list` shows the decisions there are", field="decision_id"
        )
    return _view(row, is_current=_newest_row_id(session, row) == row.id)


def current_decision(session: Session, run_id: str, candidate: Candidate) -> Decision | None:
    """Return the last act on a candidate, or None; its `sequence` is what the next act must expect."""
    row = _newest(session, run_id, candidate)
    return _view(row, is_current=True) if row is not None else None


def has_decisions(session: Session, run_id: str) -> bool:
    """Tell whether anybody decided on the run: its evidence must then outlive its deletion."""
    return session.exec(select(DecisionRow.id).where(col(DecisionRow.run_id) == run_id).limit(1)).first() is not None


def _checked_reason(reason: str) -> str:
    tidy = reason.strip()
    if not tidy:
        raise DecisionRefused("a decision needs a reason; say what convinced you, in a sentence", field="reason")
    if len(tidy) > LONGEST_REASON:
        raise DecisionRefused(
            f"the reason has {len(tidy):,} characters; keep it under {LONGEST_REASON:,}", field="reason"
        )
    return tidy


def _next_row(session: Session, request: DecisionRequest, reason: str, now: datetime) -> DecisionRow:
    run = get_run(session, request.run_id)
    evaluation = get_evaluation(session, request.run_id, request.candidate)
    if request.expected_results_hash not in (None, evaluation.results_hash):
        raise DecisionConflict(
            "the results changed since this page was opened (another results hash); reload it and look again"
        )
    newest = _newest(session, request.run_id, request.candidate)
    _refuse_stale(newest, request)
    if request.verdict is Verdict.WITHDRAWN and (newest is None or newest.verdict == Verdict.WITHDRAWN):
        raise DecisionRefused("there is no decision to withdraw on this candidate", field="verdict")
    return DecisionRow(
        id=uuid.uuid4().hex,
        run_id=request.run_id,
        workload_id=run.summary.workload_id,
        student=request.candidate.student,
        variant=request.candidate.variant,
        sequence=request.expected_sequence + 1,
        supersedes=newest.id if newest is not None else None,
        verdict=request.verdict,
        reason=reason,
        decided_by=request.decided_by,
        decided_at=now,
        results_hash=evaluation.results_hash,
        idempotency_key=request.idempotency_key,
    )


def _refuse_stale(newest: DecisionRow | None, request: DecisionRequest) -> None:
    seen = request.expected_sequence
    if newest is not None and newest.sequence > seen:
        raise DecisionConflict(
            f"{newest.decided_by} was first: {newest.verdict.replace('_', ' ')} at {newest.decided_at:%Y-%m-%d %H:%M}"
            f" UTC ({newest.reason}); reload the page before you decide"
        )
    if (newest is None and seen > 0) or (newest is not None and newest.sequence < seen):
        raise DecisionConflict("the decision this act refers to does not exist; reload the page before you decide")


def _same_act(session: Session, row: DecisionRow, request: DecisionRequest) -> Decision:
    same = (row.run_id, row.student, row.variant, row.verdict) == (
        request.run_id,
        request.candidate.student,
        request.candidate.variant,
        request.verdict,
    )
    if not same:
        raise DecisionConflict("this idempotency key belongs to another decision; use a new key")
    return _view(row, is_current=_newest_row_id(session, row) == row.id)


def _newest(session: Session, run_id: str, candidate: Candidate) -> DecisionRow | None:
    rows = select(DecisionRow).where(
        col(DecisionRow.run_id) == run_id,
        col(DecisionRow.student) == candidate.student,
        col(DecisionRow.variant) == candidate.variant,
    )
    return session.exec(rows.order_by(col(DecisionRow.sequence).desc()).limit(1)).first()


def _newest_row_id(session: Session, row: DecisionRow) -> str | None:
    newest = _newest(session, row.run_id, Candidate(student=row.student, variant=row.variant))
    return newest.id if newest is not None else None


def _view(row: DecisionRow, *, is_current: bool) -> Decision:
    return Decision(
        id=row.id,
        run_id=row.run_id,
        workload_id=row.workload_id,
        candidate=Candidate(student=row.student, variant=row.variant),
        sequence=row.sequence,
        supersedes=row.supersedes,
        verdict=Verdict(row.verdict),
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        results_hash=row.results_hash,
        is_current=is_current,
    )
