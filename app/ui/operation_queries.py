"""What the System page and the Run page ask about operations: queue, slots, leftovers and findings."""

from collections.abc import Sequence

from app.ui import queries
from core import runs
from core.database import utc_now
from core.runs import Finding, Leftover, QueuePlace, SlotView


def list_queue() -> Sequence[QueuePlace]:
    """Return the waiting runs in the order in which they will start, with when that is expected."""
    concurrency = queries.settings().worker.concurrency
    return queries.read(
        lambda session: runs.forecast_queue(session, queries.database(), concurrency=concurrency, now=utc_now())
    )


def find_place(run_id: str) -> QueuePlace | None:
    """Return a run's place in the queue, None when it does not wait."""
    return next((place for place in list_queue() if place.run_id == run_id), None)


def list_slots() -> Sequence[SlotView]:
    """Return the slots that deployments share; none when capacity is not limited."""
    return queries.read(runs.list_slots)


def list_leftovers() -> Sequence[Leftover]:
    """Return what could not be removed outside, the oldest first."""
    return queries.read(runs.list_leftovers)


def retry_leftovers() -> int:
    """Let the next sweep try every removal again at once; return how many there are."""
    return queries.ask(queries.DATABASE, lambda: runs.retry_leftovers(queries.database(), now=utc_now()))


def list_findings() -> Sequence[Finding]:
    """Return what is wrong with runs, as `flywheel doctor` tells it from the state."""
    return queries.read(lambda session: runs.examine(session, queries.database(), now=utc_now()))
