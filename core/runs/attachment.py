"""Create or attach: how a step makes something outside exactly once.

1. An id that is stored is used.
2. Otherwise the intent is stored, then the create is sent, then its id is stored.
3. An intent without an id means that a create may be under way: it is looked up until it can no longer take effect
   (`settle_s` after the intent, the last look-up starting after that instant), and only then sent again.
4. A service that answers "exists already" is looked up and the resource adopted.
5. A create that provably never left resets the intent.
"""

from collections.abc import Callable
from datetime import timedelta

from core.nemo import ResourceExists, ServiceUnavailable
from core.runs.execution import Execution
from core.runs.leases import RunEvent
from core.runs.tables import StepRow

LOOK_UP_EVERY_S = 0.2


def ensure_created(
    execution: Execution, step: StepRow, *, find: Callable[[], str | None], create: Callable[[], str]
) -> str:
    """Return the remote id of what the step makes, creating it unless it exists.

    `find` returns the id of a resource that carries the step's mark. Raises what the service raises; a caller that
    retries comes back through rule 3.
    """
    if step.remote_id is not None:
        return step.remote_id
    remote_id = None if step.intent_at is None else settle(execution, step, find)
    how = "run.attached"
    if remote_id is None:
        remote_id, how = _create(execution, step, find, create)
    event = RunEvent(type=how, step=step.key, data={"remote_id": remote_id})
    execution.update_step(step.key, event, remote_id=remote_id)
    return remote_id


def settle(execution: Execution, step: StepRow, find: Callable[[], str | None]) -> str | None:
    """Look for a create whose fate is unknown until it can no longer take effect; None means it never did."""
    if step.intent_at is None:
        return None
    settled_at = step.intent_at + timedelta(seconds=execution.around.settings.nemo.settle_s)
    while True:
        is_last = execution.now() >= settled_at
        remote_id = execution.call(find)
        if remote_id is not None or is_last:
            return remote_id
        execution.sleep(min(LOOK_UP_EVERY_S, execution.around.settings.nemo.settle_s))


def _create(
    execution: Execution, step: StepRow, find: Callable[[], str | None], create: Callable[[], str]
) -> tuple[str, str]:
    earlier_intent = step.intent_at
    execution.update_step(step.key, intent_at=execution.now())
    try:
        return execution.call(create), "run.created"
    except ResourceExists:
        remote_id = execution.call(find)
        if remote_id is None:
            raise
        return remote_id, "run.attached"
    except ServiceUnavailable as error:
        if not error.ambiguous:
            execution.update_step(step.key, intent_at=earlier_intent)
        raise
