"""Scans that show one moment, however long they take and whatever happens to the server meanwhile.

A point in time holds the moment. A server that restarts forgets it; the scan then opens another one and leaves out what
came later, told by the operation numbers of each index (`_seq_no`), which its one shard gives in the order of writing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch, NotFoundError

from core.logs.elasticsearch.conditions import Clause
from core.logs.elasticsearch.server import Server

KEEP_ALIVE = "5m"
FIRST_HITS, MOST_HITS = 50, 1000
INDICES = 10_000
LAST_PLACE = 2**63 - 1
LAST_OPERATIONS = {
    "index": {"terms": {"field": "_index", "size": INDICES}, "aggs": {"last": {"max": {"field": "_seq_no"}}}}
}
"""The last operation of each index that a moment knows."""


def in_order(direction: str) -> list[dict[str, Any]]:
    """Return the sort by (timestamp, content hash)."""
    return [
        {"fw.timestamp_ms": {"order": direction, "unmapped_type": "long"}},
        {"fw.rank": {"order": direction, "unmapped_type": "long"}},
    ]


ORDER = in_order("asc")


class Snapshot:
    """What matches a query now, read in a fixed order; `close` gives the server its memory back."""

    def __init__(
        self,
        server: Server,
        *,
        index: str,
        query: Clause,
        sort: Sequence[Mapping[str, Any]],
        runtime_mappings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._server = server
        self._runtime: Mapping[str, Any] = {"runtime_mappings": runtime_mappings} if runtime_mappings else {}
        self._index = index
        self._query = query
        self._sort = sort
        self._written: Mapping[str, int] = {}
        self._pit = self._open()

    def hits(self, fields: Sequence[str] | None = None) -> Iterator[Mapping[str, Any]]:
        """Yield all hits with these fields of their documents, also over a restart of the server.

        None gives the documents whole, which the server does in a third of the time.
        """
        after: Sequence[Any] | None = None
        size = FIRST_HITS
        while True:
            page = self._page(size, after, fields)
            yield from page
            if len(page) < size:
                return
            after = page[-1]["sort"]
            size = min(2 * size, MOST_HITS)

    def count_by_index(self) -> Mapping[str, int]:
        """Return how many hits there are in each index."""
        reply = self._search(size=0, aggs={"index": {"terms": {"field": "_index", "size": INDICES}}})
        return {bucket["key"]: bucket["doc_count"] for bucket in _buckets(reply, "index")}

    def close(self) -> None:
        """Release the point in time; a server that is away forgets it by itself."""
        with suppress(ApiError, TransportError):
            self._server.client.close_point_in_time(id=self._pit)

    def _open(self) -> str:
        def open_one(client: Elasticsearch) -> Any:
            return client.open_point_in_time(index=self._index, keep_alive=KEEP_ALIVE, ignore_unavailable=True)

        return str(self._server.insist(open_one)["id"])

    def _page(self, size: int, after: Sequence[Any] | None, fields: Sequence[str] | None) -> list[Mapping[str, Any]]:
        more: dict[str, Any] = {"aggs": LAST_OPERATIONS} if after is None else {"search_after": after}
        wanted: dict[str, Any] = {} if fields is None else {"source": list(fields) or False}
        reply = self._search(size=size, sort=self._sort, **wanted, track_total_hits=False, **more)
        if after is None:
            self._written = {bucket["key"]: int(bucket["last"]["value"]) for bucket in _buckets(reply, "index")}
        return list(reply["hits"]["hits"])

    def _search(self, **body: Any) -> Any:
        search = _PitSearch({**body, **self._runtime})
        try:
            reply = self._server.insist(search(self._pit, self._query))
        except NotFoundError:
            self._pit, self._query = self._open(), self._as_of_then()
            if after := body.get("search_after"):
                # The place inside a shard, with which a point in time breaks ties, means nothing to another one; what
                # is sorted by is unique without it.
                search = search.going_on_after([*after[:-1], LAST_PLACE])
            reply = self._server.insist(search(self._pit, self._query))
        self._pit = str(reply["pit_id"])
        return reply

    def _as_of_then(self) -> Clause:
        if not self._written:
            return self._query
        known = [
            {
                "bool": {
                    "filter": [{"term": {"_index": index}}, {"range": {"_seq_no": {"lte": last}}}],
                }
            }
            for index, last in self._written.items()
        ]
        return {"bool": {"filter": [self._query, {"bool": {"should": known, "minimum_should_match": 1}}]}}


class _PitSearch:
    """One search, to be sent to whichever point in time is open."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body

    def going_on_after(self, after: Sequence[Any]) -> "_PitSearch":
        """Return the search from another place on."""
        return _PitSearch({**self._body, "search_after": after})

    def __call__(self, pit: str, query: Clause) -> Callable[[Elasticsearch], Any]:
        return lambda client: client.search(
            pit={"id": pit, "keep_alive": KEEP_ALIVE}, query=query, allow_partial_search_results=False, **self._body
        )


def _buckets(reply: Any, name: str) -> list[Mapping[str, Any]]:
    return list(reply.get("aggregations", {}).get(name, {}).get("buckets", ()))
