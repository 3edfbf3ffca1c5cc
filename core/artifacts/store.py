"""Put, open and delete content by its SHA-256, inside the caller's transaction."""

import gzip
import hashlib
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, delete

from core.artifacts.tables import ArtifactRow
from core.errors import NotFoundError

GZIP_LEVEL = 5


def put_artifact(session: Session, content: bytes, *, media_type: str, now: datetime) -> str:
    """Store `content` once and return its SHA-256 in hex; putting the same bytes again changes nothing."""
    sha256 = hashlib.sha256(content).hexdigest()
    if session.get(ArtifactRow, sha256) is None:
        packed = gzip.compress(content, GZIP_LEVEL, mtime=0)
        values = {
            "sha256": sha256,
            "media_type": media_type,
            "size_bytes": len(content),
            "content": packed,
            "created_at": now,
        }
        # Two workers may put the same bytes at once; on PostgreSQL the second waits for the first and finds them there.
        if session.get_bind().dialect.name == "postgresql":
            session.execute(postgresql.insert(ArtifactRow).values(values).on_conflict_do_nothing())
        else:
            session.execute(sqlite.insert(ArtifactRow).values(values).on_conflict_do_nothing())
    return sha256


def open_artifact(session: Session, sha256: str) -> bytes:
    """Return the content with this SHA-256.

    Raises `NotFoundError` when there is none and when the stored bytes no longer match their name.
    """
    row = session.get(ArtifactRow, sha256)
    if row is None:
        raise NotFoundError(f"artifact {sha256} is not stored here; it may have been deleted with its run")
    content = gzip.decompress(row.content)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise NotFoundError(f"artifact {sha256} is damaged: its content has another SHA-256; restore it from a backup")
    return content


def delete_artifact(session: Session, sha256: str) -> None:
    """Remove the content with this SHA-256; nothing happens when it is gone."""
    session.execute(delete(ArtifactRow).where(col(ArtifactRow.sha256) == sha256))
