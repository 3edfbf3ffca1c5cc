"""The search box: words, "phrases", prefix*, -exclusion and fields such as `model:`, parsed once for all stores.

Every text is either a query or a clear error with the place of what is wrong; nothing in it reaches an engine's own
language, because stores build their expressions from what was parsed alone.

    query  = term*                         all hold together
    term   = "-"? ( phrase | word | field ":" ( phrase | word ) )
    phrase = '"' anything but '"' '"'
    word   = anything without blanks, with "*" at its end a prefix
"""

from dataclasses import dataclass, field

from core.errors import near_miss
from core.logs.errors import QueryError
from core.logs.query_text import Field, Piece, cut_terms
from core.logs.text import words
from core.logs.timestamps import timestamp_ms

TERM_LIMIT = 64
TEXT_LIMIT = 4096
PREFIX_LENGTH = 2
TOOLS = "tools"


@dataclass(frozen=True, kw_only=True)
class Term:
    """Words that must follow each other directly; with `is_prefix` the last one is the beginning of a word."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A field's value, whole or, with `is_prefix`, its beginning."""

    text: str
    is_prefix: bool = False

    def matches(self, value: str) -> bool:
        """Tell whether a value, folded like this pattern, is what the pattern asks for."""
        return value.startswith(self.text) if self.is_prefix else value == self.text


@dataclass(frozen=True, kw_only=True)
class FieldCondition:
    """What a field's value must be: one of `any_of`, if there are any, and none of `none_of`."""

    field: Field
    any_of: tuple[Pattern, ...] = ()
    none_of: tuple[Pattern, ...] = ()

    def accepts(self, value: str | None) -> bool:
        """Tell whether a record with this value of the field belongs; None is a record without one.

        Case does not matter, except that a label written in capitals, a tool's name, is found as written only.
        """
        if any(self._matches(pattern, value) for pattern in self.none_of):
            return False
        return not self.any_of or any(self._matches(pattern, value) for pattern in self.any_of)

    def _matches(self, pattern: Pattern, value: str | None) -> bool:
        if value is None:
            return False
        if self.field is Field.LABEL:
            return any(spelling.matches(value) for spelling in spellings(pattern))
        return Pattern(text=pattern.text.casefold(), is_prefix=pattern.is_prefix).matches(value.casefold())


def spellings(pattern: Pattern) -> tuple[Pattern, ...]:
    """Return how a label may be written to match: as asked for, or in lower case, which most labels are kept in."""
    lower = Pattern(text=pattern.text.lower(), is_prefix=pattern.is_prefix)
    return (pattern,) if lower == pattern else (pattern, lower)


