"""The one reader of answers: from an assistant message to the text people see and the key that is compared.

Logs label their records with it, datasets stratify by it, the local backend and the evaluation score with it. Which
format a workload uses is found in `core.scoring.detection`. A change of what is read raises `SCORER_VERSION`.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from core.errors import near_miss
from core.scoring.errors import AnswerFormatError
from core.scoring.messages import answer_message, content_text
from core.scoring.tool_calls import ToolCall, read_tool_calls, tool_calls_key

LABEL_LENGTH_LIMIT = 64  # characters; a longer answer is no label

# The first [[label]]; further brackets around it are dropped. No second [[ inside keeps the search linear.
_DOUBLE_BRACKETS = re.compile(r"(?<!\[)\[{2,}+((?:(?!\[\[)[^\n])+?)\]\]")
_CODE_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?```", re.DOTALL | re.IGNORECASE)


class AnswerKind(StrEnum):
    """Where in a message the answer stands."""

    DOUBLE_BRACKETS = "double_brackets"  # the first [[answer]] of the text
    JSON_FIELD = "json_field"  # one field of a JSON object that is the whole text, a code fence around it allowed
    WHOLE_TEXT = "whole_text"  # all of the text
    TOOL_CALL = "tool_call"  # the function calls, with their arguments


@dataclass(frozen=True, kw_only=True)
class AnswerFormat:
    """How a workload's answers are read. `field` names the JSON field, for `AnswerKind.JSON_FIELD` alone.

    `fold_case` False makes "US" and "us" different answers. `version` is that of this description.
    """

    kind: AnswerKind
    field: str | None = None
    fold_case: bool = True
    version: int = 1

    def __post_init__(self) -> None:
        if self.kind is AnswerKind.JSON_FIELD and not self.field:
            raise AnswerFormatError("A JSON answer needs the name of its field; set `field`.", field="field")
        if self.kind is not AnswerKind.JSON_FIELD and self.field is not None:
            raise AnswerFormatError(
                f"An answer of kind {self.kind.value!r} has no field, got {self.field!r}; leave `field` out.",
                field="field",
            )

    def to_dict(self) -> dict[str, object]:
        """Return the format as plain JSON values, for manifests and rows."""
        return {"kind": self.kind.value, "field": self.field, "fold_case": self.fold_case, "version": self.version}

    @classmethod
    def from_dict(cls, value: Mapping[str, object]) -> "AnswerFormat":
        """Return the format that `to_dict` wrote or a person gave. Raises `AnswerFormatError`."""
        field, fold_case, version = value.get("field"), value.get("fold_case", True), value.get("version", 1)
        if field is not None and not isinstance(field, str):
            raise AnswerFormatError(f"`field` of an answer format must be a text, got {field!r}.", field="field")
        if not isinstance(fold_case, bool):
            raise AnswerFormatError(f"`fold_case` must be true or false, got {fold_case!r}.", field="fold_case")
        if version != 1:
            raise AnswerFormatError(
                f"Answer format version {version!r} is unknown here; this release reads version 1.", field="version"
            )
        return cls(kind=_parse_kind(value.get("kind")), field=field, fold_case=fold_case)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a message answers. `text` is for people (case kept), `key` for comparison (folded).

    `problem` says why nothing could be read; then `key` is None, and the answer is wrong whatever was expected. `calls`
    are all tool calls, `tool` the first of them.
    """

    text: str | None
    key: str | None
    calls: tuple[ToolCall, ...] = ()
    problem: str | None = None

    @property
    def tool(self) -> ToolCall | None:
        """The first tool call, None when the answer is not one."""
        return self.calls[0] if self.calls else None

    @property
    def label(self) -> str | None:
        """The class of the answer: the first tool's name for tool calls, the key otherwise."""
        return self.calls[0].name if self.calls else self.key


