"""The search box, slowly: whether a record matches a text, told word by word from the record alone.

Stores are held against this. It shares with them the parser and the tokenizer, which are the product's only ones, and
nothing of how a store finds records.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache

from core.logs import LogRecord, parse_record
from core.logs.query import Query, Term, parse_query
from core.logs.query_text import Field


def find_matching(records: Iterable[LogRecord], text: str) -> list[str]:
    """Return the ids of the records that a text finds, in the order given. Raises `QueryError`."""
    query = parse_query(text)
    return [record.id for record in records if matches(query, record)]


def matches(query: Query, record: LogRecord) -> bool:
    """Tell whether one record is what the query asks for."""
    if query.is_empty:
        return False
    sides = _words_of(json.dumps(record.body))
    values = field_values(record)
    return (
        all(_holds(sides, term) for term in query.required)
        and not any(_holds(sides, term) for term in query.excluded)
        and all(condition.accepts(values[condition.field]) for condition in query.fields)
        and (query.since_ms is None or record.timestamp_ms >= query.since_ms)
        and (query.until_ms is None or record.timestamp_ms < query.until_ms)
    )


def field_values(record: LogRecord) -> Mapping[Field, str | None]:
    """Return what each field of the search box is compared with."""
    return {
        Field.MODEL: record.model,
        Field.FINISH: record.finish_reason,
        Field.LABEL: record.label,
        Field.CLIENT: record.client_id,
        Field.WORKLOAD: record.workload_id,
        Field.HAS: "tools" if record.has_tool_calls else None,
    }


@lru_cache(maxsize=1000)
def _words_of(line: str) -> tuple[list[str], list[str]]:
    draft = parse_record(line.encode())
    return draft.prompt_words.split(), draft.answer_words.split()


def _holds(sides: Iterable[list[str]], term: Term) -> bool:
    *first, last = term.words
    length = len(term.words)
    for side in sides:
        for start in range(len(side) - length + 1):
            window = side[start : start + length]
            is_last = window[-1].startswith(last) if term.is_prefix else window[-1] == last
            if window[:-1] == first and is_last:
                return True
    return False
