"""Every store the contract runs against, and how to open it; child processes use this too."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.logs import LogStore
from core.logs.sqlite import SqliteLogStore

StoreKind = Literal["sqlite"]
STORE_KINDS: tuple[StoreKind, ...] = ("sqlite",)


@dataclass(frozen=True, kw_only=True)
class StorePlace:
    """Where a store of some kind keeps its records."""

    kind: StoreKind
    folder: Path


def open_store(place: StorePlace) -> LogStore:
    """Open the store at a place; several handles may be open at once."""
    return SqliteLogStore(place.folder / "logs.db")
