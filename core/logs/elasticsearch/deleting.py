"""Deleting records: months that are all older than asked as a whole, everything else in batches of a snapshot.

Only plain calls are used, not the cluster's own deletion by query, so that a deletion can be watched, stopped and
repeated. Space comes back with the month, or by merging what was deleted out of it.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from core.logs.elasticsearch.conditions import write_deletion
from core.logs.elasticsearch.schema import Indices
from core.logs.elasticsearch.server import TRANSIENT, Server, is_transient
from core.logs.elasticsearch.snapshots import ORDER, Snapshot
from core.logs.errors import LogStoreUnavailable
from core.logs.store import Deletion

BATCH_RECORDS = 1000
DELETED = frozenset({200, 404})


def delete_records(server: Server, indices: Indices, deletion: Deletion) -> Iterator[int]:
    """Delete what matches now and yield how many records are gone after each step; the last is final."""
    snapshot = Snapshot(server, index=indices.pattern, query=write_deletion(deletion), sort=ORDER)
    is_by_age = deletion.before is not None and deletion == Deletion(before=deletion.before)
    deleted = 0
    try:
        left = dict(snapshot.count_by_index())
        for index, records in sorted(left.items()):
            if is_by_age and _drop(server, index, records):
                deleted += records
                del left[index]
                yield deleted
        hits = (hit for hit in snapshot.hits(()) if hit["_index"] in left)
        while batch := list(islice(hits, BATCH_RECORDS)):
            deleted += _delete_batch(server, batch)
            yield deleted
    finally:
        snapshot.close()
    if left:
        names = indices.name_all(left)
        server.insist(lambda client: client.indices.refresh(index=names))
        server.insist(_merge(names))
    yield deleted


def _drop(server: Server, index: str, records: int) -> bool:
    """Remove a month's index when it holds these records and no other; writers wait meanwhile."""

    def held(client: Elasticsearch) -> int:
        client.indices.refresh(index=index)
        return int(client.count(index=index)["count"])

    if server.insist(held) != records:
        return False
    server.insist(lambda client: client.indices.add_block(index=index, block="write"))
    if server.insist(held) == records:
        server.insist(lambda client: client.indices.delete(index=index, ignore_unavailable=True))
        return True
    server.insist(lambda client: client.indices.put_settings(index=index, settings={"index.blocks.write": None}))
    return False


def _delete_batch(server: Server, hits: Sequence[Mapping[str, Any]]) -> int:
    """Delete records by id and return how many they are; those that are gone already count too."""
    waiting = [{"delete": {"_index": hit["_index"], "_id": hit["_id"]}} for hit in hits]
    for pause_s in server.pauses():
        try:
            items = server.client.bulk(operations=waiting)["items"]
        except (ApiError, TransportError) as error:
            problem = server.unavailable(error)
            if not is_transient(error):
                raise problem from error
        else:
            statuses = [item["delete"]["status"] for item in items]
            waiting = [one for one, status in zip(waiting, statuses, strict=True) if status not in DELETED]
            problem = LogStoreUnavailable(f"Elasticsearch at {server.url} answered {statuses} to a deletion")
            if not any(status in TRANSIENT for status in statuses if status not in DELETED) and waiting:
                raise problem
        if not waiting:
            break
        if pause_s is None:
            raise problem
        time.sleep(pause_s)
    return len(hits)


def _merge(index: Sequence[str]) -> Any:
    return lambda client: client.options(request_timeout=600).indices.forcemerge(index=index, only_expunge_deletes=True)
