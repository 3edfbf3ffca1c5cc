"""Deliberate faults of the runner: each breaks one rule that the chaos harness must notice when it is broken."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, update

from core.runs import attachment, execution, leases, service_steps
from core.runs.errors import LeaseLost
from core.runs.stepping import StepResult
from core.runs.tables import RunRow, StepRow


@dataclass(frozen=True, kw_only=True)
class DeliberateFault:
    """What is broken, how, and under which faults of the services it shows."""

    what: str
    apply: Callable[[], None]


def _create_again_after_a_crash() -> None:
    attachment.settle = lambda *_: None


def _settle_at_once() -> None:
    def look_once(execution: execution.Execution, step: StepRow, find: Callable[[], str | None]) -> str | None:
        return execution.call(find)

    attachment.settle = look_once


def _write_without_fence() -> None:
    leases._held = lambda lease: (col(RunRow.id) == lease.run_id,)
    kept = execution.Execution.interrupt

    def ignore_lost_lease(self: execution.Execution, why: BaseException) -> None:
        if not isinstance(why, LeaseLost):
            kept(self, why)

    execution.Execution.interrupt = ignore_lost_lease  # type: ignore[method-assign]


def _forget_undeploy() -> None:
    undeploy = service_steps.undeploy

    def forgetful(running: execution.Execution, step: StepRow) -> Any:
        if running.lease.epoch == 1:
            return undeploy(running, step)
        deployed = running.get_step(f"deploy:{step.student}")
        running.update_step(deployed.key, released=True)
        return StepResult()

    from core.runs import workflow
    from core.runs.tables import StepKind

    workflow.WORK = {**workflow.WORK, StepKind.UNDEPLOY: forgetful}


def _write_events_later() -> None:
    @contextmanager
    def in_two_transactions(
        database: Any, lease: leases.Lease, *events: leases.RunEvent, now: Any, **run_values: Any
    ) -> Iterator[Session]:
        with database.write() as session:
            values = {"lease_until": database.clock + lease.lease_s, "event_seq": RunRow.event_seq + len(events)}
            row = session.execute(
                update(RunRow)
                .where(*leases._held(lease))
                .values({**values, **run_values})
                .returning(col(RunRow.event_seq))
            ).first()
            if row is None:
                raise LeaseLost(lease.run_id)
            yield session
        time.sleep(0.05)  # a slow disk between the two
        with database.write() as session:
            first_seq = row.event_seq - len(events) + 1
            leases.write_events(session, lease.run_id, first_seq=first_seq, events=events, now=now)

    execution.fenced_write = in_two_transactions  # type: ignore[attr-defined]


FAULTS: Mapping[str, DeliberateFault] = {
    "create-again": DeliberateFault(
        what="a create whose fate is unknown is sent again without looking", apply=_create_again_after_a_crash
    ),
    "settle-at-once": DeliberateFault(
        what="a create whose fate is unknown is looked up once, though its request may still live",
        apply=_settle_at_once,
    ),
    "no-fence": DeliberateFault(
        what="writes prove neither owner nor epoch, and a lost lease stops nobody", apply=_write_without_fence
    ),
    "forgotten-undeploy": DeliberateFault(
        what="a run that was taken over does not take its deployment down", apply=_forget_undeploy
    ),
    "late-events": DeliberateFault(
        what="events are written in a transaction of their own, after the state's", apply=_write_events_later
    ),
}
