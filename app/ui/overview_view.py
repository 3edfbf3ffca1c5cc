"""What needs a person, worked out from runs, results and decisions. Pure.

A finished run asks for a review until one of its candidates is approved or all of those that count have a standing
decision: the customized and in-context ones, or the bases where there is nothing else. A failed run asks for a look
until a later run over the same workload has finished.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.ui import numbers, run_view
from core.evaluation import StoredEvaluation
from core.promotion import Decision, Verdict
from core.runs import RunSummary

SHOWN_REASON_CHARS = 140


class Need(StrEnum):
    """What a person is asked to do; the values are what the page says."""

    REVIEW = "Review"
    LOOK = "Failed"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing that waits for a person since `since`."""

    need: Need
    run: RunSummary
    detail: str
    since: datetime


def list_tasks(
    finished: Sequence[RunSummary],
    failed: Sequence[RunSummary],
    *,
    results: Mapping[str, Sequence[StoredEvaluation]],
    decisions: Sequence[Decision],
) -> tuple[Task, ...]:
    """Return what waits for a person, newest first.

    `results` are by run, `decisions` the last act on each candidate.
    """
    standing = [act for act in decisions if act.verdict is not Verdict.WITHDRAWN]
    reviews = [task for run in finished if (task := _review(run, results.get(run.id, ()), standing))]
    looks = [
        Task(need=Need.LOOK, run=run, detail=_shorten(run.error or "no reason given"), since=_ended(run))
        for run in failed
        if not _is_overcome(run, finished)
    ]
    return tuple(sorted((*reviews, *looks), key=lambda task: task.since, reverse=True))


def list_undecided(results: Sequence[StoredEvaluation], standing: Sequence[Decision]) -> list[StoredEvaluation]:
    """Return the results of one run that still wait for a decision, best first; none once one is approved."""
    acts = {act.candidate: act.verdict for act in standing}
    if Verdict.APPROVED in acts.values():
        return []
    trained = [result for result in results if result.candidate.variant != "base"]
    waiting = [result for result in trained or results if result.candidate not in acts]
    return sorted(waiting, key=lambda result: result.metrics.accuracy, reverse=True)


def name_candidate(result: StoredEvaluation | Decision) -> str:
    """Return a candidate as people read it."""
    candidate = result.candidate
    return f"{candidate.student} · {run_view.VARIANT_WORDS.get(candidate.variant, candidate.variant)}"


def _review(run: RunSummary, results: Sequence[StoredEvaluation], standing: Sequence[Decision]) -> Task | None:
    waiting = list_undecided(results, [act for act in standing if act.run_id == run.id])
    if not waiting:
        return None
    best = waiting[0]
    interval = f" ({numbers.share_interval(best.agreement.low, best.agreement.high)})" if best.agreement else ""
    agreement = numbers.share(best.metrics.accuracy if best.agreement else None)
    others = len(waiting) - 1
    more = f", {others} more {'waits' if others == 1 else 'wait'}" if others else ""
    detail = f"{name_candidate(best)} agrees with the teacher on {agreement}{interval}{more}"
    return Task(need=Need.REVIEW, run=run, detail=detail, since=_ended(run))


def _is_overcome(failed: RunSummary, finished: Sequence[RunSummary]) -> bool:
    return any(run.workload_id == failed.workload_id and run.created_at > failed.created_at for run in finished)


def _ended(run: RunSummary) -> datetime:
    return run.finished_at or run.created_at


def _shorten(text: str) -> str:
    return text if len(text) <= SHOWN_REASON_CHARS else f"{text[: SHOWN_REASON_CHARS - 1].rstrip()}…"
