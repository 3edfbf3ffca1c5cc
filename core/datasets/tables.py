"""The tables of what people decide about records and of frozen evaluation sets. Rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel


class EvaluationSetRow(SQLModel, table=True):
    """One frozen version of a workload's evaluation set. `client_id` is empty where records of all clients were drawn.

    `sha256` is both its file's artifact and its address; `classes` maps labels to records.
    """

    __tablename__ = "evaluation_set"
    __table_args__ = (
        UniqueConstraint("workload_id", "client_id", "version", name="evaluation_set_version"),
        UniqueConstraint("workload_id", "client_id", "sha256", name="evaluation_set_content"),
    )

    id: int | None = Field(default=None, primary_key=True)
    workload_id: str
    client_id: str = ""
    version: int
    sha256: str = Field(max_length=64, foreign_key="artifact.sha256", index=True)
    records: int
    workload_type: str
    answer_format: dict[str, Any] = Field(sa_type=JSON)
    classes: dict[str, int] = Field(sa_type=JSON)
    first_record_at: datetime
    last_record_at: datetime
    frozen_by: str
    frozen_at: datetime
    note: str = ""


class GoldRow(SQLModel, table=True):
    """What a person said the right answer to a request is; None withdraws it. The newest row of a request stands."""

    __tablename__ = "gold"
    __table_args__ = (Index("gold_request", "workload_id", "request_key"),)

    id: int | None = Field(default=None, primary_key=True)
    workload_id: str
    request_key: str = Field(max_length=64)
    answer: str | None = None
    source: str
    note: str = ""
    given_by: str
    given_at: datetime


class VetoRow(SQLModel, table=True):
    """A person excluded a request from future datasets, or let it in again. The newest row of a request stands."""

    __tablename__ = "veto"
    __table_args__ = (Index("veto_request", "workload_id", "request_key"),)

    id: int | None = Field(default=None, primary_key=True)
    workload_id: str
    request_key: str = Field(max_length=64)
    is_vetoed: bool
    reason: str
    decided_by: str
    decided_at: datetime
