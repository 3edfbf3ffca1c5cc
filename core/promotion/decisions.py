"""Decisions on record: who said what about a candidate, when and why, and on which grounds. Rows are never edited.

Every act on a candidate has a sequence number; a later one supersedes the one before it and points at it. Acting is
`core.promotion.deciding`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from core.errors import NotFoundError
from core.evaluation import Candidate
from core.promotion.tables import DecisionRow


class Verdict(StrEnum):
    """What a person said about a candidate."""

    APPROVED = "approved"  # it may take over; executing that is another act
    REJECTED = "rejected"  # it may not
    CHANGES_REQUESTED = "changes_requested"  # not yet: the reason says what must change
    WITHDRAWN = "withdrawn"  # the decision before this one no longer stands


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """What an act rested on, as it stood at that moment, in plain JSON values.

    `policy` holds all rules, `basis` the parts of the results hash, `gates` every gate with its texts, `sentence` the
    verdict, `must_see` how many records of the list had been opened. `override_reason` is why a failing gate was
    overridden, None where none was.
    """

    policy_hash: str
    policy: Mapping[str, Any]
    basis: Mapping[str, str]
    gates: Sequence[Mapping[str, Any]]
    sentence: str
    must_see: Mapping[str, Any]
    override_reason: str | None


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
    grounds: Grounds
    is_current: bool


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
    views = [view_decision(row, is_current=row.id not in superseded) for row in found]
    return [view for view in views if view.is_current or not only_current]


def get_decision(session: Session, decision_id: str) -> Decision:
    """Return one act. Raises `NotFoundError`."""
    row = session.get(DecisionRow, decision_id)
    if row is None:
        raise NotFoundError(
            f"no decision {decision_id!r}; `flywheel decisions list` shows the decisions there are", field="decision_id"
        )
    return view_decision(row, is_current=is_newest(session, row))


def current_decision(session: Session, run_id: str, candidate: Candidate) -> Decision | None:
    """Return the last act on a candidate, or None; its `sequence` is what the next act must expect."""
    row = find_newest(session, run_id, candidate)
    return view_decision(row, is_current=True) if row is not None else None


def has_decisions(session: Session, run_id: str) -> bool:
    """Tell whether anybody decided on the run: its evidence must then outlive its deletion."""
    return session.exec(select(DecisionRow.id).where(col(DecisionRow.run_id) == run_id).limit(1)).first() is not None


def find_newest(session: Session, run_id: str, candidate: Candidate) -> DecisionRow | None:
    """Return the row of the last act on a candidate, or None."""
    rows = select(DecisionRow).where(
        col(DecisionRow.run_id) == run_id,
        col(DecisionRow.student) == candidate.student,
        col(DecisionRow.variant) == candidate.variant,
    )
    return session.exec(rows.order_by(col(DecisionRow.sequence).desc()).limit(1)).first()


def is_newest(session: Session, row: DecisionRow) -> bool:
    """Tell whether no later act on the row's candidate exists."""
    newest = find_newest(session, row.run_id, Candidate(student=row.student, variant=row.variant))
    return newest is not None and newest.id == row.id


def view_decision(row: DecisionRow, *, is_current: bool) -> Decision:
    """Return a row as a value."""
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
        grounds=Grounds(
            policy_hash=row.policy_hash,
            policy=row.policy,
            basis=row.basis,
            gates=tuple(row.gates),
            sentence=row.sentence,
            must_see=row.must_see,
            override_reason=row.override_reason,
        ),
        is_current=is_current,
    )
