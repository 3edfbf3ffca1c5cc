"""What the demo says to the person at the terminal: pure, from what is known to text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.announcements import LOG_FOLDER
from app.demo.loading import LoadedTraffic
from app.demo.story import find_point
from core.evaluation import StoredEvaluation
from core.promotion import Decision
from core.runs import RunStatus, RunSummary
from core.settings import Settings

STALE_AFTER = timedelta(days=1)
NAME_WIDTH = 30
"""Characters of the longest candidate, local/linear-medium:customized."""


@dataclass(frozen=True, kw_only=True)
class DemoPart:
    """One run of the demo with its results, the best of them, and the decision that somebody took last."""

    run: RunSummary
    results: tuple[StoredEvaluation, ...]
    best: StoredEvaluation | None
    decision: Decision | None

    @property
    def was_cut_short(self) -> bool:
        """Tell whether the run ended, or is ending, without being completed."""
        status = self.run.status
        return status is RunStatus.CANCELLING or (status.is_final and status is not RunStatus.COMPLETED)


def describe_beginning(settings: Settings, *, is_first: bool) -> str:
    """Return the first line of a start."""
    what = "processes, invented traffic and three runs; one moment" if is_first else "everything is as it was left"
    return f"Starting the demo in {settings.data}: {what}."


def describe_load(loaded: LoadedTraffic, *, runs: int) -> str:
    """Return what the first start has put in."""
    return (
        f"{loaded.records:,} records of invented traffic are stored, {loaded.gold:,} requests have a gold answer,"
        f" {runs} runs are queued."
    )


def describe_demo(settings: Settings, parts: Sequence[DemoPart]) -> str:
    """Return what runs where, what to open, and how to stop it."""
    width = max((len(part.run.workload_id) for part in parts), default=0)
    return "\n".join(
        (
            "The demo is ready, on this machine only. Its traffic is invented, its runs are real.",
            f"  overview       {page_address(settings, 'overview')}",
            f"  API            http://{settings.api.host}:{settings.api.port}/api/docs",
            f"  local backend  http://{settings.backend.host}:{settings.backend.port}",
            f"  data           {settings.data} (logs of the processes in {LOG_FOLDER}/)",
            "What to review, from the top, once a run is finished:",
            *(
                f"  {part.run.workload_id:<{width}}  {review_address(settings, part.run.id)}  {_standing(part)}"
                for part in parts
            ),
            "Agreement below is with the teacher, with its 95% interval.",
            "Ctrl-C stops it. `flywheel demo` goes on with what is here, `flywheel demo --reset` starts afresh.",
        )
    )


def describe_addresses(settings: Settings, parts: Sequence[DemoPart]) -> dict[str, object]:
    """Return what `describe_demo` says, for programs."""
    return {
        "web": f"http://{settings.web.host}:{settings.web.port}",
        "api": f"http://{settings.api.host}:{settings.api.port}",
        "backend": f"http://{settings.backend.host}:{settings.backend.port}",
        "data": str(settings.data),
        "runs": [
            {
                "id": part.run.id,
                "workload_id": part.run.workload_id,
                "status": str(part.run.status),
                "review": review_address(settings, part.run.id),
            }
            for part in parts
        ],
    }


def describe_result(result: StoredEvaluation, run: RunSummary) -> str:
    """Return how one candidate did, in one line, after the share of the run that is done."""
    return f"{run.progress:>4.0%}  {run.workload_id}  {result.candidate!s:<{NAME_WIDTH}}  {_agreement(result)}"


def describe_end(settings: Settings, part: DemoPart, *, elapsed_s: float) -> str:
    """Return how a run ended, with the page to open or the next step."""
    run = part.run
    if run.status is RunStatus.COMPLETED and part.best is not None:
        return (
            f"{run.workload_id} is finished, {elapsed_s:.0f} s after the start. Best: {part.best.candidate},"
            f" {_agreement(part.best)}\n      {review_address(settings, run.id)}"
        )
    reason = f": {run.error}" if run.error else ""
    return (
        f"{run.workload_id} is {run.status.replace('_', ' ')}{reason}\n"
        f"      `flywheel demo --reset` starts afresh; {page_address(settings, 'run')}?id={run.id} tells more"
    )


def describe_resumption(part: DemoPart) -> str:
    """Return that a run which a stop cut short goes on."""
    return f"{part.run.workload_id} was cut short by the last stop and goes on."


def describe_age(until: datetime, *, now: datetime) -> str | None:
    """Return that the traffic has grown old, None while it is fresh."""
    age = now - until
    if age < STALE_AFTER:
        return None
    return (
        f"Its traffic ends {age.days} day{'s' if age.days > 1 else ''} ago; `flywheel demo --reset` makes it anew,"
        " and forgets the runs and decisions in this folder."
    )


def page_address(settings: Settings, page: str) -> str:
    """Return the address of a page."""
    return f"http://{settings.web.host}:{settings.web.port}/{page}"


def review_address(settings: Settings, run_id: str) -> str:
    """Return the address of a run's Review page."""
    return f"{page_address(settings, 'review')}?run={run_id}"


def _standing(part: DemoPart) -> str:
    if part.decision is not None:
        return f"{part.decision.verdict.replace('_', ' ')} by {part.decision.decided_by}"
    if part.run.status is RunStatus.COMPLETED:
        return find_point(part.run.workload_id)
    return f"{find_point(part.run.workload_id)} ({part.run.status.replace('_', ' ')})"


def _agreement(result: StoredEvaluation) -> str:
    metrics, interval = result.metrics, result.agreement
    bounds = f"{interval.low:.1%} to {interval.high:.1%}, " if interval else ""
    return f"{metrics.accuracy:.1%} agreement ({bounds}n = {metrics.n:,})"