def read_answer(message: Mapping[str, object] | None, answer_format: AnswerFormat) -> Answer:
    """Return the answer of an assistant message; never raises. None stands for a missing message."""
    if message is None:
        return _unreadable("there is no answer")
    if answer_format.kind is AnswerKind.TOOL_CALL:
        return _read_calls(message)
    text = content_text(message.get("content"))
    if not text.strip():
        return _unreadable("the answer is empty")
    if answer_format.kind is AnswerKind.JSON_FIELD:
        found = _find_field(text, answer_format.field or "")
    elif answer_format.kind is AnswerKind.DOUBLE_BRACKETS:
        found = _Found(value=find_in_brackets(text), problem="the answer has no [[...]] on one line")
    else:
        found = _Found(value=text.strip(), problem="the answer is empty")
    if not found.value:
        return _unreadable(found.problem)
    return Answer(text=found.value, key=fold_answer(found.value, fold_case=answer_format.fold_case))


def label_of(response: Mapping[str, object] | None) -> str | None:
    """Return the label a log record is listed under, whatever its workload's format; None when it has none.

    The first tool's name; else, in lower case, the content of [[...]], the only field of a JSON object if that is a
    text, or the whole answer of up to 64 characters.
    """
    message = answer_message(response)
    if message is None:
        return None
    calls = read_tool_calls(message)
    if calls:
        return calls[0].name
    text = content_text(message.get("content"))
    found = find_in_brackets(text)
    if not found:
        fields = read_json_object(text) or {}
        values = list(fields.values())
        found = values[0] if len(values) == 1 and isinstance(values[0], str) else text
    label = _tidy(found).lower()
    return label if 0 < len(label) <= LABEL_LENGTH_LIMIT else None


def fold_answer(text: str, *, fold_case: bool = True) -> str:
    """Return `text` as it is compared: composed Unicode (NFC), single spaces, and without case if asked for."""
    tidy = _tidy(text)
    return unicodedata.normalize("NFC", tidy.casefold()) if fold_case else tidy


def find_in_brackets(text: str) -> str | None:
    """Return the stripped content of the first [[...]] that stands on one line, or None; it may be empty."""
    found = _DOUBLE_BRACKETS.search(text)
    return found[1].strip() if found else None


def read_json_object(text: str) -> Mapping[str, object] | None:
    """Return the JSON object that is the whole of `text`, a code fence around it allowed, or None."""
    stripped = text.strip()
    if not stripped.startswith(("{", "```")):
        return None
    fenced = _CODE_FENCE.fullmatch(stripped)
    try:
        value = json.loads(fenced[1] if fenced else stripped)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def scalar_text(value: object) -> str | None:
    """Return a JSON text, number or truth value as text (5, true), or None for null, lists and objects."""
    if isinstance(value, str):
        return value.strip()
    return json.dumps(value) if isinstance(value, (bool, int, float)) else None


def _read_calls(message: Mapping[str, object]) -> Answer:
    calls = read_tool_calls(message)
    if not calls:
        return _unreadable("the answer calls no tool")
    key = tool_calls_key(calls)
    problem = None if key is not None else "the arguments of a tool call are not a JSON object"
    return Answer(text="\n".join(call.to_text() for call in calls), key=key, calls=calls, problem=problem)


class _Found(NamedTuple):
    value: str | None
    problem: str  # holds when `value` is None or empty


def _find_field(text: str, field: str) -> _Found:
    fields = read_json_object(text)
    if fields is None:
        return _Found(value=None, problem="the answer is not a JSON object")
    if field not in fields:
        return _Found(value=None, problem=f"the JSON answer has no field {field!r}")
    value = scalar_text(fields[field])
    return _Found(value=value, problem=f"field {field!r} of the JSON answer is empty or not a plain value")


def _unreadable(problem: str) -> Answer:
    return Answer(text=None, key=None, problem=problem)


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _parse_kind(value: object) -> AnswerKind:
    known = tuple(kind.value for kind in AnswerKind)
    if value not in known:
        raise AnswerFormatError(
            f"{value!r} is no kind of answer; use one of {', '.join(known)}{near_miss(str(value), known)}.",
            field="kind",
        )
    return AnswerKind(value)
