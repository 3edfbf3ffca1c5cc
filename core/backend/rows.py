"""Rows of dataset files: JSON lines, a JSON array, or CSV. A wrong row is named by file and line."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from core.backend.errors import JobFailedError
from core.backend.state import Document


class RowFile(NamedTuple):
    """A file to read: its path in the repository, for messages, and where its bytes lie."""

    path: str
    location: str


def read_rows(files: Iterable[RowFile], *, limit: int | None = None) -> list[Document]:
    """Return the rows of all files, in order, at most `limit`. Raises `JobFailedError` for a row that is no object."""
    rows: list[Document] = []
    for file in files:
        rows += _read_file(file)
        if limit is not None and len(rows) >= limit:
            break
    return rows[:limit]


def _read_file(file: RowFile) -> list[Document]:
    try:
        text = Path(file.location).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise JobFailedError(f"{file.path} is not UTF-8 text: {error}") from error
    except FileNotFoundError as error:
        raise JobFailedError(f"{file.path} was deleted from the data store") from error
    if file.path.lower().endswith(".csv"):
        return [dict(row) for row in csv.DictReader(text.splitlines())]
    if text.lstrip().startswith("["):
        return _read_array(file.path, text)
    # Only "\n" ends a line: splitlines() would also split at separators inside JSON texts.
    lines = enumerate(text.split("\n"), start=1)
    return [_read_line(line, f"{file.path}, line {number}") for number, line in lines if line.strip()]


def _read_array(path: str, text: str) -> list[Document]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise JobFailedError(f"{path} is not a JSON array: {error}") from error
    return [_checked(row, f"{path}, entry {number}") for number, row in enumerate(rows, start=1)]


def _read_line(line: str, where: str) -> Document:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise JobFailedError(f"{where}: not JSON ({error})") from error
    return _checked(row, where)


def _checked(row: object, where: str) -> Document:
    if not isinstance(row, Mapping):
        raise JobFailedError(f"{where}: a row must be a JSON object")
    return dict(row)
