"""Where in a user message the text to judge stands, when nothing but the message is known.

Prompts mark it by a pair of lines (### START ... ### END), quotes, fences, tags, or a cue such as "Headline:". The last
mark counts: examples and instructions come first. Without a mark the whole message is the text, or its last paragraph
when the instructions must be in the same message.
"""

import re
from typing import NamedTuple

_MARKS = (
    re.compile(
        r"#{2,}[ \t]*(?:START|BEGIN)[ \t]+(?P<name>[^#\n]*?)[ \t]*#{2,}(?P<text>.*?)"
        r"#{2,}[ \t]*END[ \t]+(?P=name)[ \t]*#{2,}",
        re.DOTALL | re.IGNORECASE,
    ),
    re.compile(r'"""(?P<text>.*?)"""', re.DOTALL),
    re.compile(r"```\w*\n(?P<text>.*?)```", re.DOTALL),
    re.compile(r"<<<(?P<text>.*?)>>>", re.DOTALL),
    re.compile(r"<(?P<name>[a-z_]+)>(?P<text>.*?)</(?P=name)>", re.DOTALL | re.IGNORECASE),
)
_CUES = (
    "article|comment|customer message|document|e-?mail|headline|input|message|passage|query|question|review|sentence"
    "|statement|text|ticket|title|tweet|user message|utterance"
)
_NEXT_CUE = r"[ \t]*[^\W\d_][\w ]{0,20}:[ \t]*$"  # such as "Category:", where the answer would go on
_CUE = re.compile(
    rf"^[ \t]*(?:{_CUES})[ \t]*:[ \t]*\n?(?P<text>[^\n]+(?:\n(?!{_NEXT_CUE})[^\n]+)*)", re.MULTILINE | re.IGNORECASE
)
_SHORT = 400  # characters; a message up to here is taken for a bare text even without a system message
_TAIL = 80  # characters that may follow a cue's text, such as "Category:"


class MarkedText(NamedTuple):
    """The text to judge, and the message without it."""

    text: str
    frame: str


def find_input_text(message: str, *, has_instructions: bool) -> MarkedText:
    """Return the text to judge; `has_instructions` tells that a system message holds the instructions."""
    for mark in _MARKS:
        found = _last_match(mark, message)
        if found and found["text"].strip():
            return _cut(message, found)
    cued = _last_match(_CUE, message)
    if cued and (not has_instructions or len(message) - cued.end() <= _TAIL):
        return _cut(message, cued)
    if has_instructions or len(message) <= _SHORT:
        return MarkedText(text=message.strip(), frame="")
    head, _, paragraph = message.strip().rpartition("\n\n")
    return MarkedText(text=paragraph.strip(), frame=head)


def _last_match(mark: re.Pattern[str], message: str) -> re.Match[str] | None:
    found = list(mark.finditer(message))
    return found[-1] if found else None


def _cut(message: str, found: re.Match[str]) -> MarkedText:
    start, end = found.span("text")
    return MarkedText(text=found["text"].strip(), frame=f"{message[:start]} {message[end:]}")