@dataclass(frozen=True, kw_only=True)
class Query:
    """A record matches when it holds all `required` terms, none of the `excluded`, and every field's condition.

    `since_ms` is included, `until_ms` is not. A query without any condition matches nothing.
    """

    required: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()
    fields: tuple[FieldCondition, ...] = ()
    since_ms: int | None = None
    until_ms: int | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether the text held nothing to look for."""
        return not (self.required or self.fields or self.since_ms is not None or self.until_ms is not None)

    def condition(self, of: Field) -> FieldCondition | None:
        """Return what is asked of a field, None when nothing is."""
        return next((condition for condition in self.fields if condition.field is of), None)


def parse_query(text: str) -> Query:
    """Return what a search text asks for.

    Punctuation separates words, so `brown-fox` is the phrase "brown fox". A field named twice may have either value.
    Raises `QueryError` with its `position` for an unknown field, a quote without its end, a value that is none, a
    minus before nothing, a prefix of one letter, texts that only exclude words, and texts beyond the limits.
    """
    if len(text) > TEXT_LIMIT:
        raise QueryError(f"the search text has {len(text):,} characters; {TEXT_LIMIT:,} is the limit")
    found = _Found()
    for piece in cut_terms(text):
        found.add(piece)
    query = found.query()
    if query.excluded and query.is_empty:
        raise QueryError("the search text only excludes; add a word or a field to look for", position=0)
    return query


@dataclass(kw_only=True)
class _Found:
    """What has been read of a text so far."""

    required: list[Term] = field(default_factory=list)
    excluded: list[Term] = field(default_factory=list)
    any_of: dict[Field, list[Pattern]] = field(default_factory=dict)
    none_of: dict[Field, list[Pattern]] = field(default_factory=dict)
    since_ms: int | None = None
    until_ms: int | None = None
    terms: int = 0

    def add(self, piece: Piece) -> None:
        if piece.field is None:
            self._add_words(piece)
        elif piece.field in {Field.AFTER, Field.BEFORE}:
            self._add_time(piece, piece.field)
        else:
            patterns = self.none_of if piece.is_excluded else self.any_of
            patterns.setdefault(piece.field, []).append(_read_pattern(piece))
            self.terms += 1
        if self.terms > TERM_LIMIT:
            raise QueryError(
                f"the search text has more than {TERM_LIMIT} words; put phrases into quotes or leave some out",
                position=piece.start,
            )

    def query(self) -> Query:
        named = [name for name in Field if name in self.any_of or name in self.none_of]
        return Query(
            required=tuple(self.required),
            excluded=tuple(self.excluded),
            fields=tuple(
                FieldCondition(
                    field=name,
                    any_of=tuple(self.any_of.get(name, ())),
                    none_of=tuple(self.none_of.get(name, ())),
                )
                for name in named
            ),
            since_ms=self.since_ms,
            until_ms=self.until_ms,
        )

    def _add_words(self, piece: Piece) -> None:
        term = _read_term(piece)
        if term is None:
            if piece.is_excluded:
                raise QueryError(
                    "the minus stands before nothing; write it right before the word to leave out", position=piece.start
                )
            return
        (self.excluded if piece.is_excluded else self.required).append(term)
        self.terms += 1

    def _add_time(self, piece: Piece, name: Field) -> None:
        if piece.is_excluded:
            other = Field.BEFORE if name is Field.AFTER else Field.AFTER
            raise QueryError(f"{name}: cannot be excluded; use {other}:", position=piece.start)
        try:
            moment_ms = timestamp_ms(piece.value)
        except ValueError:
            raise QueryError(
                f"{name}: {piece.value[:40]!r} is not a time from 1970 to 2099; write a day such as {name}:2026-11-25"
                f" or an instant, UTC, such as {name}:2026-11-25T14:30",
                position=piece.value_start,
            ) from None
        if name is Field.AFTER:
            self.since_ms = max(moment_ms, self.since_ms or 0)
        else:
            self.until_ms = moment_ms if self.until_ms is None else min(moment_ms, self.until_ms)


def _read_term(piece: Piece) -> Term | None:
    found = tuple(words(piece.value))
    if not found:
        return None
    is_prefix = not piece.is_quoted and piece.value.endswith("*")
    if is_prefix and len(found[-1]) < PREFIX_LENGTH and found[-1].isascii():
        raise QueryError(
            f"{piece.value!r} is too short; a prefix needs at least {PREFIX_LENGTH} letters before the *",
            position=piece.value_start,
        )
    return Term(words=found, is_prefix=is_prefix)


def _read_pattern(piece: Piece) -> Pattern:
    is_prefix = not piece.is_quoted and piece.value.endswith("*")
    value = (piece.value[:-1] if is_prefix else piece.value).strip()
    if not value:
        raise QueryError(f"{piece.field}: needs a value right after it", position=piece.value_start)
    if piece.field is Field.HAS and (is_prefix or value.lower() != TOOLS):
        raise QueryError(
            f"has: knows {TOOLS} only, not {value!r}{near_miss(value, [TOOLS])}", position=piece.value_start
        )
    return Pattern(text=value.encode("utf-8", "replace").decode(), is_prefix=is_prefix)
