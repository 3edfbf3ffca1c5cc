"""Whether one record is what a search text asks for, told from the record alone.

For stores whose records nobody has indexed; the others find the same records faster.
"""

from collections.abc import Mapping, Sequence

from core.logs.query import Query, Term
from core.logs.query_text import Field
from core.logs.records import RecordDraft


def matches(query: Query, draft: RecordDraft) -> bool:
    """Tell whether a record meets a query."""
    if query.is_empty:
        return False
    values = _field_values(draft)
    return (
        (query.since_ms is None or draft.timestamp_ms >= query.since_ms)
        and (query.until_ms is None or draft.timestamp_ms < query.until_ms)
        and all(condition.accepts(values[condition.field]) for condition in query.fields)
        and _holds_words(query, draft)
    )


def _holds_words(query: Query, draft: RecordDraft) -> bool:
    if not (query.required or query.excluded):
        return True
    sides = (draft.prompt_words.split(), draft.answer_words.split())
    return all(_holds(sides, term) for term in query.required) and not any(
        _holds(sides, term) for term in query.excluded
    )


def _holds(sides: Sequence[Sequence[str]], term: Term) -> bool:
    return any(_follow(side, start, term) for side in sides for start in range(len(side) - len(term.words) + 1))


def _follow(side: Sequence[str], start: int, term: Term) -> bool:
    """Tell whether the words of a term stand at a place, one after the other."""
    *first, last = term.words
    end = start + len(first)
    is_last = side[end].startswith(last) if term.is_prefix else side[end] == last
    return is_last and list(side[start:end]) == first


def _field_values(draft: RecordDraft) -> Mapping[Field, str | None]:
    return {
        Field.MODEL: draft.model,
        Field.FINISH: draft.finish_reason,
        Field.LABEL: draft.label,
        Field.CLIENT: draft.client_id,
        Field.WORKLOAD: draft.workload_id,
        Field.HAS: "tools" if draft.has_tool_calls else None,
    }
