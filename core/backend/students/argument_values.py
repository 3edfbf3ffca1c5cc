"""The values of arguments as they stand in a request, and back: where a value is written, and what writing means.

A value counts as written when one of its spellings stands in the text as whole words. Written values become typed ones
by the tool's schema, and take the case that the teacher gave them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

_SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "as written": str,
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
}


class Written(NamedTuple):
    """Where in a text a value stands."""

    start: int
    end: int


def find_written(value: object, text: str) -> Written | None:
    """Return the first place of `text` where `value` is written, whatever its case; None when it is not there."""
    searched = _fold(text)
    for spelling in _spellings(value):
        start = searched.find(spelling)
        while start >= 0:
            end = start + len(spelling)
            if _is_border(searched, start) and _is_border(searched, end):
                return Written(start=start, end=end)
            start = searched.find(spelling, start + 1)
    return None


def read_written(surface: str, schema: Mapping[str, object], *, spelling: str) -> object:
    """Return the value that `surface` means for an argument of this schema; `spelling` is one of `usual_spelling`."""
    kind = schema.get("type")
    if kind in ("integer", "number"):
        try:
            number = float(surface.replace(",", "").strip("$€£% "))
        except ValueError:
            return surface
        return int(number) if kind == "integer" or number.is_integer() else number
    return _SPELLINGS.get(spelling, str)(surface)


def usual_spelling(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the name of the case that most often turns what was written into the value; pairs hold both."""
    counts = Counter(name for written, value in pairs for name, spell in _SPELLINGS.items() if spell(written) == value)
    return max(_SPELLINGS, key=lambda name: counts[name])


def properties_of(function: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    """Return the schemas of a function's arguments by name, in their order; empty where it declares none."""
    parameters = function.get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
    if not isinstance(properties, Mapping):
        return {}
    return {str(name): schema for name, schema in properties.items() if isinstance(schema, Mapping)}


def required_of(function: Mapping[str, object]) -> frozenset[str]:
    """Return the names of the arguments that a function cannot do without."""
    parameters = function.get("parameters")
    required = parameters.get("required") if isinstance(parameters, Mapping) else None
    return frozenset(str(name) for name in required) if isinstance(required, list) else frozenset()


def choices_of(schema: Mapping[str, object]) -> list[object]:
    """Return the values that a schema enumerates, none when it does not."""
    values = schema.get("enum")
    return list(values) if isinstance(values, list) else []


def _spellings(value: object) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return []
    spellings = [_fold(str(value).strip())]
    if isinstance(value, (int, float)):
        spellings += [f"{value:g}", f"{value:.2f}", f"{value:,}"]
    return [spelling for spelling in dict.fromkeys(spellings) if spelling]


def _fold(text: str) -> str:
    """Return `text` in lower case and of the same length: a few capitals would grow, and stay as they are."""
    lower = text.lower()
    return (
        lower
        if len(lower) == len(text)
        else "".join(small if len(small := sign.lower()) == 1 else sign for sign in text)
    )


def _is_border(text: str, place: int) -> bool:
    """Tell whether neither a word nor a number goes on from before `place` to after it."""
    if not 0 < place < len(text):
        return True
    before, after = text[place - 1], text[place]
    return not ((before.isalpha() and after.isalpha()) or (before.isdigit() and after.isdigit()))
