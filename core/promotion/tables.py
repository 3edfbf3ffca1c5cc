"""The table of decisions: rows are only ever added."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel


class DecisionRow(SQLModel, table=True):
    """One act of one person on one candidate; `sequence` counts a candidate's acts from 1.

    The unique sequence is what lets exactly one of two simultaneous acts win.
    """

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("run_id", "student", "variant", "sequence", name="decision_sequence"),)

    id: str = Field(primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    workload_id: str = Field(index=True)
    student: str
    variant: str
    sequence: int
    supersedes: str | None = Field(default=None, foreign_key="decision.id")
    verdict: str
    reason: str
    decided_by: str
    decided_at: datetime
    results_hash: str = Field(max_length=64)
    idempotency_key: str = Field(unique=True)
