"""Entering, repeating and ending one step.

A completed step returns its stored output; anything else is entered again with what it stored. An outage of a service
is waited out inside the outage budget, which starts at the first failure and survives restarts.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, update
from structlog.contextvars import bound_contextvars

from core.errors import InputError
from core.nemo import RequestRefused, ServiceUnavailable
from core.runs.errors import StepFailed
from core.runs.execution import Execution
from core.runs.leases import RunEvent
from core.runs.tables import StepKind, StepRow, StepStatus

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 15.0


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """What a step hands to later steps. `store` writes its rows in the transaction that completes the step."""

    output: Mapping[str, Any] = field(default_factory=dict)
    run_values: Mapping[str, Any] = field(default_factory=dict)
    store: Callable[[Session], None] | None = None


StepWork = Callable[[Execution, StepRow], StepResult]


def carry_out(execution: Execution, key: str, work: StepWork) -> Mapping[str, Any]:
    """Return the step's output, doing its work unless it is done.

    Raises `StepFailed` when it failed, now or before; interruptions pass through and leave the step as it stands.
    """
    execution.check()
    step = execution.get_step(key)
    if step.status == StepStatus.COMPLETED:
        return step.output
    if StepStatus(step.status).is_final:
        raise StepFailed(step.error or f"{key} was {step.status}")
    if step.status == StepStatus.PENDING:
        _begin(execution, step)
    while True:
        step = execution.get_step(key)
        try:
            _refuse_overdue(execution, step)
            with bound_contextvars(step=key):
                result = work(execution, step)
            _complete(execution, step, result)
        except ServiceUnavailable as error:
            _wait_out(execution, key, error)
        except (StepFailed, RequestRefused, InputError) as error:
            fail_step(execution, key, str(error))
            raise StepFailed(str(error)) from error
        else:
            return result.output


def fail_step(execution: Execution, key: str, reason: str) -> None:
    """End a step for good."""
    execution.update_step(
        key,
        RunEvent(type="step.failed", step=key, data={"error": reason}),
        status=StepStatus.FAILED,
        error=reason,
        finished_at=execution.now(),
    )


def note_answer(execution: Execution, step: StepRow) -> None:
    """Remember that the service answers again: the outage budget starts anew with the next failure."""
    if step.outage_since is not None:
        stalls_at = next_stall(execution)  # nobody could see whether the job moved
        event = RunEvent(type="step.outage_over", step=step.key)
        execution.update_step(step.key, event, outage_since=None, attempts=0, stalls_at=stalls_at)
        step.outage_since, step.attempts, step.stalls_at = None, 0, stalls_at


def next_stall(execution: Execution) -> datetime:
    """Return when a step that moved just now counts as stalled."""
    return execution.now() + timedelta(seconds=execution.around.settings.worker.stall_after_s)


def overdue(step: StepRow, *, now: datetime) -> str | None:
    """Return why a step is given up at this instant, None while it may go on; both limits survive restarts."""
    if step.slots_asked_at is not None:  # waiting for capacity is not the step's fault
        return None
    if step.deadline is not None and now > step.deadline:
        return f"{step.key} exceeded its time limit at {step.deadline:%Y-%m-%d %H:%M} UTC and was stopped"
    if step.stalls_at is not None and now > step.stalls_at:
        return f"{step.key} showed no progress until {step.stalls_at:%Y-%m-%d %H:%M} UTC and was stopped"
    return None


def _begin(execution: Execution, step: StepRow) -> None:
    now = execution.now()
    execution.update_step(
        step.key,
        RunEvent(type="step.started", step=step.key),
        status=StepStatus.RUNNING,
        started_at=now,
        deadline=now + execution.around.timeout(StepKind(step.kind)),
        stalls_at=next_stall(execution),
    )


def _complete(execution: Execution, step: StepRow, result: StepResult) -> None:
    event = RunEvent(type="step.completed", step=step.key)
    with execution.write(event, crashes=0, **result.run_values) as session:
        if result.store is not None:
            result.store(session)
        session.execute(
            update(StepRow)
            .where(col(StepRow.run_id) == execution.run_id, col(StepRow.key) == step.key)
            .values(
                status=StepStatus.COMPLETED,
                output=dict(result.output),
                progress=1.0,
                outage_since=None,
                finished_at=execution.now(),
            )
        )


def _refuse_overdue(execution: Execution, step: StepRow) -> None:
    """Give up a step that is entered too late; one with a remote job does so itself, once it has cancelled the job."""
    reason = overdue(step, now=execution.now())
    if reason is not None and step.intent_at is None:
        raise StepFailed(reason)


def _wait_out(execution: Execution, key: str, error: ServiceUnavailable) -> None:
    step, now = execution.get_step(key), execution.now()
    since = step.outage_since or now
    budget = timedelta(seconds=execution.around.settings.nemo.outage_budget_s)
    if now - since > budget:
        reason = f"gave up after {budget.total_seconds():.0f} s without an answer from {error.service}: {error}"
        fail_step(execution, key, reason)
        raise StepFailed(reason) from error
    attempts = step.attempts + 1
    event = RunEvent(type="step.outage", step=key, data={"error": str(error), "attempt": attempts})
    events = (event,) if step.outage_since is None else ()
    execution.update_step(key, *events, attempts=attempts, outage_since=since)
    backoff = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(attempts, 10))
    wait_s = error.retry_after_s if error.retry_after_s is not None else random.uniform(FIRST_WAIT_S, backoff)
    execution.sleep(wait_s)
