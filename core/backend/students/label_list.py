"""The labels a prompt names, with their descriptions, and the one it wants in doubt.

Four ways of writing a list are read, the most explicit first: bracketed items ("- [Earnings]: Quarterly results"),
plain items ("1. card_arrival"), a sentence after a cue ("Categories: a, b or c"), and "classify it as a, b or c".
"""

import re
from dataclasses import dataclass

_BULLET = r"^[ \t]*(?:[-*•]|\d+[.)])[ \t]+"
_BRACKETED_ITEM = re.compile(
    _BULLET + r"\[(?P<name>[^\]\n]+)\][ \t]*(?::[ \t]*(?P<text>[^\n]*(?:\n(?:[ ]{4,}|\t)[^\n]*)*))?$", re.MULTILINE
)
_PLAIN_ITEM = re.compile(_BULLET + r"(?P<name>[^:\n]{1,60}?)[ \t]*(?::[ \t]*(?P<text>[^\n]*))?$", re.MULTILINE)
_CUED_LIST = re.compile(
    r"\b(?:labels?|categor(?:y|ies)|class(?:es)?|intents?|options?|topics?|one of(?: the following)?)\b"
    r"[^:\n.]{0,40}:[ \t]*(?P<names>[^\n]+)",
    re.IGNORECASE,
)
_AS_LIST = re.compile(r"\bas (?P<names>(?:[\w-]+, )*[\w-]+,? or [\w-]+)", re.IGNORECASE)
_DEFAULTS = (
    re.compile(r"\[(?P<name>[^\]\n]{1,60})\][ \t]+(?:is|as) the default", re.IGNORECASE),
    re.compile(r"\bdefault (?:category|class|intent|label|topic)(?: is|:)[ \t]*(?P<name>[^.\n]{1,60})", re.IGNORECASE),
    re.compile(r"^(?P<name>[^\s].{0,40}?)[ \t]+is the default (?:category|class|intent|label)", re.MULTILINE),
    re.compile(
        r"\b(?:otherwise|if (?:none|no|nothing)[^,.\n]{0,40}|when (?:in doubt|unsure))[,:]?[ \t]+"
        r"(?:use|answer|choose|classify (?:it )?as|say|pick)[ \t]+(?P<name>[^.\n]{1,60})",
        re.IGNORECASE,
    ),
    re.compile(r"\buse[ \t]+(?P<name>[^.\n]{1,40}?)[ \t]+(?:if (?:none|no|nothing)|when in doubt|otherwise)", re.I),
)
_QUOTES = " \t\"'`[]*.“”‘’"
_NAME_LENGTH_LIMIT = 60


@dataclass(frozen=True, kw_only=True)
class Label:
    """One label as the prompt writes it; `description` is empty where the prompt gives none."""

    name: str
    description: str = ""


def find_labels(prompt: str) -> tuple[Label, ...]:
    """Return the labels of the prompt in its order, without repetitions; empty when it names fewer than two."""
    for found, enough in (
        (_items(_BRACKETED_ITEM, prompt), 2),
        (_items(_PLAIN_ITEM, prompt), 3),
        (_sentence(_CUED_LIST, prompt), 2),
        (_sentence(_AS_LIST, prompt), 2),
    ):
        if len(found) >= enough:
            return found
    return ()


def find_default(prompt: str, labels: tuple[Label, ...]) -> Label | None:
    """Return the label that the prompt wants in doubt, None when it names none of `labels`."""
    by_name = {label.name.casefold(): label for label in labels}
    for pattern in _DEFAULTS:
        for found in pattern.finditer(prompt):
            label = by_name.get(found["name"].strip(_QUOTES).casefold())
            if label:
                return label
    return None


def _items(pattern: re.Pattern[str], prompt: str) -> tuple[Label, ...]:
    labels: dict[str, Label] = {}
    for found in pattern.finditer(prompt):
        name = found["name"].strip()
        labels.setdefault(name.casefold(), Label(name=name, description=" ".join((found["text"] or "").split())))
    return tuple(labels.values())


def _sentence(pattern: re.Pattern[str], prompt: str) -> tuple[Label, ...]:
    for found in pattern.finditer(prompt):
        sentence = re.split(r"\.\s|\.$", found["names"])[0]
        names = [name.strip(_QUOTES) for name in re.split(r";|,|\bor\b", sentence)]
        unique = dict.fromkeys(name for name in names if name)
        if len(unique) >= 2 and all(len(name) <= _NAME_LENGTH_LIMIT for name in unique):
            return tuple(Label(name=name) for name in unique)
    return ()
