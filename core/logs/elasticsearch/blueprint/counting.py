"""Numbers about a blueprint index from what it indexes, and from runtime fields where that stays bearable."""

from collections import Counter as Tally
from collections.abc import Iterator, Mapping
from typing import Any

from core.logs.elasticsearch.blueprint.conditions import (
    ASKED_MODEL,
    COMPLETION_TOKENS,
    MODEL,
    PROMPT_TOKENS,
    RUNTIME_FIELDS,
    TOOL,
    Conditions,
)
from core.logs.elasticsearch.blueprint.times import DAY_MS, LEGS, Leg, filled_legs, leg_aggregations
from core.logs.elasticsearch.server import Server
from core.logs.store import TimeCount, WorkloadSummary
from core.logs.timestamps import iso_day, timestamp_ms

WORKLOADS_AT_ONCE = 20
STRETCHES_AT_ONCE = 10_000
RECORDS_READ = 200_000
"""Up to so many records, tokens, models and tool calls are counted; each record's document is read for it."""

_BOTH_COUNTS = {"bool": {"filter": [{"exists": {"field": path}} for path in (PROMPT_TOKENS, COMPLETION_TOKENS)]}}
READ_AGGREGATIONS: dict[str, Any] = {
    "usage": {
        "filter": _BOTH_COUNTS,
        "aggs": {"prompt": {"sum": {"field": PROMPT_TOKENS}}, "completion": {"sum": {"field": COMPLETION_TOKENS}}},
    },
    "models": {"terms": {"field": MODEL, "size": 1000}},
    "unanswered": {"missing": {"field": MODEL}, "aggs": {"models": {"terms": {"field": ASKED_MODEL, "size": 1000}}}},
    "tools": {"filter": {"exists": {"field": TOOL}}},
}


class BlueprintCounter:
    """Aggregations over one index."""

    def __init__(self, server: Server, index: str) -> None:
        self._server = server
        self._index = index

    def count(self, conditions: Conditions) -> int:
        """Return how many records match conditions that the server can tell."""
        either = {"bool": {"should": [conditions.clause(leg) for leg in LEGS], "minimum_should_match": 1}}
        found: int = self._search(query=either, size=0, track_total_hits=True)["hits"]["total"]["value"]
        return found

    def by_time(self, conditions: Conditions, *, width_ms: int) -> list[TimeCount]:
        """Return how many records lie in each stretch of time, for conditions that the server can tell."""
        counts: Tally[int] = Tally()
        for leg in LEGS:
            interval = {"histogram": {"field": "timestamp", "interval": width_ms / leg.factor}}
            for bucket in self._buckets(conditions.clause(leg), [{"start": interval}], {}, size=STRETCHES_AT_ONCE):
                # a date's key is written as one
                counts[timestamp_ms(bucket["key"]["start"]) * leg.factor] += bucket["doc_count"]
        return [TimeCount(start_ms=start_ms, records=counts[start_ms]) for start_ms in sorted(counts)]

    def workloads(self) -> list[WorkloadSummary]:
        """Return every workload, most records first; on a large index without tokens, models and tool calls."""
        total = self._search(query={"exists": {"field": "timestamp"}}, size=0, track_total_hits=RECORDS_READ + 1)
        is_read = total["hits"]["total"]["value"] <= RECORDS_READ
        sources = [{name: {"terms": {"field": name}}} for name in ("client_id", "workload_id")]
        aggregations = {
            **leg_aggregations({leg: _time_aggregations(leg) for leg in LEGS}),
            **(READ_AGGREGATIONS if is_read else {}),
        }
        buckets = self._buckets({"exists": {"field": "timestamp"}}, sources, aggregations, size=WORKLOADS_AT_ONCE)
        found = [_read_workload(bucket) for bucket in buckets]
        return sorted(found, key=lambda summary: (-summary.records, summary.client_id, summary.workload_id))

    def _buckets(
        self, query: Mapping[str, Any], sources: Any, aggregations: Mapping[str, Any], *, size: int
    ) -> Iterator[Mapping[str, Any]]:
        composite: dict[str, Any] = {"size": size, "sources": sources}
        while True:
            aggs = {"all": {"composite": composite, "aggs": aggregations}}
            found = self._search(query=query, size=0, track_total_hits=False, aggs=aggs)["aggregations"]["all"]
            yield from found["buckets"]
            if len(found["buckets"]) < size:
                return
            composite = {**composite, "after": found["after_key"]}

    def _search(self, **body: Any) -> Any:
        return self._server.ask(
            lambda client: client.search(
                index=self._index, runtime_mappings=RUNTIME_FIELDS, allow_partial_search_results=False, **body
            )
        )


def _time_aggregations(leg: Leg) -> Mapping[str, Any]:
    return {
        "first": {"min": {"field": "timestamp"}},
        "last": {"max": {"field": "timestamp"}},
        "days": {"histogram": {"field": "timestamp", "interval": DAY_MS / leg.factor, "min_doc_count": 1}},
    }


def _read_workload(bucket: Mapping[str, Any]) -> WorkloadSummary:
    legs = list(filled_legs(bucket))
    days: Tally[str] = Tally()
    for leg, found in legs:
        for day in found["days"]["buckets"]:
            days[iso_day(round(day["key"] * leg.factor) // DAY_MS)] += day["doc_count"]
    usage = bucket.get("usage", {"doc_count": 0, "prompt": {"value": 0}, "completion": {"value": 0}})
    named = [*bucket.get("models", {}).get("buckets", ()), *_unanswered_models(bucket)]
    return WorkloadSummary(
        client_id=bucket["key"]["client_id"],
        workload_id=bucket["key"]["workload_id"],
        records=bucket["doc_count"],
        first_ms=min(int(found["first"]["value"]) * leg.factor for leg, found in legs),
        last_ms=max(int(found["last"]["value"]) * leg.factor for leg, found in legs),
        usage_records=usage["doc_count"],
        prompt_tokens=int(usage["prompt"]["value"]),
        completion_tokens=int(usage["completion"]["value"]),
        models=tuple(sorted({model["key"] for model in named})),
        days=dict(sorted(days.items())),
        tool_call_records=bucket.get("tools", {}).get("doc_count", 0),
    )


def _unanswered_models(bucket: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(bucket.get("unanswered", {}).get("models", {}).get("buckets", ()))
