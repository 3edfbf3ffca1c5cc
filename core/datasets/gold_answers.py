"""Gold as a build uses it: what a person gave for a request, turned into the message a student should have answered.

People write the label alone, or the whole answer as the workload gives it; tool calls are JSON, one object with `name`
and `arguments` or a list of them. Both are read here by the workload's answer format. Gold lives beside the log and
never changes it.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from core.logs import canonical_json
from core.scoring import AnswerFormat, AnswerKind, read_answer


@dataclass(frozen=True, kw_only=True, slots=True)
class GoldAnswer:
    """A gold answer in a workload's format: the assistant message, its key for comparison, and its class."""

    message: Mapping[str, object]
    key: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """What people decided about a workload's requests, by request key in hexadecimal: gold answers and vetoes."""

    gold: Mapping[str, str]
    vetoed: Collection[str]

    @property
    def gold_content(self) -> bytes:
        """The gold as canonical JSON: the artifact that a manifest refers to."""
        return canonical_json(dict(self.gold))

    @property
    def veto_content(self) -> bytes:
        """The vetoed keys as canonical JSON, sorted: the artifact that a manifest refers to."""
        return canonical_json(sorted(set(self.vetoed)))

    @property
    def gold_version(self) -> str:
        """The SHA-256 of `gold_content`."""
        return hashlib.sha256(self.gold_content).hexdigest()

    @property
    def veto_version(self) -> str:
        """The SHA-256 of `veto_content`."""
        return hashlib.sha256(self.veto_content).hexdigest()

    @classmethod
    def from_content(cls, *, gold: bytes, vetoes: bytes) -> "Corrections":
        """Return the corrections that `gold_content` and `veto_content` wrote."""
        return cls(gold=json.loads(gold), vetoed=json.loads(vetoes))


NO_CORRECTIONS = Corrections(gold={}, vetoed=())


def read_gold(text: str, answer_format: AnswerFormat) -> GoldAnswer | None:
    """Return a gold answer in a workload's format, None when it cannot be one."""
    for message in _possible_messages(text, answer_format):
        answer = read_answer(message, answer_format)
        if answer.key is not None and answer.label is not None:
            return GoldAnswer(message=message, key=answer.key, label=answer.label)
    return None


def gold_keys(gold: Mapping[str, str], answer_format: AnswerFormat) -> dict[str, str]:
    """Return the answer key of each gold answer that the format can read, by request key: what scores compare with."""
    answers = ((request_key, read_gold(text, answer_format)) for request_key, text in gold.items())
    return {request_key: answer.key for request_key, answer in answers if answer is not None}


def _possible_messages(text: str, answer_format: AnswerFormat) -> list[dict[str, object]]:
    """Return what the text may stand for, the answer as it is first, the bare label second."""
    if answer_format.kind is AnswerKind.TOOL_CALL:
        calls = _read_calls(text)
        return [{"role": "assistant", "content": None, "tool_calls": calls}] if calls else []
    contents = [text]
    if answer_format.kind is AnswerKind.DOUBLE_BRACKETS:
        contents.append(f"[[{text.strip()}]]")
    elif answer_format.kind is AnswerKind.JSON_FIELD:
        contents.append(json.dumps({answer_format.field: text.strip()}, ensure_ascii=False))
    return [{"role": "assistant", "content": content} for content in contents if text.strip()]


def _read_calls(text: str) -> list[dict[str, object]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    calls = value if isinstance(value, list) else [value]
    functions = [call.get("function", call) if isinstance(call, dict) else None for call in calls]
    if not all(isinstance(function, dict) and isinstance(function.get("name"), str) for function in functions):
        return []
    return [
        _write_call(number, cast("dict[str, object]", function)) for number, function in enumerate(functions, start=1)
    ]


def _write_call(number: int, function: Mapping[str, object]) -> dict[str, object]:
    arguments = function.get("arguments", {})
    as_text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {"id": f"call_{number}", "type": "function", "function": {"name": function["name"], "arguments": as_text}}
