"""When runs that wait will begin: the queue's order laid over what is at work, as an estimate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.database import Database
from core.runs.pace import all_steps, estimate_left_s, estimate_total_s, load_pace
from core.runs.queue import read_queue
from core.runs.tables import RunStatus
from core.runs.views import get_run, list_runs, list_workers


@dataclass(frozen=True, kw_only=True)
class QueuePlace:
    """A run's place, counted from 1. `starts_in_s` is None when nothing is known: no worker, no finished run before."""

    run_id: str
    position: int
    starts_in_s: float | None


def forecast_queue(session: Session, database: Database, *, concurrency: int, now: datetime) -> list[QueuePlace]:
    """Return all waiting runs in the order in which they will start, with when that is expected.

    `concurrency` is how many runs one worker carries at a time; steps that wait for slots make it later than said.
    """
    order = read_queue(session)
    if not order:
        return []
    paces: dict[str, Mapping[str, float]] = {}

    def pace(workload_id: str) -> Mapping[str, float]:
        return paces.setdefault(workload_id, load_pace(session, workload_id))

    at_work = list_runs(session, statuses=(RunStatus.RUNNING, RunStatus.CANCELLING))
    left_s = [estimate_left_s(all_steps(get_run(session, run.id)), pace(run.workload_id), now=now) for run in at_work]
    lengths_s = []
    for run_id in order:
        run = get_run(session, run_id)
        keys = [step.key for step in all_steps(run) if not step.status.is_final]
        lengths_s.append(estimate_total_s(keys, pace(run.summary.workload_id)))
    starts = expect_starts(lengths_s, left_s, capacity=len(list_workers(session, database)) * concurrency)
    return [
        QueuePlace(run_id=run_id, position=position, starts_in_s=start)
        for position, (run_id, start) in enumerate(zip(order, starts, strict=True), start=1)
    ]


def expect_starts(
    lengths_s: Sequence[float | None], left_s: Sequence[float | None], *, capacity: int
) -> list[float | None]:
    """Return the seconds until each waiting run begins, in their order; None from where it cannot be told.

    `left_s` is what the runs at work still take, `lengths_s` what the waiting ones will, None where unknown; `capacity`
    runs are carried at a time.
    """
    busy = list(left_s)
    free_at: list[float | None] = busy + [0.0] * max(0, capacity - len(busy))
    starts: list[float | None] = []
    for length in lengths_s:
        known = [at for at in free_at if at is not None]
        if capacity == 0 or not known or len(free_at) > capacity or (len(known) < len(free_at) and min(known) > 0):
            starts.append(None)
            continue
        begin = min(known)
        starts.append(begin)
        free_at[free_at.index(begin)] = None if length is None else begin + length
    return starts
