"""Waiting for what a run does."""

from collections.abc import Callable

from core.database import Database
from core.runs import RunView, StepStatus, get_run
from tests.waiting import wait_until


def read_run(database: Database, run_id: str) -> RunView:
    """Return the run as stored now."""
    with database.read() as session:
        return get_run(session, run_id)


def wait_for_end(database: Database, run_id: str, *, timeout_s: float = 120) -> RunView:
    """Return the run when it has ended."""

    def ended() -> RunView | None:
        run = read_run(database, run_id)
        return run if run.summary.status.is_final else None

    return _wait(ended, f"run {run_id} to end", timeout_s)


def wait_for_step(
    database: Database, run_id: str, key: str, *, attached: bool = False, timeout_s: float = 60
) -> RunView:
    """Return the run as soon as a step is running (`attached`: as soon as its remote job is known)."""

    def running() -> RunView | None:
        run = read_run(database, run_id)
        steps = [*run.shared_steps, *(step for student in run.students for step in student.steps)]
        step = next(step for step in steps if step.key == key)
        assert step.status in (StepStatus.PENDING, StepStatus.RUNNING), f"{key} is {step.status} already: {step.error}"
        is_there = step.status is StepStatus.RUNNING and (step.remote_id is not None or not attached)
        return run if is_there else None

    return _wait(running, f"step {key} of run {run_id}", timeout_s)


def _wait(condition: Callable[[], RunView | None], what: str, timeout_s: float) -> RunView:
    found = wait_until(condition, what, timeout_s=timeout_s)
    assert found is not None
    return found
