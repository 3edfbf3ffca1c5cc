"""The table of uploads in the state database; logged records themselves live in a log store."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel


class ImportStatus(StrEnum):
    """Where an uploaded file stands."""

    PENDING = "pending"  # waits for a worker
    RUNNING = "running"  # a worker reads it; a worker that dies is followed by the next, which begins anew
    COMPLETED = "completed"  # every line was stored, known already, or rejected with a reason
    FAILED = "failed"  # the file as a whole cannot be read


class ImportRow(SQLModel, table=True):
    """A file that somebody uploaded, and what has become of its lines; `artifact` holds its bytes until it is done."""

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
