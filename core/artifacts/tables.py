"""The table behind artifacts."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel


class ArtifactRow(SQLModel, table=True):
    """One immutable piece of content; `content` is gzip-compressed, `size_bytes` and `sha256` speak of the original."""

    __tablename__ = "artifact"

    sha256: str = Field(primary_key=True, max_length=64)
    media_type: str
    size_bytes: int
    content: bytes = Field(sa_type=LargeBinary)
    created_at: datetime
