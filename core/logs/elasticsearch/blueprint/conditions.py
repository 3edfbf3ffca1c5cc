"""What of a filter the server can tell of a blueprint index, and what has to be read in each record.

Client, workload and time are indexed. Model, finish reason and tool calls come from search-time runtime fields that
read the stored document by path and touch no mapping. Words and labels are read here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.logs.elasticsearch.blueprint.times import Leg, is_exact
from core.logs.errors import QueryError
from core.logs.query import FieldCondition, Pattern, Query, parse_query
from core.logs.query_text import Field
from core.logs.store import LogFilter
from core.logs.timestamps import datetime_ms

Clause = dict[str, Any]
MODEL, ASKED_MODEL = "response.model", "request.model"
FINISH = "response.choices.finish_reason"
TOOL = "response.choices.message.tool_calls.function.name"
PROMPT_TOKENS, COMPLETION_TOKENS = "response.usage.prompt_tokens", "response.usage.completion_tokens"
RUNTIME_FIELDS = {
    **{path: {"type": "keyword"} for path in (MODEL, ASKED_MODEL, FINISH, TOOL)},
    **{path: {"type": "long"} for path in (PROMPT_TOKENS, COMPLETION_TOKENS)},
}


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What a record must be; `since_ms` is included, `until_ms` is not."""

    query: Query
    client_id: str | None
    workload_id: str | None
    since_ms: int | None
    until_ms: int | None

    @property
    def needs_reading(self) -> bool:
        """Tell whether only the records themselves know the answer."""
        texts = [pattern.text for one in self.query.fields for pattern in (*one.any_of, *one.none_of)]
        return bool(
            self.query.required
            or self.query.excluded
            or self.query.condition(Field.LABEL)
            or not all(text.isascii() for text in texts)
            or not (is_exact(self.since_ms) and is_exact(self.until_ms))
        )

    def accepts_time(self, timestamp_ms: int) -> bool:
        """Tell whether a record's own time is asked for."""
        return (self.since_ms is None or timestamp_ms >= self.since_ms) and (
            self.until_ms is None or timestamp_ms < self.until_ms
        )

    def clause(self, leg: Leg) -> Clause:
        """Return the query of a leg; it finds all records that match and, where `needs_reading`, others too."""
        filters: list[Clause] = [leg.clause()]
        named = {"client_id": self.client_id, "workload_id": self.workload_id}
        filters += [{"term": {field: value}} for field, value in named.items() if value is not None]
        filters += [] if self.since_ms is None else [leg.since(self.since_ms)]
        filters += [] if self.until_ms is None else [leg.until(self.until_ms)]
        excluded: list[Clause] = []
        for condition in self.query.fields:
            if condition.field is Field.LABEL:
                continue
            asked = [_pattern_clause(condition, one) for one in condition.any_of if one.text.isascii()]
            if asked and len(asked) == len(condition.any_of):
                filters.append({"bool": {"should": asked, "minimum_should_match": 1}})
            excluded += [_pattern_clause(condition, one) for one in condition.none_of if one.text.isascii()]
        return {"bool": {"filter": filters, "must_not": excluded}}


def read_conditions(log_filter: LogFilter) -> Conditions | None:
    """Return what a filter asks; None when no record can match. Raises `QueryError` for words without a workload."""
    query = parse_query(log_filter.text) if log_filter.text else Query()
    if log_filter.text and query.is_empty:
        return None
    has_words = bool(query.required or query.excluded or query.condition(Field.LABEL))
    if has_words and log_filter.workload_id is None and query.condition(Field.WORKLOAD) is None:
        raise QueryError(
            "this index keeps no words and no labels, so they are looked for record by record; choose a workload, and"
            " better a time as well"
        )
    since = [query.since_ms, None if log_filter.since is None else max(0, datetime_ms(log_filter.since))]
    until = [query.until_ms, None if log_filter.until is None else max(0, datetime_ms(log_filter.until))]
    return Conditions(
        query=query,
        client_id=log_filter.client_id,
        workload_id=log_filter.workload_id,
        since_ms=max(_given(since), default=None),
        until_ms=min(_given(until), default=None),
    )


def _given(moments: Iterable[int | None]) -> list[int]:
    return [moment for moment in moments if moment is not None]


def _pattern_clause(condition: FieldCondition, pattern: Pattern) -> Clause:
    if condition.field is Field.HAS:
        return {"exists": {"field": TOOL}}
    if condition.field is Field.MODEL:
        unanswered = {"bool": {"must_not": [{"exists": {"field": MODEL}}], "filter": [_value(ASKED_MODEL, pattern)]}}
        return {"bool": {"should": [_value(MODEL, pattern), unanswered], "minimum_should_match": 1}}
    paths = {Field.FINISH: FINISH, Field.CLIENT: "client_id", Field.WORKLOAD: "workload_id"}
    return _value(paths[condition.field], pattern)


def _value(path: str, pattern: Pattern) -> Clause:
    kind = "prefix" if pattern.is_prefix else "term"
    return {kind: {path: {"value": pattern.text, "case_insensitive": True}}}
