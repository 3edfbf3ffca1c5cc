"""Every store the contract runs against, and how to open it; child processes use this too."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from elasticsearch import Elasticsearch

from core.logs import LogStore
from core.logs.elasticsearch import ElasticsearchLogStore, connect
from core.logs.sqlite import SqliteLogStore
from core.settings import ElasticsearchSettings

StoreKind = Literal["sqlite", "elasticsearch"]
STORE_KINDS = ("sqlite", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch))
NODE_URL = "TEST_ELASTICSEARCH_URL"
"""The environment variable with the node's address, for this process and its children."""


@dataclass(frozen=True, kw_only=True)
class StorePlace:
    """Where a store of some kind keeps its records."""

    kind: StoreKind
    folder: Path

    @property
    def prefix(self) -> str:
        """What the names of its indices begin with."""
        return f"t{hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]}"


def open_store(place: StorePlace) -> LogStore:
    """Open the store at a place; several handles may be open at once."""
    if place.kind == "sqlite":
        return SqliteLogStore(place.folder / "logs.db")
    settings = ElasticsearchSettings(url=os.environ[NODE_URL], index=place.prefix, patience_s=60, replicas=0)
    return ElasticsearchLogStore(connect(settings), prefix=place.prefix, replicas=0)


def remove_indices(url: str) -> None:
    """Remove everything that tests left on a node."""
    with Elasticsearch(url) as client:
        names = list(client.indices.get(index="*", expand_wildcards="open"))
        for start in range(0, len(names), 50):
            client.indices.delete(index=names[start : start + 50], ignore_unavailable=True)
