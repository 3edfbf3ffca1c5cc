"""The outbox: what the outside is to be told, written in the transaction of what happened.

A notice that is stored was true, and nothing that happened goes untold, whoever dies when. `core.notify` delivers.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from core.runs.tables import NoticeRow, RunRow, RunStatus, StepKind, StepRow, StepStatus


class NoticeType(StrEnum):
    """What a notice tells."""

    RUN_FINISHED = "run.finished"  # a run completed, partly or wholly, or was cancelled
    RUN_FAILED = "run.failed"  # no student got through
    CANDIDATE_READY = "candidate.ready"  # a candidate was measured and waits for a review
    DECISION_MADE = "decision.made"  # somebody approved, rejected, asked for changes or withdrew
    CLEANUP_PENDING = "cleanup.pending"  # a run ended and something of it is still up outside


def put_notice(
    session: Session,
    type_: NoticeType,
    run_id: str,
    *,
    now: datetime,
    student: str | None = None,
    variant: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write a notice in an open transaction. The id is what receivers tell repeated deliveries by."""
    session.add(
        NoticeRow(
            id=f"msg_{secrets.token_hex(12)}",
            type=type_,
            run_id=run_id,
            student=student,
            variant=variant,
            data=dict(data or {}),
            created_at=now,
        )
    )


def tell_end(session: Session, run_id: str, status: RunStatus, *, error: str | None, now: datetime) -> None:
    """Write the notices of a run's end in the transaction that ends it, its steps as they stand there."""
    run = session.get_one(RunRow, run_id)
    session.refresh(run)
    is_failed = status is RunStatus.FAILED
    facts = {"workload_id": run.workload_id, "client_id": run.client_id, "status": str(status), "error": error}
    put_notice(session, NoticeType.RUN_FAILED if is_failed else NoticeType.RUN_FINISHED, run_id, now=now, data=facts)
    steps = list(session.exec(select(StepRow).where(col(StepRow.run_id) == run_id).order_by(col(StepRow.position))))
    left = [step.idempotency_key for step in steps if step.holds_deployment]
    if left:
        put_notice(session, NoticeType.CLEANUP_PENDING, run_id, now=now, data={**facts, "deployments": left})
    if status not in (RunStatus.COMPLETED, RunStatus.COMPLETED_WITH_ERRORS):
        return
    for step in steps:
        if step.kind == StepKind.EVALUATE and step.status == StepStatus.COMPLETED:
            put_notice(
                session,
                NoticeType.CANDIDATE_READY,
                run_id,
                now=now,
                student=step.student,
                variant=step.variant,
                data={**facts, "model": step.output.get("model")},
            )
