"""The search box: words, "phrases", prefix*, -exclusion and fields, parsed once for all stores.

Every text is either a query or a clear error; nothing in it reaches an engine's own language, because stores build
their expressions from the words alone. A field is `name:value` or `name:"value with blanks"`; other colons separate
words, so that an address or a time in a text is searched as it stands.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum

from core.logs.errors import QueryError
from core.logs.text import words

TERM_LIMIT = 64
TEXT_LIMIT = 4096
PREFIX_LENGTH = 2
NEAR = 0.75
"""How alike a word before a colon must be to a field (difflib's ratio) to count as a slip of the pen."""

_TERM = re.compile(
    r'(?P<minus>-?)(?:(?P<name>[A-Za-z_]+):(?:"(?P<quoted>[^"]*)"?|(?P<value>[^\s"]*))|"(?P<phrase>[^"]*)"?|(?P<word>\S+))'
)
_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"'})


class QueryField(StrEnum):
    """What can be asked of a record beside its words."""

    MODEL = "model"  # the model that answered; a * at the end asks for a beginning
    FINISH = "finish"  # the finish reason
    LABEL = "label"  # the short answer
    CLIENT = "client"  # the application that sent it
    WORKLOAD = "workload"  # the route that it came from
    HAS = "has"  # `has:tools`: the answer calls tools
    AFTER = "after"  # from this day or instant on, UTC
    BEFORE = "before"  # before this day or instant, UTC


HAS_TOOLS = "tools"


@dataclass(frozen=True, kw_only=True)
class Term:
    """Words that must follow each other directly; with `is_prefix` the last one is the beginning of a word."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, kw_only=True)
class FieldValues:
    """The values of one field in a query: a record has one of `wanted` (any when empty) and none of `unwanted`."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Query:
    """A record matches when it holds all `required` terms and none of the `excluded`, and its fields fit.

    Without any required term and any field, nothing matches. `since` is included, `until` is not.
    """

    required: tuple[Term, ...]
    excluded: tuple[Term, ...]
    fields: Mapping[QueryField, FieldValues] = field(default_factory=dict)
    has_tools: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether it asks for nothing."""
        return not self.required and not self.has_conditions

    @property
    def has_conditions(self) -> bool:
        """Tell whether anything beside words is asked for."""
        return bool(self.fields) or self.has_tools is not None or self.since is not None or self.until is not None


def parse_query(text: str) -> Query:
    """Return what a search text asks for.

    Punctuation separates words, so `brown-fox` is the phrase "brown fox". Several values of one field are
    alternatives. Raises `QueryError` for exclusions without anything to look for, a prefix of one letter, fields
    without or with a wrong value, and texts beyond the limits.
    """
    if len(text) > TEXT_LIMIT:
        raise QueryError(f"the search text has {len(text):,} characters; {TEXT_LIMIT:,} is the limit")
    required: list[Term] = []
    excluded: list[Term] = []
    asked = _Asked()
    for count, match in enumerate(_TERM.finditer(text.translate(_QUOTES)), start=1):
        if count > TERM_LIMIT:
            raise QueryError(
                f"the search text has more than {TERM_LIMIT} words; put phrases into quotes or leave some out"
            )
        name = _field_name(match["name"], match["quoted"] or match["value"])
        if name is not None:
            given = match["quoted"] if match["quoted"] is not None else match["value"]
            asked.add(name, given.strip(), is_excluded=bool(match["minus"]))
            continue
        term = _term(match["phrase"], match["word"] or _as_word(match))
        if term:
            (excluded if match["minus"] else required).append(term)
    query = asked.build(required, excluded)
    if excluded and not required and not query.has_conditions:
        raise QueryError("the search text only excludes; add a word to look for")
    return query


class _Asked:
    """The fields of a text on their way into a query."""

    def __init__(self) -> None:
        self._wanted: dict[QueryField, list[str]] = {}
        self._unwanted: dict[QueryField, list[str]] = {}
        self._has_tools: bool | None = None
        self._since: datetime | None = None
        self._until: datetime | None = None

    def add(self, name: QueryField, value: str, *, is_excluded: bool) -> None:
        if not value:
            raise QueryError(f"{name}: needs a value right after the colon, in quotes when it holds blanks")
        if name is QueryField.HAS:
            self._add_has(value, is_excluded=is_excluded)
        elif name in (QueryField.AFTER, QueryField.BEFORE):
            self._add_time(name, value, is_excluded=is_excluded)
        else:
            (self._unwanted if is_excluded else self._wanted).setdefault(name, []).append(value)

    def build(self, required: list[Term], excluded: list[Term]) -> Query:
        names = [name for name in QueryField if name in self._wanted or name in self._unwanted]
        return Query(
            required=tuple(required),
            excluded=tuple(excluded),
            fields={
                name: FieldValues(
                    wanted=tuple(self._wanted.get(name, ())), unwanted=tuple(self._unwanted.get(name, ()))
                )
                for name in names
            },
            has_tools=self._has_tools,
            since=self._since,
            until=self._until,
        )

    def _add_has(self, value: str, *, is_excluded: bool) -> None:
        if value.lower() != HAS_TOOLS:
            raise QueryError(f"has:{value} is not known; has:{HAS_TOOLS} finds answers that call tools")
        self._has_tools = not is_excluded

    def _add_time(self, name: QueryField, value: str, *, is_excluded: bool) -> None:
        if is_excluded:
            other = QueryField.BEFORE if name is QueryField.AFTER else QueryField.AFTER
            raise QueryError(f"-{name}:{value} excludes a time; say {other}:{value} instead")
        instant = _instant(name, value)
        if name is QueryField.AFTER:
            self._since = max(self._since or instant, instant)
        else:
            self._until = min(self._until or instant, instant)


def _field_name(name: str | None, value: str | None) -> QueryField | None:
    """Return the field that a word before a colon names, None for a word. Raises `QueryError` for a near miss."""
    if name is None:
        return None
    known = [str(each) for each in QueryField]
    if name.lower() in known:
        return QueryField(name.lower())
    near = get_close_matches(name.lower(), known, n=1, cutoff=NEAR)
    if near and value:
        raise QueryError(f"no field {name}:; did you mean {near[0]}:? Put the text into quotes to search for its words")
    return None


def _as_word(match: re.Match[str]) -> str:
    """Return a name that is no field, with what follows its colon, as the word it stands for."""
    if match["name"] is None:
        return ""
    return f"{match['name']}:{match['quoted'] if match['quoted'] is not None else match['value']}"


def _instant(name: QueryField, value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise QueryError(
            f"{name}:{value} is no time; use a day such as 2026-03-01 or an instant such as 2026-03-01T12:00 (UTC)"
        ) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _term(phrase: str | None, word: str | None) -> Term | None:
    found = tuple(words(phrase if phrase is not None else word or ""))
    if not found:
        return None
    is_prefix = phrase is None and word is not None and word.endswith("*")
    if is_prefix and len(found[-1]) < PREFIX_LENGTH and found[-1].isascii():
        raise QueryError(f"{word!r} is too short; a prefix needs at least {PREFIX_LENGTH} letters before the *")
    return Term(words=found, is_prefix=is_prefix)
