"""The story the demo tells in runs: one worth approving, one to reject, and one that somebody has answered already.

The worker executes all of them on the local backend; only who asks, for what, and the one answer are made up. The
example answer asks for changes and says that the demo wrote it, so that the decisions' page has something to show and
nothing was approved by nobody.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.demo.traffic import BROKER, HEADLINES, SUPPORT, WORKLOADS
from app.installation import Installation
from core.errors import ConflictError
from core.evaluation import StoredEvaluation
from core.promotion import DecisionRequest, Verdict, decide
from core.runs import LaunchRequest, launch_run

ENGINEER = "maya.lindqvist"
REVIEWER = "jonas.reuter"
"""Two of the demo's accounts; `app.ui.identity` has them all."""


@dataclass(frozen=True, kw_only=True)
class DemoRun:
    """One run of the story. `students` None means all; `point` is what the terminal says it is there for."""

    workload_id: str
    students: tuple[str, ...] | None
    point: str
    is_answered: bool = False


STORY = (
    DemoRun(workload_id=HEADLINES, students=None, point="worth approving?"),
    DemoRun(workload_id=SUPPORT, students=None, point="good enough?"),
    DemoRun(
        workload_id=BROKER,
        students=("local/linear-small",),
        point="answered by the demo, as an example",
        is_answered=True,
    ),
)
"""In the order in which they are executed: the first thing to look at comes first."""


def launch_story(parts: Installation, *, clock: Callable[[], datetime]) -> dict[str, str]:
    """Queue the runs and return their ids by workload; calling again returns the same ids."""
    sizes = {workload.workload_id: workload.evaluation_size for workload in WORKLOADS}
    return {
        run.workload_id: launch_run(
            parts.database,
            LaunchRequest(
                workload_id=run.workload_id,
                students=run.students,
                evaluation_size=sizes[run.workload_id],
                requested_by=ENGINEER,
                idempotency_key=f"demo:{run.workload_id}",
            ),
            settings=parts.settings,
            logs=parts.logs,
            now=clock(),
        )
        for run in STORY
    }


def find_point(workload_id: str) -> str:
    """Return what the workload's run is there for."""
    return next(run.point for run in STORY if run.workload_id == workload_id)


def answer_example(
    parts: Installation, runs: Mapping[str, str], best: StoredEvaluation | None, *, now: datetime
) -> None:
    """Ask for changes on a run's best candidate, once, where the story has it; a person's decision before it stays."""
    answered = {runs[run.workload_id] for run in STORY if run.is_answered}
    if best is None or best.run_id not in answered:
        return
    request = DecisionRequest(
        run_id=best.run_id,
        candidate=best.candidate,
        verdict=Verdict.CHANGES_REQUESTED,
        reason=describe_answer(best),
        decided_by=REVIEWER,
        expected_sequence=0,
        idempotency_key=f"demo:answer:{best.run_id}",
    )
    try:
        decide(parts.database, request, sources=parts.sources, now=now)
    except ConflictError:  # somebody was first, which is what the demo is for
        return


def describe_answer(result: StoredEvaluation) -> str:
    """Return the example's reason, with the figures of the run it is about."""
    metrics = result.metrics
    differing = metrics.n - metrics.correct
    return (
        f"Written by the demo, as an example of a decision: {differing} of {metrics.n} calls differ from the teacher's,"
        " and a wrong call costs money. Please evaluate on at least 500 calls, and list the ones with another amount."
    )


def best_result(results: Sequence[StoredEvaluation]) -> StoredEvaluation | None:
    """Return the result that agrees most with the teacher, the first of equals; None without results."""
    return max(results, key=lambda result: result.metrics.accuracy, default=None)
