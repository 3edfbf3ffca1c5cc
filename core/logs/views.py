"""Saved views: a filter of the Logs page under a name, for everybody to open and its owner to change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.database import Database
from core.errors import ConflictError, InputError, NotFoundError
from core.logs.query import parse_query
from core.logs.tables import SavedViewRow

NAME_CHARACTERS = 80
PARAMETERS = ("workload", "client", "since", "until", "text")
"""What a view may hold: the filters of the Logs page, as its URL writes them."""


@dataclass(frozen=True, kw_only=True)
class SavedView:
    """A view; `parameters` are those of the Logs page's URL."""

    id: int
    name: str
    owner: str
    parameters: Mapping[str, str]
    saved_at: datetime


def save_view(database: Database, *, name: str, owner: str, parameters: Mapping[str, str], now: datetime) -> int:
    """Store a view and return its id; the owner's view of the same name is replaced.

    Raises `InputError` for a name that is empty or too long, a view without a filter, and a text that is no query.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_CHARACTERS or not name.isprintable():
        raise InputError(f"a view's name has 1 to {NAME_CHARACTERS} characters", field="name")
    kept = {key: value for key, value in parameters.items() if key in PARAMETERS and value}
    if not kept:
        raise InputError("nothing is filtered; choose what to see, then save it", field="parameters")
    parse_query(kept.get("text", ""))
    with database.write() as session:
        mine = select(SavedViewRow).where(SavedViewRow.owner == owner, SavedViewRow.name == name)
        row = session.exec(mine).first() or SavedViewRow(name=name, owner=owner, parameters={}, saved_at=now)
        row.parameters, row.saved_at = kept, now
        session.add(row)
        session.flush()
        return _known(row.id)


def list_views(session: Session) -> list[SavedView]:
    """Return all views by name, then owner."""
    rows = session.exec(select(SavedViewRow).order_by(col(SavedViewRow.name), col(SavedViewRow.owner)))
    return [
        SavedView(id=_known(row.id), name=row.name, owner=row.owner, parameters=row.parameters, saved_at=row.saved_at)
        for row in rows
    ]


def delete_view(database: Database, view_id: int, *, owner: str) -> None:
    """Delete a view. Raises `NotFoundError`, and `ConflictError` for a view of somebody else."""
    with database.write() as session:
        row = session.get(SavedViewRow, view_id)
        if row is None:
            raise NotFoundError(f"no saved view {view_id}; it may have been deleted", field="view")
        if row.owner != owner:
            raise ConflictError(f"the view {row.name!r} belongs to {row.owner}, who alone may delete it")
        session.delete(row)


def _known(view_id: int | None) -> int:
    assert view_id is not None  # stored rows have one
    return view_id
