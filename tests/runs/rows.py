"""Rows that tests of runs start from."""

from datetime import UTC, datetime
from typing import Any

from core.database import Database
from core.runs.plan import Variant, plan_steps, resource_key
from core.runs.tables import RunRow, StepRow

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STUDENT = "local/linear-small"


def add_run(database: Database, run_id: str = "run-1", **values: Any) -> str:
    """Store a run with its planned steps as a launch would, and return its id."""
    variants = [Variant.BASE, Variant.CUSTOMIZED]
    row = {
        "workload_id": "support",
        "requested_by": "rita",
        "request": {"students": [STUDENT], "variants": [str(v) for v in variants]},
        "request_hash": "0" * 64,
        "created_at": NOW,
        **values,
    }
    with database.write() as session:
        session.add(RunRow(id=run_id, **row))
        session.flush()
        for position, step in enumerate(plan_steps([STUDENT], variants)):
            session.add(
                StepRow(
                    run_id=run_id,
                    key=step.key,
                    position=position,
                    kind=step.kind,
                    student=step.student,
                    variant=step.variant,
                    idempotency_key=resource_key(run_id, step.key),
                )
            )
    return run_id
