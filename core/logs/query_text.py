"""The text of the search box cut into its terms, each with its place; what they mean is `core.logs.query`'s."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from core.errors import near_miss
from core.logs.errors import QueryError

_FIELD = re.compile(r"([A-Za-z_]+):(?!//)")  # what stands before // is an address
_BARE = re.compile(r"\S+")
_BLANKS = re.compile(r"\s*")
_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"'})


class Field(StrEnum):
    """What a search text can ask of a record beside its words."""

    MODEL = "model"  # the teacher that answered
    FINISH = "finish"  # why it stopped: stop, length, tool_calls
    LABEL = "label"  # the short answer, or the first tool's name
    CLIENT = "client"
    WORKLOAD = "workload"
    HAS = "has"  # has:tools, an answer that calls tools
    AFTER = "after"  # from this instant on
    BEFORE = "before"  # earlier than this instant


FIELDS = tuple(name.value for name in Field)


class Piece(NamedTuple):
    """A term as it stands in the text; `value` is without quotes, `end` is the place after the term."""

    start: int
    end: int
    is_excluded: bool
    field: Field | None
    value: str
    value_start: int
    is_quoted: bool


def cut_terms(text: str) -> Iterator[Piece]:
    """Yield the terms in order. Raises `QueryError` for an unknown field and a quote without its end."""
    plain = text.translate(_QUOTES)  # one character for one: places stay
    place = _skip_blanks(plain, 0)
    while place < len(plain):
        piece = _read_piece(text, plain, place)
        yield piece
        place = _skip_blanks(plain, piece.end)


def replace_times(text: str, *, after: str | None, before: str | None) -> str:
    """Return the search text with its `after:` and `before:` taken out and these put at its end; None adds none.

    Raises `QueryError` for a text that is no query.
    """
    spans = [(piece.start, piece.end) for piece in cut_terms(text) if piece.field in {Field.AFTER, Field.BEFORE}]
    for start, end in reversed(spans):
        text = f"{text[:start]} {text[end:]}"
    times = {Field.AFTER: after, Field.BEFORE: before}
    return " ".join([*text.split(), *(f"{name}:{value}" for name, value in times.items() if value is not None)])


def _read_piece(text: str, plain: str, start: int) -> Piece:
    is_excluded = plain[start] == "-"
    place = start + is_excluded
    named = None if plain.startswith('"', place) else _FIELD.match(plain, place)
    name = _read_field(named[1], place) if named else None
    value_start = named.end() if named else place
    if plain.startswith('"', value_start):
        close = plain.find('"', value_start + 1)
        if close < 0:
            raise QueryError('the quote " that begins here has no end', position=value_start)
        value, end = text[value_start + 1 : close], close + 1
    else:
        bare = _BARE.match(plain, value_start)
        end = bare.end() if bare else value_start
        value = text[value_start:end]
    return Piece(start, end, is_excluded, name, value, value_start, plain.startswith('"', value_start))


def _read_field(name: str, position: int) -> Field:
    try:
        return Field(name.lower())
    except ValueError:
        hint = near_miss(name.lower(), FIELDS) or f"; there are {', '.join(FIELDS)}"
        raise QueryError(
            f"there is no field {name!r}{hint} (to search for the text itself, put it into quotes)", position=position
        ) from None


def _skip_blanks(text: str, place: int) -> int:
    blanks = _BLANKS.match(text, place)
    return blanks.end() if blanks else place
