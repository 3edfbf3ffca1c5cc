"""The fixed frame of a templated workload: what stands in nearly every prompt and says nothing about one record.

Instructions can be fifty times longer than the text they are about; two prompts then look alike whatever they ask.
Lines that come again in many prompts go first (a workload may have several templates at once), then what nearly all
remaining texts begin and end with, cut back to whole words.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.scoring import content_text

LEAST_TEXTS = 10  # fewer do not make a template
LINE_SHARE = 0.05  # of the texts must hold a line for it to belong to a frame
LINE_TEXTS = 3  # and at least so many
ODD_SHARE = 0.05  # of the texts at either end of their sorted order need not share the beginning


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Lines, beginning and end that the texts of a workload share; all may be empty."""

    lines: frozenset[str] = frozenset()
    prefix: str = ""
    suffix: str = ""

    def strip(self, text: str) -> str:
        """Return what varies: the text without the frame, its other lines joined by line breaks."""
        rest = _join_other_lines(text, self.lines)
        rest = rest.removeprefix(self.prefix)
        return (rest[: len(rest) - len(self.suffix)] if self.suffix and rest.endswith(self.suffix) else rest).strip()


def detect_frame(texts: Sequence[str]) -> Frame:
    """Return the frame of a workload from some of its texts; their order does not matter."""
    if len(texts) < LEAST_TEXTS:
        return Frame()
    counts = Counter(line for text in texts for line in set(_lines(text)))
    enough = max(LINE_SHARE * len(texts), LINE_TEXTS)
    lines = frozenset(line for line, count in counts.items() if count >= enough)
    rests = [_join_other_lines(text, lines) for text in texts]
    prefix = _shared_start(rests)
    ends = [rest.removeprefix(prefix)[::-1] for rest in rests]
    return Frame(lines=lines, prefix=prefix, suffix=_shared_start(ends)[::-1])


def conversation_text(request: Mapping[str, object]) -> str:
    """Return what a request's messages say: their texts and tool calls, a line break between them.

    Empty when a message holds anything but text: two questions about two images are not alike because of their words.
    """
    messages = request.get("messages")
    parts = []
    for message in messages if isinstance(messages, list) else []:
        content = message.get("content")
        if isinstance(content, list) and not all(is_text_part(part) for part in content):
            return ""
        parts.append(content_text(content))
        if message.get("tool_calls"):
            parts.append(json.dumps(message["tool_calls"]))
    return "\n".join(parts)


def is_text_part(part: object) -> bool:
    """Tell whether a part of a message's content is text."""
    return isinstance(part, Mapping) and part.get("type") == "text"


def last_user_text(request: Mapping[str, object]) -> str:
    """Return the text of the last user message, empty when there is none."""
    messages = request.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, Mapping) and message.get("role") == "user":
            return content_text(message.get("content"))
    return ""


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n")]


def _join_other_lines(text: str, frame: frozenset[str]) -> str:
    return "\n".join(line for line in _lines(text) if line and line not in frame)


def _shared_start(texts: Sequence[str]) -> str:
    """Return what nearly all texts begin with, up to a space: sorted texts share what the outer two share."""
    ordered = sorted(texts)
    odd = int(len(ordered) * ODD_SHARE)
    first, last = ordered[odd], ordered[len(ordered) - 1 - odd]
    length = next((place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), None)
    shared = first[: min(len(first), len(last)) if length is None else length]
    return shared[: max((place + 1 for place, sign in enumerate(shared) if sign.isspace()), default=0)]
