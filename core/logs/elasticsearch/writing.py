"""Batches of records into the months: nothing lost, nothing doubled, whatever becomes of single requests.

Ids are content hashes and every write is a `create`, so a batch may be sent again after any failure. What an earlier
attempt had stored before its answer was lost is told from a duplicate by the import and part it carries.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from core.logs.elasticsearch.documents import write_document
from core.logs.elasticsearch.schema import Indices
from core.logs.elasticsearch.server import TRANSIENT, Server, is_transient
from core.logs.errors import LogStoreUnavailable
from core.logs.records import RecordDraft

CREATED, DUPLICATE, BLOCKED = 201, 409, 403


@dataclass(frozen=True, kw_only=True)
class WrittenBatch:
    """What became of a batch."""

    stored: int
    duplicate: int


class BatchWriter:
    """Writes the batches of one import."""

    def __init__(self, server: Server, indices: Indices, import_id: str, now_ms: Callable[[], int]) -> None:
        self._server = server
        self._indices = indices
        self._import_id = import_id
        self._now_ms = now_ms
        self._part = 0

    def write(self, drafts: Sequence[RecordDraft]) -> WrittenBatch:
        """Store a batch and make it visible. Raises `LogStoreUnavailable` when the server stays away."""
        self._part += 1
        waiting = {draft.content_hash: draft for draft in drafts}
        lines = {key: self._lines(draft) for key, draft in waiting.items()}
        statuses = self._send(lines)
        if touched := {self._indices.month(draft.timestamp_ms) for draft in waiting.values()}:
            self._server.insist(lambda client: client.indices.refresh(index=self._indices.name_all(touched)))
        stored = sum(status == CREATED for status in statuses.values())
        return WrittenBatch(stored=stored, duplicate=len(drafts) - stored)

    def _lines(self, draft: RecordDraft) -> tuple[bytes, bytes]:
        action = {"create": {"_index": self._indices.month(draft.timestamp_ms), "_id": draft.content_hash}}
        document = write_document(draft, import_id=self._import_id, part=self._part, stored_ms=self._now_ms())
        return orjson.dumps(action), document

    def _send(self, lines: Mapping[str, tuple[bytes, bytes]]) -> Mapping[str, int]:
        """Send until every record has its answer; return the last status of each, 201 or 409."""
        statuses: dict[str, int] = {}
        waiting, has_lost_answers = dict(lines), False
        for pause_s in self._server.pauses():
            if not waiting:
                break
            problem = ""
            try:
                answered = self._send_once(waiting)
            except (ApiError, TransportError) as error:
                if not is_transient(error):
                    raise self._server.unavailable(error) from error
                problem, has_lost_answers = str(self._server.unavailable(error)), True
            else:
                statuses |= {key: status for key, (status, _) in answered.items()}
                waiting = {key: lines[key] for key, (status, _) in answered.items() if _may_succeed_later(status)}
                problem = next((reason for status, reason in answered.values() if status not in (201, 409)), "")
                if refused := [reason for status, reason in answered.values() if _is_refused(status)]:
                    raise LogStoreUnavailable(f"Elasticsearch at {self._server.url} refused a record: {refused[0]}")
            if waiting and pause_s is None:
                raise LogStoreUnavailable(f"{problem}; what was reported as stored is safe, import the file again")
            if waiting:
                time.sleep(pause_s or 0)
        if has_lost_answers:
            statuses |= dict.fromkeys(self._stored_unheard(statuses), CREATED)
        return statuses

    def _send_once(self, waiting: Mapping[str, tuple[bytes, bytes]]) -> Mapping[str, tuple[int, str]]:
        """Return each record's status and, when it is an error, its reason."""
        body: Any = [line for pair in waiting.values() for line in pair]  # bytes, which the client's hints leave out
        reply = self._server.client.bulk(operations=body)
        results = [item["create"] for item in reply["items"]]
        return {one["_id"]: (one["status"], _reason(one)) for one in results}

    def _stored_unheard(self, statuses: Mapping[str, int]) -> list[str]:
        """Return which duplicates are this part's own records, stored by an attempt whose answer was lost."""
        doubtful = [key for key, status in statuses.items() if status == DUPLICATE]
        own = {
            "bool": {
                "filter": [
                    {"ids": {"values": doubtful}},
                    {"term": {"fw.import": self._import_id}},
                    {"term": {"fw.part": self._part}},
                ]
            }
        }

        def search(client: Elasticsearch) -> Any:
            client.indices.refresh(index=self._indices.pattern)
            return client.search(
                index=self._indices.pattern,
                query=own,
                size=max(1, len(doubtful)),
                source=False,
                allow_partial_search_results=False,
            )

        return [hit["_id"] for hit in self._server.insist(search)["hits"]["hits"]] if doubtful else []


def _may_succeed_later(status: int) -> bool:
    return status in TRANSIENT or status == BLOCKED  # blocked while its month is being removed


def _is_refused(status: int) -> bool:
    return status not in (CREATED, DUPLICATE) and not _may_succeed_later(status)


def _reason(result: Mapping[str, Any]) -> str:
    error = result.get("error") or {}
    return f"{result['status']} {error.get('type', '')}: {error.get('reason', '')}"[:300] if error else ""
