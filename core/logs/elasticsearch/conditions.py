"""A `LogFilter` with its search text, put into a query of Elasticsearch.

Only parsed terms enter, each as a value, so nothing that was typed reaches a language of the engine's. Words are looked
for as the words the tokenizer made; no analyzer of the server's has a say.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from core.logs.elasticsearch.schema import VERSION
from core.logs.query import FieldCondition, Pattern, Query, Term, parse_query, spellings
from core.logs.query_text import Field
from core.logs.store import Deletion, LogFilter
from core.logs.timestamps import datetime_ms

Clause = dict[str, Any]
WORDS = "fw.words"
FIELD_PATHS = {
    Field.MODEL: "fw.folded.model",
    Field.FINISH: "fw.folded.finish",
    Field.CLIENT: "fw.folded.client",
    Field.WORKLOAD: "fw.folded.workload",
}
ALL_WORDS_OF_A_PREFIX = 100_000


def is_unknown(log_filter: LogFilter, query: Query) -> bool:
    """Tell whether the search text holds nothing to look for, which no record matches."""
    return bool(log_filter.text) and query.is_empty


def read_query(log_filter: LogFilter) -> Query:
    """Return the parsed search text. Raises `QueryError`."""
    return parse_query(log_filter.text) if log_filter.text else Query()


def write_clause(log_filter: LogFilter, query: Query) -> Clause:
    """Return the query of a filter whose search text asks for something, or is not there."""
    since = [query.since_ms, None if log_filter.since is None else datetime_ms(log_filter.since)]
    until = [query.until_ms, None if log_filter.until is None else datetime_ms(log_filter.until)]
    filters: list[Clause] = [
        {"term": {"fw.version": VERSION}},
        *_terms(client_id=log_filter.client_id, workload_id=log_filter.workload_id),
        *_times("gte", since),
        *_times("lt", until),
        *(_word_clause(term) for term in query.required),
    ]
    excluded = [_word_clause(term) for term in query.excluded]
    for condition in query.fields:
        if condition.any_of:
            filters.append(_any(_pattern_clauses(condition, condition.any_of)))
        excluded += _pattern_clauses(condition, condition.none_of)
    return {"bool": {"filter": filters, "must_not": excluded}} if excluded else {"bool": {"filter": filters}}


def write_deletion(deletion: Deletion) -> Clause:
    """Return the query of what is to be deleted."""
    filters: list[Clause] = [
        {"term": {"fw.version": VERSION}},
        *_terms(client_id=deletion.client_id, workload_id=deletion.workload_id),
        *_terms(**{"fw.import": deletion.import_id}),
        *_times("lt", [None if deletion.before is None else datetime_ms(deletion.before)]),
    ]
    if deletion.ids is not None:
        filters.append({"ids": {"values": list(deletion.ids)}})
    return {"bool": {"filter": filters}}


def _terms(**values: str | None) -> list[Clause]:
    return [{"term": {field: value}} for field, value in values.items() if value is not None]


def _times(bound: str, moments: Iterable[int | None]) -> list[Clause]:
    return [{"range": {"fw.timestamp_ms": {bound: moment}}} for moment in moments if moment is not None]


def _any(clauses: Sequence[Clause]) -> Clause:
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _word_clause(term: Term) -> Clause:
    *_, last = term.words
    if len(term.words) == 1:
        return {"prefix" if term.is_prefix else "term": {WORDS: {"value": last}}}
    phrase: Clause = {"query": " ".join(term.words)}
    if term.is_prefix:
        return {"match_phrase_prefix": {WORDS: {**phrase, "max_expansions": ALL_WORDS_OF_A_PREFIX}}}
    return {"match_phrase": {WORDS: phrase}}


def _pattern_clauses(condition: FieldCondition, patterns: Iterable[Pattern]) -> list[Clause]:
    if condition.field is Field.HAS:
        return [{"term": {"fw.has_tool_calls": True}} for _ in patterns]
    if condition.field is Field.LABEL:
        return [_value("fw.label", spelling) for pattern in patterns for spelling in spellings(pattern)]
    path = FIELD_PATHS[condition.field]
    return [_value(path, Pattern(text=one.text.casefold(), is_prefix=one.is_prefix)) for one in patterns]


def _value(path: str, pattern: Pattern) -> Clause:
    return {"prefix" if pattern.is_prefix else "term": {path: {"value": pattern.text}}}
