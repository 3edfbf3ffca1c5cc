"""The table of deliveries: one row a notice and webhook. Notices are `core.runs`' table."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class DeliveryRow(SQLModel, table=True):
    """What became of telling one webhook one notice; `lease_until` keeps two workers from sending at once."""

    __tablename__ = "notice_delivery"
    __table_args__ = (Index("notice_delivery_due", "status", "next_attempt_at"),)

    notice_id: str = Field(primary_key=True, foreign_key="notice.id")
    webhook: str = Field(primary_key=True)
    status: str
    attempts: int = 0
    next_attempt_at: datetime
    lease_until: float = 0.0
    last_error: str | None = None
    delivered_at: datetime | None = None
