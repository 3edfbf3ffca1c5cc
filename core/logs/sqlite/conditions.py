"""A `LogFilter` with its search text, put into the numbers of this file: workloads, symbols, milliseconds."""

import sqlite3
from dataclasses import dataclass

from core.logs.query import FieldCondition, Pattern, Query, parse_query, spellings
from core.logs.query_text import Field
from core.logs.store import LogFilter
from core.logs.timestamps import datetime_ms

LAST_CHARACTER = "\U0010ffff"
FACETS = ((Field.MODEL, "model", "m"), (Field.FINISH, "finish", "f"))


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The numbers that a column of `record` may have, or, when `is_excluded`, may not.

    `letter` stands before the numbers in the words of the index; it is empty where they are not in there.
    """

    column: str
    letter: str
    numbers: tuple[int, ...]
    is_excluded: bool = False


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What a record must be. `workloads` None means any; `since_ms` is included, `until_ms` is not."""

    query: Query
    workloads: tuple[int, ...] | None
    facets: tuple[Choice, ...]
    labels: tuple[Choice, ...]
    since_ms: int | None
    until_ms: int | None

    @property
    def has_words(self) -> bool:
        """Tell whether words are looked for or left out."""
        return bool(self.query.required or self.query.excluded)

    @property
    def are_rolled_up(self) -> bool:
        """Tell whether the roll-ups know all that is asked."""
        return not (self.has_words or self.labels or self.since_ms is not None or self.until_ms is not None)


def read_conditions(connection: sqlite3.Connection, log_filter: LogFilter) -> Conditions | None:
    """Return what the filter asks of this file's records; None when no record can match. Raises `QueryError`."""
    query = parse_query(log_filter.text) if log_filter.text else Query()
    if log_filter.text and query.is_empty:
        return None
    workloads = _find_workloads(connection, log_filter, query)
    facets = [*_symbol_choices(connection, query), *_tool_choices(query)]
    labels = _label_choices(connection, query)
    if workloads == () or any(not choice.numbers and not choice.is_excluded for choice in (*facets, *labels)):
        return None
    since = [query.since_ms, None if log_filter.since is None else max(0, datetime_ms(log_filter.since))]
    until = [query.until_ms, None if log_filter.until is None else max(0, datetime_ms(log_filter.until))]
    return Conditions(
        query=query,
        workloads=workloads,
        facets=tuple(choice for choice in facets if choice.numbers),
        labels=tuple(choice for choice in labels if choice.numbers),
        since_ms=max((moment for moment in since if moment is not None), default=None),
        until_ms=min((moment for moment in until if moment is not None), default=None),
    )


def _find_workloads(connection: sqlite3.Connection, log_filter: LogFilter, query: Query) -> tuple[int, ...] | None:
    """Return the numbers of the workloads asked for, None when neither filter nor text names workload or client."""
    wanted = {"client_id": log_filter.client_id, "workload_id": log_filter.workload_id}
    named = {column: value for column, value in wanted.items() if value is not None}
    client = query.condition(Field.CLIENT) or FieldCondition(field=Field.CLIENT)
    workload = query.condition(Field.WORKLOAD) or FieldCondition(field=Field.WORKLOAD)
    if not named and not any((*client.any_of, *client.none_of, *workload.any_of, *workload.none_of)):
        return None
    where = " AND ".join(f"{column} = ?" for column in named) or "TRUE"
    sql = f"SELECT workload, client_id, workload_id FROM workload WHERE {where}"  # noqa: S608
    return tuple(
        number
        for number, client_id, workload_id in connection.execute(sql, tuple(named.values()))
        if client.accepts(client_id) and workload.accepts(workload_id)
    )


def _symbol_choices(connection: sqlite3.Connection, query: Query) -> list[Choice]:
    choices = []
    for name, column, letter in FACETS:
        condition = query.condition(name)
        if condition is None:
            continue
        known = connection.execute("SELECT symbol, value FROM symbol WHERE kind = ?", (column,)).fetchall()
        is_excluded = not condition.any_of
        numbers = tuple(symbol for symbol, value in known if condition.accepts(value) is not is_excluded)
        choices.append(Choice(column=column, letter=letter, numbers=numbers, is_excluded=is_excluded))
    return choices


def _tool_choices(query: Query) -> list[Choice]:
    condition = query.condition(Field.HAS)
    if condition is None:
        return []
    numbers = tuple(tools for tools, value in ((0, None), (1, "tools")) if condition.accepts(value))
    return [Choice(column="tools", letter="t", numbers=numbers)]


def _label_choices(connection: sqlite3.Connection, query: Query) -> list[Choice]:
    """Return what labels may be and may not be; there can be many, so they are looked up, never all read."""
    condition = query.condition(Field.LABEL)
    if condition is None:
        return []
    choices = []
    for patterns, is_excluded in ((condition.any_of, False), (condition.none_of, True)):
        if patterns:
            numbers = {number for pattern in patterns for number in _find_labels(connection, pattern)}
            choices.append(Choice(column="label", letter="", numbers=tuple(sorted(numbers)), is_excluded=is_excluded))
    return choices


def _find_labels(connection: sqlite3.Connection, pattern: Pattern) -> list[int]:
    found: list[int] = []
    for spelling in spellings(pattern):
        values: tuple[str, ...]
        if spelling.is_prefix:
            sql, values = "value >= ? AND value < ?", (spelling.text, _after_all_that_begin(spelling.text))
        else:
            sql, values = "value = ?", (spelling.text,)
        rows = connection.execute(f"SELECT symbol FROM symbol WHERE kind = 'label' AND {sql}", values)  # noqa: S608
        found += [row[0] for row in rows]
    return found


def _after_all_that_begin(prefix: str) -> str:
    """Return the first text, in the order of code points, after all that begin with a prefix."""
    kept = prefix.rstrip(LAST_CHARACTER)
    if not kept:
        return LAST_CHARACTER * 300  # longer than any label
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if following == 0xD800 else following)  # no halves of pairs
