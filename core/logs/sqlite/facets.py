"""The fields of a query as SQL: names become the numbers of the store, numbers become conditions and facet words.

A wanted model, finish reason or tool use is also a word of the index, so that a rare one is found without reading the
records; the conditions on `record` are what decides.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.logs.query import FieldValues, Query, QueryField

SYMBOLS = {QueryField.MODEL: ("model", "m"), QueryField.FINISH: ("finish", "f"), QueryField.LABEL: ("label", None)}
"""The column of `record` and the letter of the facet word, where the index has one."""


@dataclass
class Facets:
    """What a query's fields ask of `record` and of the word index; `is_impossible` when no record can fit."""

    conditions: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)  # each is an FTS5 expression over the column `facet`
    is_impossible: bool = False


def read_facets(connection: sqlite3.Connection, query: Query) -> Facets:
    """Return the conditions of a query's fields, workload and client left out: they are found by name."""
    facets = Facets()
    for name, (column, letter) in SYMBOLS.items():
        values = query.fields.get(name)
        if values is not None:
            _add_symbols(connection, facets, column=column, letter=letter, values=values)
    if query.has_tools is not None:
        facets.conditions.append(f"record.tools = {int(query.has_tools)}")
        facets.words.append(f"t{int(query.has_tools)}")
    return facets


def find_named_workloads(connection: sqlite3.Connection, query: Query) -> list[int] | None:
    """Return the numbers of the workloads that a query's `client:` and `workload:` leave, None when it has neither."""
    clients, names = query.fields.get(QueryField.CLIENT), query.fields.get(QueryField.WORKLOAD)
    if clients is None and names is None:
        return None
    rows = connection.execute("SELECT workload, client_id, workload_id FROM workload").fetchall()
    return [number for number, client, name in rows if _fits(client, clients) and _fits(name, names)]


def _fits(value: str, values: FieldValues | None) -> bool:
    if values is None:
        return True
    is_wanted = not values.wanted or any(_equals(value, wanted) for wanted in values.wanted)
    return is_wanted and not any(_equals(value, unwanted) for unwanted in values.unwanted)


def _equals(value: str, wanted: str) -> bool:
    """Compare without case; a `*` at the end asks for a beginning."""
    if wanted.endswith("*"):
        return value.casefold().startswith(wanted[:-1].casefold())
    return value.casefold() == wanted.casefold()


def _add_symbols(
    connection: sqlite3.Connection, facets: Facets, *, column: str, letter: str | None, values: FieldValues
) -> None:
    rows = connection.execute("SELECT symbol, value FROM symbol WHERE kind = ?", (column,)).fetchall()
    if values.wanted:
        wanted = _numbers(rows, values.wanted)
        facets.is_impossible = facets.is_impossible or not wanted
        facets.conditions.append(f"record.{column} IN ({_join(wanted)})")
        if letter and wanted:
            facets.words.append(f"({' OR '.join(f'{letter}{number}' for number in wanted)})")
    unwanted = _numbers(rows, values.unwanted)
    if unwanted:
        facets.conditions.append(f"(record.{column} IS NULL OR record.{column} NOT IN ({_join(unwanted)}))")


def _numbers(rows: Sequence[tuple[int, str]], values: Sequence[str]) -> list[int]:
    return [number for number, value in rows if any(_equals(value, each) for each in values)]


def _join(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers)) or "NULL"
