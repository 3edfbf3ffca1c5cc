"""What needs a person, put together from reviews that wait and runs that failed. Pure.

Which runs wait for a review is `core.promotion`'s to say. A failed run asks for a look until a later run over the same
workload has finished.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.ui import numbers, review_view
from core.evaluation import StoredEvaluation
from core.promotion import WaitingReview
from core.runs import RunSummary

SHOWN_REASON_CHARS = 140


class Need(StrEnum):
    """What a person is asked to do; the values are what the page says."""

    REVIEW = "Review"
    LOOK = "Failed"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing that waits for a person since `since`. `client_id` None means all clients."""

    need: Need
    run_id: str
    workload_id: str
    client_id: str | None
    detail: str
    since: datetime


def list_tasks(
    waiting: Sequence[WaitingReview],
    results: Mapping[str, Sequence[StoredEvaluation]],
    *,
    failed: Sequence[RunSummary],
    finished: Sequence[RunSummary],
) -> tuple[Task, ...]:
    """Return what waits for a person, newest first; `results` are by run."""
    reviews = [_ask_for_review(review, results.get(review.run_id, ())) for review in waiting]
    looks = [_ask_for_look(run) for run in failed if not _is_overcome(run, finished)]
    return tuple(sorted((*reviews, *looks), key=lambda task: task.since, reverse=True))


def describe_best(results: Sequence[StoredEvaluation]) -> str:
    """Return the best candidate with its agreement, and how many others there are."""
    ranked = sorted(results, key=lambda result: result.metrics.accuracy, reverse=True)
    if not ranked:
        return "Its candidates have been measured."
    best = ranked[0]
    interval = f" ({numbers.share_interval(best.agreement.low, best.agreement.high)})" if best.agreement else ""
    agreement = numbers.share(best.metrics.accuracy if best.agreement else None)
    others = f"; {numbers.quantity(len(ranked) - 1, 'other')}" if len(ranked) > 1 else ""
    name = review_view.name_candidate(best.candidate)
    return f"{name} agrees with the teacher on {agreement}{interval}{others}"


def _ask_for_review(review: WaitingReview, results: Sequence[StoredEvaluation]) -> Task:
    return Task(
        need=Need.REVIEW,
        run_id=review.run_id,
        workload_id=review.workload_id,
        client_id=review.client_id,
        detail=describe_best(results),
        since=review.finished_at,
    )


def _ask_for_look(run: RunSummary) -> Task:
    reason = run.error or "no reason given"
    short = reason if len(reason) <= SHOWN_REASON_CHARS else f"{reason[: SHOWN_REASON_CHARS - 1].rstrip()}…"
    return Task(
        need=Need.LOOK,
        run_id=run.id,
        workload_id=run.workload_id,
        client_id=run.client_id,
        detail=short,
        since=run.finished_at or run.created_at,
    )


def _is_overcome(failed: RunSummary, finished: Sequence[RunSummary]) -> bool:
    return any(run.workload_id == failed.workload_id and run.created_at > failed.created_at for run in finished)
