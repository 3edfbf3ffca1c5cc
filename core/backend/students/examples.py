"""Examples that a prompt shows: in-context ones in the blueprint's format, arrow lines, and earlier turns.

The blueprint puts examples at the head of the system message: a line that says what the conversation looks like, its
messages as `role: content` with blank lines between, a line that announces the answer, and the answer as
`role: content`, for tool calls followed by `Tool calls:` and the calls as JSON. What follows the last answer is the
original system message.
"""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.backend.students.input_text import find_input_text
from core.scoring import content_text

_OPENING = re.compile(r"^[^\n]*\bconversation looks like this:?[ \t]*\n", re.MULTILINE | re.IGNORECASE)
_ANNOUNCEMENT = re.compile(r"^[^\n]*\brespond with:?[ \t]*\n", re.MULTILINE | re.IGNORECASE)
_TURN = re.compile(r"^(?P<role>system|user|assistant|tool): ", re.MULTILINE)
_TOOL_CALLS = re.compile(r"^Tool calls:\s*", re.MULTILINE)
_ARROW = re.compile(
    r"^[ \t]*(?:[-*•]|\d+[.)])?[ \t]*(?P<text>[^\n]+?)[ \t]*(?:->|=>|→)[ \t]*\[*(?P<label>[^\[\]\n]+?)\]*[ \t]*$",
    re.MULTILINE,
)


@dataclass(frozen=True, kw_only=True)
class Example:
    """A text and the assistant message that answers it."""

    text: str
    message: Mapping[str, object]


class SplitSystem(NamedTuple):
    """A system message taken apart: the examples at its head and the instructions that follow."""

    examples: tuple[Example, ...]
    instructions: str


class ArrowLine(NamedTuple):
    """One line of a prompt in the form `text -> label`."""

    text: str
    label: str


def split_system(system: str) -> SplitSystem:
    """Return the in-context examples of a system message and the message without them."""
    openings = list(_OPENING.finditer(system))
    if not openings:
        return SplitSystem(examples=(), instructions=system)
    examples: list[Example] = []
    rest = ""
    for opening, following in zip(openings, [*openings[1:], None], strict=True):
        block = system[opening.end() : following.start() if following else len(system)]
        announcement = _ANNOUNCEMENT.search(block)
        if announcement is None:
            continue
        answer = _read_answer(block[announcement.end() :], is_last=following is None)
        rest = answer.rest
        text = _asked_text(block[: announcement.start()])
        if text:
            examples.append(Example(text=text, message=answer.message))
    return SplitSystem(examples=tuple(examples), instructions=rest)


def find_arrow_lines(prompt: str) -> tuple[ArrowLine, ...]:
    """Return the lines of a prompt that show a text and its label with an arrow between."""
    return tuple(ArrowLine(text=found["text"], label=found["label"].strip()) for found in _ARROW.finditer(prompt))


def without_arrow_lines(prompt: str) -> str:
    """Return the prompt without the lines that `find_arrow_lines` reads."""
    return _ARROW.sub("", prompt)


def earlier_turns(messages: Sequence[Mapping[str, object]], *, has_instructions: bool) -> tuple[Example, ...]:
    """Return the questions that were answered before the last one, as examples."""
    turns = [message for message in messages if message.get("role") in ("user", "assistant")]
    return tuple(
        Example(
            text=find_input_text(content_text(asked.get("content")), has_instructions=has_instructions).text,
            message=answered,
        )
        for asked, answered in itertools.pairwise(turns)
        if asked.get("role") == "user" and answered.get("role") == "assistant"
    )


class _ReadAnswer(NamedTuple):
    message: Mapping[str, object]
    rest: str


def _read_answer(block: str, *, is_last: bool) -> _ReadAnswer:
    """Read `role: content`, or the calls; only after the last example does anything follow the answer."""
    calls = _TOOL_CALLS.search(block)
    if calls:
        try:
            value, end = json.JSONDecoder().raw_decode(block, calls.end())
        except ValueError:
            value, end = [], calls.end()
        if value:
            message = {"role": "assistant", "content": None, "tool_calls": value}
            return _ReadAnswer(message=message, rest=block[end:].strip())
    answer, _, rest = block.partition("\n\n") if is_last else (block, "", "")
    content = _TURN.sub("", answer.strip(), count=1).strip()
    return _ReadAnswer(message={"role": "assistant", "content": content}, rest=rest.strip())


def _asked_text(conversation: str) -> str:
    turns = list(_TURN.finditer(conversation))
    ends = [*(turn.start() for turn in turns[1:]), len(conversation)]
    asked = [conversation[turn.end() : end] for turn, end in zip(turns, ends, strict=False) if turn["role"] == "user"]
    if not asked:
        return ""
    has_system = any(turn["role"] == "system" for turn in turns)
    return find_input_text(asked[-1].strip(), has_instructions=has_system).text
