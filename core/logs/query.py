"""The search box: words, "phrases", prefix* and -exclusion, parsed once for all stores.

Every text is either a query or a clear error; nothing in it reaches an engine's own language, because stores build
their expressions from the words alone.
"""

import re
from dataclasses import dataclass

from core.logs.errors import QueryError
from core.logs.text import words

TERM_LIMIT = 64
TEXT_LIMIT = 4096
PREFIX_LENGTH = 2

_TERM = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>\S+))')
_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"'})


@dataclass(frozen=True, kw_only=True)
class Term:
    """Words that must follow each other directly; with `is_prefix` the last one is the beginning of a word."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, kw_only=True)
class Query:
    """A record matches when it holds all `required` terms and none of the `excluded`. Without any, nothing matches."""

    required: tuple[Term, ...]
    excluded: tuple[Term, ...]


def parse_query(text: str) -> Query:
    """Return what a search text asks for.

    Punctuation separates words, so `brown-fox` is the phrase "brown fox". Raises `QueryError` for exclusions without
    a word to look for, a prefix of one letter, and texts beyond the limits.
    """
    if len(text) > TEXT_LIMIT:
        raise QueryError(f"the search text has {len(text):,} characters; {TEXT_LIMIT:,} is the limit")
    required: list[Term] = []
    excluded: list[Term] = []
    for match in _TERM.finditer(text.translate(_QUOTES)):
        term = _term(match["phrase"], match["word"])
        if term:
            (excluded if match["minus"] else required).append(term)
    if excluded and not required:
        raise QueryError("the search text only excludes; add a word to look for")
    if len(required) + len(excluded) > TERM_LIMIT:
        raise QueryError(f"the search text has more than {TERM_LIMIT} words; put phrases into quotes or leave some out")
    return Query(required=tuple(required), excluded=tuple(excluded))


def _term(phrase: str | None, word: str | None) -> Term | None:
    found = tuple(words(phrase if phrase is not None else word or ""))
    if not found:
        return None
    is_prefix = phrase is None and word is not None and word.endswith("*")
    if is_prefix and len(found[-1]) < PREFIX_LENGTH and found[-1].isascii():
        raise QueryError(f"{word!r} is too short; a prefix needs at least {PREFIX_LENGTH} letters before the *")
    return Term(words=found, is_prefix=is_prefix)
