"""Uploads, saved views and deletions in the state database; logged records themselves live in a log store."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel


class ImportStatus(StrEnum):
    """Where an uploaded file stands."""

    PENDING = "pending"  # waits for a worker
    RUNNING = "running"  # a worker reads it; a worker that dies is followed by the next, which begins anew
    COMPLETED = "completed"  # every line was stored, known already, or rejected with a reason
    FAILED = "failed"  # the file as a whole cannot be read


class ImportRow(SQLModel, table=True):
    """A file that somebody uploaded, and what has become of its lines; `artifact` holds its bytes until it is done.

    A copy of an index has no artifact (""), and its sizes are records.
    """

    __tablename__ = "import"

    id: str = Field(primary_key=True)
    name: str
    artifact: str = Field(max_length=64)
    workload_id: str | None = None
    client_id: str | None = None
    requested_by: str
    status: str = Field(default=ImportStatus.PENDING, index=True)
    lease_until: float = 0.0
    size_bytes: int
    read_bytes: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected_count: int = 0
    rejected: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    error: str | None = None
    created_at: datetime
    finished_at: datetime | None = None


class SavedViewRow(SQLModel, table=True):
    """A filter of the Logs page under a name; `parameters` are those of the page's URL."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("owner", "name", name="saved_view_name"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80)
    owner: str
    parameters: dict[str, str] = Field(sa_type=JSON)
    saved_at: datetime


class DeletionStatus(StrEnum):
    """Where a deletion from the log store stands."""

    PENDING = "pending"  # waits for a worker
    RUNNING = "running"  # records are being deleted; whoever dies at it is followed by a worker
    COMPLETED = "completed"  # everything asked for is gone
    FAILED = "failed"  # stopped before its end; `deleted` records are gone


class DeletionRow(SQLModel, table=True):
    """Who deleted what from the log store, when, and how many records that was; never removed."""

    __tablename__ = "log_deletion"

    id: int | None = Field(default=None, primary_key=True)
    conditions: dict[str, Any] = Field(sa_type=JSON)
    expected: int
    deleted: int = 0
    requested_by: str
    status: str = Field(default=DeletionStatus.PENDING, index=True)
    lease_until: float = 0.0
    error: str | None = None
    requested_at: datetime
    finished_at: datetime | None = None
