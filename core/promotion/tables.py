"""The tables of decisions, of marks on records and of records seen: rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel


class DecisionRow(SQLModel, table=True):
    """One act of one person on one candidate; `sequence` counts a candidate's acts from 1.

    The unique sequence is what lets exactly one of two simultaneous acts win. `basis` holds the parts of the results
    hash, `policy` the rules in force, `gates` how each stood, `must_see` how much of the list had been opened.
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
    policy_hash: str = Field(max_length=64)
    policy: dict[str, Any] = Field(sa_type=JSON)
    basis: dict[str, Any] = Field(sa_type=JSON)
    gates: list[dict[str, Any]] = Field(sa_type=JSON)
    sentence: str
    must_see: dict[str, Any] = Field(sa_type=JSON)
    override_reason: str | None = None
    idempotency_key: str = Field(unique=True)


class SampleMarkRow(SQLModel, table=True):
    """What a person said about one record of one candidate; the newest row of a record stands, older ones stay."""

    __tablename__ = "sample_mark"
    __table_args__ = (Index("sample_mark_record", "run_id", "student", "variant", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: str = Field(foreign_key="run.id")
    student: str
    variant: str
    position: int
    key: str = Field(max_length=64)
    kind: str
    note: str = ""
    gold: str | None = None
    marked_by: str
    marked_at: datetime


class SampleSeenRow(SQLModel, table=True):
    """A person opened one record of one candidate; the first time counts."""

    __tablename__ = "sample_seen"

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    student: str = Field(primary_key=True)
    variant: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    seen_by: str = Field(primary_key=True)
    seen_at: datetime
