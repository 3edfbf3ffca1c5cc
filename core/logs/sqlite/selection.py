"""A filter's conditions as SQL: which table leads, which conditions hold, which expression the word index gets.

Words, facets, and several workloads at once are found through the word index: it walks newest first and stops early. A
single workload, labels and time ranges use the indexes of `record`.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from core.logs.query import Query, Term
from core.logs.sqlite.conditions import Choice, Conditions, read_conditions
from core.logs.sqlite.placement import read_spill_ms
from core.logs.store import LogFilter

WORDS_KEY = "words.rowid"
TEXT_COLUMNS = "{prompt answer}"
EVERY_RECORD = "facet : (t0 OR t1)"
SPELLED_OUT = 100
"""More numbers than this go into a parameter instead of the statement."""

Clause = tuple[str, tuple[object, ...]]
"""A condition and its parameters."""


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
    conditions = read_conditions(connection, log_filter)
    return None if conditions is None else select_records(connection, conditions)


def select_records(connection: sqlite3.Connection, conditions: Conditions) -> Selection:
    """Return how to find the records that meet the conditions."""
    workloads = (
        () if conditions.workloads is None else (Choice(column="workload", letter="w", numbers=conditions.workloads),)
    )
    has_label = any(not choice.is_excluded for choice in conditions.labels)
    has_facets = conditions.facets or len(conditions.workloads or ()) > 1
    if conditions.has_words or (has_facets and not has_label):
        source, key = "words CROSS JOIN record ON record.id = words.rowid", WORDS_KEY
        expression = match_expression(conditions.query, (*workloads, *conditions.facets))
        clauses: list[Clause] = [("words MATCH ?", (expression,))]
        plain: tuple[Choice, ...] = conditions.labels
    else:
        source, key, clauses = "record", "record.id", []
        plain = (*workloads, *conditions.facets, *conditions.labels)
    clauses += [_record_condition(choice) for choice in plain]
    clauses += _time_conditions(connection, conditions, key)
    return Selection(
        source=source,
        key=key,
        conditions=tuple(sql for sql, _ in clauses),
        parameters=tuple(parameter for _, parameters in clauses for parameter in parameters),
    )


def match_expression(query: Query, choices: Sequence[Choice]) -> str:
    """Return an FTS5 expression made of quoted words and facets only; nothing of the user's text is syntax."""
    parts = [_term_expression(term) for term in query.required]
    parts += [_facet_expression(choice) for choice in choices if not choice.is_excluded]
    left_out = [_term_expression(term) for term in query.excluded]
    left_out += [_facet_expression(choice) for choice in choices if choice.is_excluded]
    expression = " AND ".join(parts) or EVERY_RECORD
    return f"({expression}) NOT ({' OR '.join(left_out)})" if left_out else expression


def _term_expression(term: Term) -> str:
    phrase = " + ".join(f'"{word}"' for word in term.words)
    return f"{TEXT_COLUMNS} : ({phrase}{' *' if term.is_prefix else ''})"


def _facet_expression(choice: Choice) -> str:
    return f"facet : ({' OR '.join(f'{choice.letter}{number}' for number in choice.numbers)})"


def _record_condition(choice: Choice) -> Clause:
    parameters: tuple[object, ...]
    column = f"record.{choice.column}"
    if len(choice.numbers) > SPELLED_OUT:
        among, parameters = "(SELECT value FROM json_each(?))", (json.dumps(choice.numbers),)
    else:
        among, parameters = f"({', '.join(map(str, choice.numbers))})", ()
    if choice.is_excluded:
        return f"({column} IS NULL OR {column} NOT IN {among})", parameters
    return f"{column} IN {among}", parameters


def _time_conditions(connection: sqlite3.Connection, conditions: Conditions, key: str) -> list[Clause]:
    found: list[Clause] = []
    if conditions.since_ms is not None:
        since_ms = conditions.since_ms
        found += [(f"{key} >= ?", (since_ms,)), ("record.timestamp_ms >= ?", (since_ms,))]
    if conditions.until_ms is not None:
        until_ms = conditions.until_ms
        found += [
            (f"{key} < ?", (until_ms + read_spill_ms(connection),)),
            ("record.timestamp_ms < ?", (until_ms,)),
        ]
    return found
