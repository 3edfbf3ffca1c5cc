"""Files of gold labels: JSON lines or CSV with one answer a line, each line read or refused with its reason.

A line names its record by one of `record_id`, `content_hash` and `request_key` (also `request_hash`), gives the
`answer` (also `gold` or `label`) and may add a `note`. Whether the record exists is asked later, of the log store.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import orjson

from core.datasets.corrections import find_answer_problem
from core.datasets.errors import DatasetError, LineProblem
from core.errors import near_miss

HASH_DIGITS = 64
COLUMNS: Mapping[str, str] = {
    "record_id": "record_id",
    "content_hash": "content_hash",
    "request_key": "request_key",
    "request_hash": "request_key",
    "answer": "answer",
    "gold": "answer",
    "label": "answer",
    "note": "note",
}
"""What a column may be called, and what it means."""


class Naming(StrEnum):
    """How a line names its record."""

    RECORD_ID = "record_id"  # the id the log browser shows
    CONTENT_HASH = "content_hash"  # the SHA-256 of the record, the same in every store
    REQUEST_KEY = "request_key"  # the SHA-256 of the request: all records that asked the same


@dataclass(frozen=True, kw_only=True)
class GoldLine:
    """One answer of a file, and how its record is named."""

    line: int
    naming: Naming
    name: str
    answer: str
    note: str


@dataclass(frozen=True, kw_only=True)
class GoldFile:
    """The lines of a file that can be read, and what is wrong with the others, both in order."""

    name: str
    lines: tuple[GoldLine, ...]
    problems: tuple[LineProblem, ...]


def read_gold_file(content: bytes, *, name: str) -> GoldFile:
    """Return what a file of gold says; its name ends in .jsonl, .ndjson or .csv.

    Raises `DatasetError` for a file that is neither, not UTF-8, empty, or without the columns needed.
    """
    text = _decode(content, name)
    suffix = name.lower().rpartition(".")[2]
    if suffix in ("jsonl", "ndjson"):
        rows = list(_read_json_lines(text))
    elif suffix == "csv":
        rows = list(_read_csv(text, name))
    else:
        raise DatasetError(
            f"{name} is not named as a file of gold; use JSON lines (.jsonl) or comma-separated values (.csv).",
            field="file",
        )
    if not rows:
        raise DatasetError(f"{name} holds no lines; there is nothing to import.", field="file")
    read = [_read_row(line, row) for line, row in rows]
    return GoldFile(
        name=name,
        lines=tuple(entry for entry in read if isinstance(entry, GoldLine)),
        problems=tuple(entry for entry in read if isinstance(entry, LineProblem)),
    )


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{name} is not UTF-8 text (byte {error.start}); save it as UTF-8 and import it again.", field="file"
        ) from error


def _read_json_lines(text: str) -> Iterator[tuple[int, object]]:
    """Yield the line numbers with their objects; what is no JSON object comes as None."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, orjson.loads(line)
            except orjson.JSONDecodeError:
                yield number, None


def _read_csv(text: str, name: str) -> Iterator[tuple[int, object]]:
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in header and "," not in header else ","
    )
    _check_columns([column.strip() for column in reader.fieldnames or []], name)
    try:
        for row in reader:
            yield reader.line_num, {(key or "").strip(): value for key, value in row.items()}
    except csv.Error as error:
        raise DatasetError(f"{name}, line {reader.line_num}: {error}.", field="file", line=reader.line_num) from error


def _check_columns(columns: Iterable[str], name: str) -> None:
    found = list(columns)
    meanings = {COLUMNS[column] for column in found if column in COLUMNS}
    if "answer" not in meanings:
        raise DatasetError(_missing_column(found, ("answer",), name), field="answer", line=1)
    if not meanings & {naming.value for naming in Naming}:
        raise DatasetError(_missing_column(found, tuple(Naming), name), field="record_id", line=1)


def _missing_column(found: list[str], wanted: tuple[str, ...], name: str) -> str:
    unknown = [column for column in found if column and column not in COLUMNS]
    hint = next((near_miss(column, list(wanted)) for column in unknown if near_miss(column, list(wanted))), "")
    return (
        f"{name}, line 1: there is no column {' or '.join(wanted)}, only {', '.join(found) or 'an empty line'}{hint}."
    )


def _read_row(line: int, row: object) -> GoldLine | LineProblem:
    if not isinstance(row, dict):
        return LineProblem(line=line, reason="record: is not a JSON object")
    values = {COLUMNS[key]: value for key, value in row.items() if key in COLUMNS and value not in (None, "")}
    naming = next((each for each in Naming if each.value in values), None)
    if naming is None:
        return LineProblem(line=line, reason=f"record_id: is missing; name the record by {' or '.join(Naming)}")
    name = str(values[naming.value]).strip()
    if naming is not Naming.RECORD_ID:
        name = name.lower()
        if len(name) != HASH_DIGITS or not set(name) <= set("0123456789abcdef"):
            return LineProblem(line=line, reason=f"{naming}: is not a SHA-256 of {HASH_DIGITS} hexadecimal digits")
    answer = _as_text(values.get("answer", ""))
    problem = find_answer_problem(answer)
    if problem is not None:
        return LineProblem(line=line, reason=f"answer: {problem}")
    return GoldLine(line=line, naming=naming, name=name, answer=answer, note=_as_text(values.get("note", "")))


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
