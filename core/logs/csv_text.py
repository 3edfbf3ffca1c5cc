"""Rows as CSV (RFC 4180) for a spreadsheet: a cell that it would run as a formula gets an apostrophe before it.

(OWASP, "CSV Injection")
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Yield CSV line by line, the names of the columns first; nothing for no rows."""
    for number, row in enumerate(rows):
        if number == 0:
            yield _csv_line(list(row))
        yield _csv_line([_csv_cell(value) for value in row.values()])


def _csv_cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value


def _csv_line(cells: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
