"""An index made and filled as the blueprint does it: strict mapping, one `index` call a record, no ids of ours."""

from collections.abc import Iterable, Mapping
from typing import Any

from elasticsearch import Elasticsearch

SETTINGS = {"mapping": {"total_fields": {"limit": 1000}}, "index": {"mapping": {"ignore_malformed": True}}}
MAPPINGS = {
    "dynamic": "strict",
    "properties": {
        "workload_id": {"type": "keyword"},
        "client_id": {"type": "keyword"},
        "timestamp": {"type": "date"},
        "request": {"type": "object", "dynamic": False},
        "response": {"type": "object", "dynamic": False},
    },
}


def make_index(client: Elasticsearch, name: str) -> None:
    """Make an empty index."""
    client.indices.create(index=name, settings=SETTINGS, mappings=MAPPINGS)


def fill_index(client: Elasticsearch, name: str, records: Iterable[Mapping[str, Any]]) -> None:
    """Index records one by one, then flush and refresh, as the blueprint's loader does."""
    for record in records:
        client.index(index=name, document=record)
    client.indices.flush(index=name)
    client.indices.refresh(index=name)
