"""What changed between two answers, word by word: rapidfuzz finds it, HTML marks it by style as well as colour.

White space is kept, so that code and lists stay readable. Text from logs is escaped here and nowhere trusted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from rapidfuzz.distance import Levenshtein

MAX_WORDS = 4_000
"""Beyond this many words a side, the two texts are shown as removed and added as a whole."""

LEAST_KEPT = 0.4
"""With a smaller share of words in common, marking single words would only scatter two different texts."""

_WORD = re.compile(r"\s*\S+|\s+$")


class Change(StrEnum):
    """What became of a stretch of words."""

    SAME = "same"  # in both
    REMOVED = "removed"  # only in the old text
    ADDED = "added"  # only in the new text


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Neighbouring words with one fate; `text` includes the white space before each word."""

    change: Change
    text: str


def compare_words(old: str, new: str) -> tuple[Stretch, ...]:
    """Return the stretches that lead from `old` to `new`, in reading order, removed before added.

    Texts that share few words are one removed and one added stretch.
    """
    if old == new:
        return (Stretch(change=Change.SAME, text=old),) if old else ()
    before, after = _WORD.findall(old), _WORD.findall(new)
    if max(len(before), len(after)) > MAX_WORDS:
        return _whole(old, new)
    keys = [word.strip() for word in before], [word.strip() for word in after]
    operations = Levenshtein.opcodes(*keys)
    kept = sum(operation.src_end - operation.src_start for operation in operations if operation.tag == "equal")
    if kept < LEAST_KEPT * max(len(before), len(after)):
        return _whole(old, new)
    stretches: list[Stretch] = []
    for operation in operations:
        gone = "".join(before[operation.src_start : operation.src_end])
        come = "".join(after[operation.dest_start : operation.dest_end])
        if operation.tag == "equal":
            stretches.append(Stretch(change=Change.SAME, text=_lead(gone, come) + come))
        else:
            stretches.extend(_whole(gone, come))
    return tuple(stretches)


def render_diff(stretches: Sequence[Stretch]) -> str:
    """Return HTML: `del` for what is gone, `ins` for what is new, escaped text for the rest."""
    tags = {Change.REMOVED: "del", Change.ADDED: "ins"}
    parts = []
    for stretch in stretches:
        tag = tags.get(stretch.change)
        inner = escape(stretch.text.strip()) if tag else escape(stretch.text)
        lead = escape(stretch.text[: len(stretch.text) - len(stretch.text.lstrip())])
        parts.append(f"{lead}<{tag}>{inner}</{tag}>" if tag else inner)
    return f'<div class="fw-text fw-diff">{"".join(parts)}</div>'


def _lead(gone: str, come: str) -> str:
    """Return the white space that only the old text had before the words, so that they do not stick together."""
    return gone[: len(gone) - len(gone.lstrip())] if not come[:1].isspace() else ""


def _whole(old: str, new: str) -> tuple[Stretch, ...]:
    sides = (Stretch(change=Change.REMOVED, text=old), Stretch(change=Change.ADDED, text=new))
    return tuple(side for side in sides if side.text)
