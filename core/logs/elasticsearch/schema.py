"""The indices: one a month by the record's own time, made by a template, and one beside them that lists imports.

A month's index is `PREFIX-YYYY.MM`. Equal records have equal times, so they meet in one index under one id, which is
what makes imports safe to repeat; old months become static, which makes their aggregations cached answers and their
removal the removal of an index.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from elasticsearch import Elasticsearch

from core.logs.elasticsearch.server import Server
from core.logs.timestamps import EPOCH

VERSION = 1
DERIVED = "fw"
LINE_BYTES = 3000
"""How long the names in a request may be together; a server takes first lines of 4 KiB."""
KEYWORD = {"type": "keyword"}
LONG = {"type": "long"}

MAPPINGS: dict[str, Any] = {
    "dynamic": False,
    # The words are made from the record and only searched; leaving them out of what is fetched halves it.
    "_source": {"excludes": ["fw.words"]},
    "properties": {
        "timestamp": {"type": "date", "format": "epoch_millis"},
        "client_id": KEYWORD,
        "workload_id": KEYWORD,
        # The record as it was sent, as text: Elasticsearch itself takes neither every number nor every key of JSON.
        "record": {"type": "object", "enabled": False},
        "fw": {
            "dynamic": "strict",
            "properties": {
                "version": {"type": "byte"},
                "timestamp_ms": LONG,
                "content_hash": {"type": "keyword", "index": False, "doc_values": False},
                # Breaks ties of time as the hash would; sorting by the hash itself took most of the time of a page.
                "rank": LONG,
                "request_hash": LONG,
                "model": KEYWORD,
                "finish_reason": KEYWORD,
                "label": KEYWORD,
                "has_tool_calls": {"type": "boolean"},
                "prompt_tokens": LONG,
                "completion_tokens": LONG,
                "folded": {"properties": {"client": KEYWORD, "workload": KEYWORD, "model": KEYWORD, "finish": KEYWORD}},
                # Prompt and answer; the gap keeps phrases from reaching from one into the other.
                "words": {
                    "type": "text",
                    "analyzer": "whitespace",
                    "norms": False,
                    "position_increment_gap": 1000,
                },
                "import": KEYWORD,
                "part": LONG,
                "stored_ms": LONG,
            },
        },
    },
}
IMPORT_MAPPINGS: dict[str, Any] = {
    "dynamic": False,
    "properties": {"started_ms": LONG, "order": KEYWORD},
}


@dataclass(frozen=True, kw_only=True)
class Indices:
    """The names of one store's indices."""

    prefix: str

    @property
    def pattern(self) -> str:
        """All months."""
        return f"{self.prefix}-*"

    @property
    def imports(self) -> str:
        """The list of imports; the pattern of the months does not hold it."""
        return f"{self.prefix}.imports"

    def month(self, timestamp_ms: int) -> str:
        """Return the index of a record's month, UTC."""
        return f"{self.prefix}-{EPOCH + timedelta(milliseconds=timestamp_ms):%Y.%m}"

    def name_all(self, months: Collection[str]) -> list[str]:
        """Return months as a request names them; all there are when the names of these are too long for its line."""
        names = sorted(months)
        return names if len(",".join(names)) <= LINE_BYTES else [self.pattern]


def prepare(server: Server, indices: Indices, *, replicas: int) -> None:
    """Make sure that months are made as this version needs them, and that the list of imports is there."""
    settings = {
        "number_of_shards": 1,  # streams that survive a restart count operations of an index, which one shard orders
        "auto_expand_replicas": f"0-{replicas}",
        "codec": "best_compression",
        "sort.field": ["fw.timestamp_ms", "fw.rank"],
        "sort.order": ["desc", "desc"],
    }

    def put(client: Elasticsearch) -> object:
        return client.indices.put_index_template(
            name=indices.prefix,
            index_patterns=[indices.pattern],
            priority=500,
            version=VERSION,
            template={"settings": settings, "mappings": MAPPINGS},
        )

    def make_imports(client: Elasticsearch) -> object:
        return client.options(ignore_status=400).indices.create(
            index=indices.imports,
            mappings=IMPORT_MAPPINGS,
            settings={"number_of_shards": 1, "auto_expand_replicas": f"0-{replicas}"},
        )

    if not server.insist(lambda client: client.indices.exists(index=indices.imports)):
        server.insist(put)
        server.insist(make_imports)
