"""Answers about many records at once, all exact: workloads, labels, counts over time, repeated requests."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.logs.elasticsearch.conditions import Clause
from core.logs.elasticsearch.server import Server
from core.logs.store import DuplicateCount, LabelCount, TimeCount, WorkloadSummary
from core.logs.timestamps import iso_day

DAY_MS = 86_400_000
WORKLOADS_AT_ONCE = 50
"""With a thousand days each they stay below the 65,536 buckets that a server gives at once."""
STRETCHES_AT_ONCE = 10_000
REQUESTS_AT_ONCE = 50_000
LABELS_OF_A_MONTH = 50_000
"""Each month counts so many labels before they are added up; with more, rare ones would be counted short."""
MODELS = 1000

_BOTH_COUNTS = {"bool": {"filter": [{"exists": {"field": f"fw.{side}_tokens"}} for side in ("prompt", "completion")]}}
WORKLOAD_AGGREGATIONS: dict[str, Any] = {
    "first": {"min": {"field": "fw.timestamp_ms"}},
    "last": {"max": {"field": "fw.timestamp_ms"}},
    "usage": {
        "filter": _BOTH_COUNTS,
        "aggs": {side: {"sum": {"field": f"fw.{side}_tokens"}} for side in ("prompt", "completion")},
    },
    "models": {"terms": {"field": "fw.model", "size": MODELS, "order": {"_key": "asc"}}},
    "days": {"histogram": {"field": "fw.timestamp_ms", "interval": DAY_MS, "min_doc_count": 1}},
    "tools": {"filter": {"term": {"fw.has_tool_calls": True}}},
    "newest": {
        "top_hits": {
            "size": 1,
            "sort": [{"fw.timestamp_ms": "desc"}, {"fw.stored_ms": "desc"}],
            "docvalue_fields": ["fw.stored_ms"],
            "_source": False,
        }
    },
}


class Counter:
    """Aggregations over the months of one store."""

    def __init__(self, server: Server, index: str) -> None:
        self._server = server
        self._index = index

    def count(self, query: Clause, *, up_to: int | None) -> int:
        """Return how many records match, at most `up_to`; None counts them all."""
        total = True if up_to is None else up_to
        reply = self._search(query, track_total_hits=total)
        found: int = reply["hits"]["total"]["value"]
        return found if up_to is None else min(found, up_to)

    def workloads(self, query: Clause) -> list[WorkloadSummary]:
        """Return every workload, most records first."""
        sources = [{name: {"terms": {"field": name}}} for name in ("client_id", "workload_id")]
        buckets = self._buckets(query, sources, size=WORKLOADS_AT_ONCE, aggregations=WORKLOAD_AGGREGATIONS)
        found = [_read_workload(bucket) for bucket in buckets]
        return sorted(found, key=lambda summary: (-summary.records, summary.client_id, summary.workload_id))

    def labels(self, query: Clause, *, limit: int) -> list[LabelCount]:
        """Return labels with counts, most frequent first, records without one last."""
        terms = {
            "field": "fw.label",
            "size": limit,
            "shard_size": max(limit, LABELS_OF_A_MONTH),
            "order": [{"_count": "desc"}, {"_key": "asc"}],
        }
        reply = self._search(query, aggs={"labels": {"terms": terms}, "none": {"missing": {"field": "fw.label"}}}).get(
            "aggregations", {}
        )
        counts = [
            LabelCount(label=bucket["key"], records=bucket["doc_count"])
            for bucket in reply.get("labels", {}).get("buckets", ())
        ]
        unlabelled = reply.get("none", {}).get("doc_count", 0)
        return [*counts, LabelCount(label=None, records=unlabelled)] if unlabelled else counts

    def by_time(self, query: Clause, *, width_ms: int) -> list[TimeCount]:
        """Return how many records lie in each stretch of time, oldest first."""
        sources = [{"start": {"histogram": {"field": "fw.timestamp_ms", "interval": width_ms}}}]
        return [
            TimeCount(start_ms=int(bucket["key"]["start"]), records=bucket["doc_count"])
            for bucket in self._buckets(query, sources, size=STRETCHES_AT_ONCE)
        ]

    def duplicates(self, query: Clause) -> DuplicateCount:
        """Return how many records and how many different requests there are."""
        sources = [{"request": {"terms": {"field": "fw.request_hash"}}}]
        buckets = self._buckets(query, sources, size=REQUESTS_AT_ONCE, fields=("doc_count",))
        counts = [bucket["doc_count"] for bucket in buckets]
        return DuplicateCount(records=sum(counts), requests=len(counts))

    def _buckets(
        self,
        query: Clause,
        sources: Sequence[Mapping[str, Any]],
        *,
        size: int,
        aggregations: Mapping[str, Any] | None = None,
        fields: Sequence[str] = ("*",),
    ) -> Iterator[Mapping[str, Any]]:
        """Yield all buckets of a composite aggregation, in the order of their keys, with these of their fields."""
        wanted = ["aggregations.all.after_key", *(f"aggregations.all.buckets.{field}" for field in fields)]
        composite: dict[str, Any] = {"size": size, "sources": sources}
        while True:
            reply = self._search(
                query, filter_path=wanted, aggs={"all": {"composite": composite, "aggs": aggregations or {}}}
            )
            found = reply.get("aggregations", {}).get("all", {})
            yield from found.get("buckets", ())
            if len(found.get("buckets", ())) < size:
                return
            composite = {**composite, "after": found["after_key"]}

    def _search(self, query: Clause, **body: Any) -> Any:
        body = {"track_total_hits": False, **body}
        return self._server.ask(
            lambda client: client.search(
                index=self._index, query=query, size=0, allow_partial_search_results=False, **body
            )
        )


def _read_workload(bucket: Mapping[str, Any]) -> WorkloadSummary:
    usage = bucket["usage"]
    return WorkloadSummary(
        client_id=bucket["key"]["client_id"],
        workload_id=bucket["key"]["workload_id"],
        records=bucket["doc_count"],
        first_ms=int(bucket["first"]["value"]),
        last_ms=int(bucket["last"]["value"]),
        usage_records=usage["doc_count"],
        prompt_tokens=int(usage["prompt"]["value"]),
        completion_tokens=int(usage["completion"]["value"]),
        models=tuple(model["key"] for model in bucket["models"]["buckets"]),
        days={iso_day(int(day["key"]) // DAY_MS): day["doc_count"] for day in bucket["days"]["buckets"]},
        tool_call_records=bucket["tools"]["doc_count"],
        last_stored_ms=int(bucket["newest"]["hits"]["hits"][0]["fields"]["fw.stored_ms"][0]),
    )
