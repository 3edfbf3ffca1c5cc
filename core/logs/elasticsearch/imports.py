"""The list of imports, kept in an index beside the months."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from elasticsearch import NotFoundError as Missing

from core.errors import NotFoundError
from core.logs.elasticsearch.schema import Indices
from core.logs.elasticsearch.server import Server
from core.logs.store import IngestReport, LogImport


class ImportList:
    """Writes down what is imported, and reads it back."""

    def __init__(self, server: Server, indices: Indices) -> None:
        self._server = server
        self._indices = indices

    def begin(self, *, source: str, now_ms: int) -> str:
        """Note that an import begins and return its id; ids grow with time."""
        import_id = f"{time.time_ns():016x}{secrets.token_hex(4)}"
        self._put(import_id, {"source": source, "started_ms": now_ms, "order": import_id})
        return import_id

    def end(self, import_id: str, report: IngestReport, *, now_ms: int) -> None:
        """Note what an import has done."""
        document = self._get(import_id)
        outcome = {"stored": report.stored, "duplicate": report.duplicate, "rejected": len(report.rejected)}
        self._put(import_id, {**document, **outcome, "ended_ms": now_ms})

    def check(self, import_id: str) -> None:
        """Raise `NotFoundError` for an import that is not known."""
        try:
            self._get(import_id)
        except Missing:
            raise NotFoundError(
                f"no import {import_id[:40]!r}; list them to see their numbers", field="import"
            ) from None

    def recent(self, *, limit: int) -> list[LogImport]:
        """Return imports, newest first, with how much of each is still there."""
        found = self._server.ask(
            lambda client: client.search(
                index=self._indices.imports,
                query={"exists": {"field": "order"}},
                sort=[{"order": {"order": "desc", "unmapped_type": "keyword"}}],
                size=limit,
                ignore_unavailable=True,
            )
        )["hits"]["hits"]
        left = self._count_left([hit["_id"] for hit in found])
        return [_read_import(hit["_id"], hit["_source"], left.get(hit["_id"], 0)) for hit in found]

    def _count_left(self, ids: list[str]) -> Mapping[str, int]:
        reply = self._server.ask(
            lambda client: client.search(
                index=self._indices.pattern,
                query={"terms": {"fw.import": ids}},
                size=0,
                aggs={"import": {"terms": {"field": "fw.import", "size": max(1, len(ids))}}},
                allow_partial_search_results=False,
            )
        )
        buckets = reply.get("aggregations", {}).get("import", {}).get("buckets", ())
        return {bucket["key"]: bucket["doc_count"] for bucket in buckets}

    def _get(self, import_id: str) -> Mapping[str, Any]:
        if not import_id or len(import_id) > 64:
            raise NotFoundError(f"no import {import_id[:40]!r}; list them to see their numbers", field="import")
        reply = self._server.insist(lambda client: client.get(index=self._indices.imports, id=import_id))
        return dict(reply["_source"])

    def _put(self, import_id: str, document: Mapping[str, Any]) -> None:
        self._server.insist(
            lambda client: client.index(index=self._indices.imports, id=import_id, document=document, refresh=True)
        )


def _read_import(import_id: str, document: Mapping[str, Any], records: int) -> LogImport:
    return LogImport(
        id=import_id,
        source=document["source"],
        started_ms=document["started_ms"],
        ended_ms=document.get("ended_ms"),
        stored=document.get("stored", records),
        duplicate=document.get("duplicate", 0),
        rejected=document.get("rejected", 0),
        records=records,
    )
