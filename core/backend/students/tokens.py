"""Texts cut into tokens that know their place, so that a span of tokens is a piece of the text as written."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|_+|[^\w\s]")


class Token(NamedTuple):
    """A number, a run of letters, underscores, or one sign, from `start` to before `end` of the text."""

    text: str
    start: int
    end: int


def tokenize(text: str) -> tuple[Token, ...]:
    """Return the tokens of `text` in order; white space is none."""
    return tuple(Token(text=found[0], start=found.start(), end=found.end()) for found in _TOKEN.finditer(text))


def tokens_between(tokens: Sequence[Token], start: int, end: int) -> list[int]:
    """Return the numbers of the tokens that lie wholly between two places of the text."""
    return [number for number, token in enumerate(tokens) if token.start >= start and token.end <= end]
