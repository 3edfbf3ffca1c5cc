"""What waits for a decision: finished runs with candidates on which nobody acted, or whose decision was withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.evaluation import Candidate
from core.evaluation.tables import EvaluationRow
from core.promotion.decisions import Verdict, list_decisions
from core.runs import RunStatus
from core.runs.tables import RunRow

REVIEWABLE = (RunStatus.COMPLETED, RunStatus.COMPLETED_WITH_ERRORS)


@dataclass(frozen=True, kw_only=True)
class WaitingReview:
    """A finished run that nobody has decided on. `undecided` are all its candidates, by student and variant."""

    run_id: str
    workload_id: str
    client_id: str | None
    finished_at: datetime
    undecided: tuple[Candidate, ...]


def list_waiting(session: Session, *, limit: int = 50) -> list[WaitingReview]:
    """Return runs without a standing decision on any candidate, the longest waiting first.

    One decision on a run is an answer to it: the other candidates then no longer wait.
    """
    standing = {
        decision.run_id
        for decision in list_decisions(session, only_current=True, limit=10_000)
        if decision.verdict is not Verdict.WITHDRAWN
    }
    runs = session.exec(
        select(RunRow)
        .where(col(RunRow.status).in_(REVIEWABLE), col(RunRow.deleted_at).is_(None))
        .order_by(col(RunRow.finished_at))
    )
    waiting = [run for run in runs if run.id not in standing and run.finished_at is not None][:limit]
    candidates = _candidates(session, [run.id for run in waiting])
    return [
        WaitingReview(
            run_id=run.id,
            workload_id=run.workload_id,
            client_id=run.client_id,
            finished_at=run.finished_at,
            undecided=candidates[run.id],
        )
        for run in waiting
        if run.finished_at is not None and candidates.get(run.id)
    ]


def _candidates(session: Session, run_ids: Sequence[str]) -> dict[str, tuple[Candidate, ...]]:
    rows = session.execute(
        select(col(EvaluationRow.run_id), col(EvaluationRow.student), col(EvaluationRow.variant))
        .where(col(EvaluationRow.run_id).in_(run_ids))
        .order_by(col(EvaluationRow.student), col(EvaluationRow.variant))
    )
    found: dict[str, tuple[Candidate, ...]] = {}
    for run_id, student, variant in rows:
        found[run_id] = (*found.get(run_id, ()), Candidate(student=student, variant=variant))
    return found
