"""A `LogFilter` as SQL: which table leads, which conditions hold, which expression the word index gets.

Text, facets and several workloads at once are found through the word index: it walks newest first and stops early. A
single workload and time ranges use the index of `record`.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.logs.query import Query, Term, parse_query
from core.logs.sqlite.facets import Facets, find_named_workloads, read_facets
from core.logs.sqlite.placement import read_spill_ms
from core.logs.store import LogFilter
from core.logs.timestamps import datetime_ms

WORDS_KEY = "words.rowid"
TEXT_COLUMNS = "{prompt answer}"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The FROM and WHERE of a filter. `key` is the id column to range over and order by."""

    source: str
    key: str
    conditions: tuple[str, ...]
    parameters: tuple[object, ...]

    @property
    def counting_source(self) -> str:
        """The FROM for counting: the word index alone where no condition asks for more."""
        is_alone = self.key == WORDS_KEY and not any("record." in condition for condition in self.conditions)
        return "words" if is_alone else self.source

    def where(self, *more: str) -> str:
        """Return the WHERE clause with further conditions."""
        return " AND ".join((*self.conditions, *more)) or "TRUE"


def select(connection: sqlite3.Connection, log_filter: LogFilter) -> Selection | None:
    """Return how to find the filter's records; None when no record can match. Raises `QueryError`."""
    query = parse_query(log_filter.text) if log_filter.text else None
    if query and query.is_empty:
        return None
    facets = read_facets(connection, query) if query else Facets()
    workloads = _choose_workloads(connection, log_filter, query)
    if workloads == [] or facets.is_impossible:
        return None
    has_words = query is not None and bool(query.required or query.excluded)
    if has_words or facets.words or (workloads and len(workloads) > 1):
        if query and query.excluded and not query.required and not facets.words and not workloads:
            workloads = [row[0] for row in connection.execute("SELECT workload FROM workload")]
        source, key = "words CROSS JOIN record ON record.id = words.rowid", WORDS_KEY
        conditions = ["words MATCH ?"]
        parameters: list[object] = [match_expression(query, workloads, facets.words)]
    else:
        source, key = "record", "record.id"
        conditions = ["record.workload = ?"] if workloads else []
        parameters = list(workloads or [])
    conditions += facets.conditions
    since, until = _time_range(log_filter, query)
    for condition, parameter in _time_conditions(connection, since, until, key):
        conditions.append(condition)
        parameters.append(parameter)
    return Selection(source=source, key=key, conditions=tuple(conditions), parameters=tuple(parameters))


def _choose_workloads(connection: sqlite3.Connection, log_filter: LogFilter, query: Query | None) -> list[int] | None:
    chosen = find_workloads(connection, log_filter)
    named = find_named_workloads(connection, query) if query else None
    if chosen is None or named is None:
        return named if chosen is None else chosen
    return [workload for workload in chosen if workload in set(named)]


def _time_range(log_filter: LogFilter, query: Query | None) -> tuple[datetime | None, datetime | None]:
    """Return what both the filter and the text leave."""
    starts = [at for at in (log_filter.since, query.since if query else None) if at is not None]
    ends = [at for at in (log_filter.until, query.until if query else None) if at is not None]
    return max(starts, default=None), min(ends, default=None)


def find_workloads(connection: sqlite3.Connection, log_filter: LogFilter) -> list[int] | None:
    """Return the numbers of the filter's workloads, None when it names neither workload nor client."""
    wanted = {"client_id": log_filter.client_id, "workload_id": log_filter.workload_id}
    named = {column: value for column, value in wanted.items() if value is not None}
    if not named:
        return None
    where = " AND ".join(f"{column} = ?" for column in named)
    rows = connection.execute(f"SELECT workload FROM workload WHERE {where}", tuple(named.values()))  # noqa: S608
    return [row[0] for row in rows]


def match_expression(query: Query | None, workloads: list[int] | None, facets: Sequence[str] = ()) -> str:
    """Return an FTS5 expression made of quoted words and facet words only; nothing of the user's text is syntax."""
    parts = [_term_expression(term) for term in query.required] if query else []
    if workloads:
        parts.append(f"facet : ({' OR '.join(f'w{workload}' for workload in workloads)})")
    parts += [f"facet : {facet}" for facet in facets]
    expression = " AND ".join(parts)
    if query and query.excluded:
        excluded = " OR ".join(_term_expression(term) for term in query.excluded)
        return f"({expression}) NOT ({excluded})"
    return expression


def _term_expression(term: Term) -> str:
    phrase = " + ".join(f'"{word}"' for word in term.words)
    return f"{TEXT_COLUMNS} : ({phrase}{' *' if term.is_prefix else ''})"


def _time_conditions(
    connection: sqlite3.Connection, since: datetime | None, until: datetime | None, key: str
) -> list[tuple[str, int]]:
    conditions: list[tuple[str, int]] = []
    if since is not None:
        since_ms = max(0, datetime_ms(since))
        conditions += [(f"{key} >= ?", since_ms), ("record.timestamp_ms >= ?", since_ms)]
    if until is not None:
        until_ms = max(0, datetime_ms(until))
        conditions += [(f"{key} < ?", until_ms + read_spill_ms(connection)), ("record.timestamp_ms < ?", until_ms)]
    return conditions
