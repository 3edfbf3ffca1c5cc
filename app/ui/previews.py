"""Short texts for lists of requests: the part in which they differ.

Requests of one workload share a template, so their first words are all the same and their middle is what a reader
looks for. The shared beginning and end of the texts shown together are left out.
"""

from collections.abc import Sequence

PREVIEW_CHARS = 160
SHARED_OVER_CHARS = 24
"""A shared beginning or end shorter than this stays: leaving it out would save nothing and read oddly."""


def preview_each(texts: Sequence[str], *, max_chars: int = PREVIEW_CHARS) -> tuple[str, ...]:
    """Return one line for each text, in order; a single text, or equal ones, begin at the beginning."""
    lines = [" ".join(text.split()) for text in texts]
    if len(set(lines)) < 2:
        return tuple(_shorten(line, max_chars) for line in lines)
    start = _shared_words(lines)
    rest = [line[start:] for line in lines]
    end = _shared_words([line[::-1] for line in rest])
    return tuple(_shorten(("… " if start else "") + line[: len(line) - end].strip(), max_chars) for line in rest)


def _shared_words(lines: Sequence[str]) -> int:
    """Return how many characters all lines share at the beginning, up to a word's end; 0 when few."""
    first, last = min(lines), max(lines)  # what the extremes of the order share, all between them share
    same = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    cut = first[:same].rfind(" ") + 1
    return cut if cut > SHARED_OVER_CHARS else 0


def _shorten(line: str, max_chars: int) -> str:
    return line if len(line) <= max_chars else f"{line[: max_chars - 1].rstrip()}…"
