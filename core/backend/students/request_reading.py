"""What a student that knows nothing but its prompt can read from a chat-completion request.

Puts together the text to judge, the labels with descriptions, the label to use in doubt, the examples, the form of the
answer and the tools on offer. Only the last user message is judged; content may be text or a list of parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.backend.students.examples import (
    ArrowLine,
    Example,
    earlier_turns,
    find_arrow_lines,
    split_system,
    without_arrow_lines,
)
from core.backend.students.input_text import MarkedText, find_input_text
from core.backend.students.label_list import Label, find_default, find_labels
from core.backend.students.wrapping import Wrapping, find_wrapping
from core.scoring import content_text


@dataclass(frozen=True, kw_only=True)
class ReadRequest:
    """A request as a student sees it. `tools` are the function objects offered; `labels` may be empty."""

    text: str
    labels: tuple[Label, ...]
    default: Label | None
    wrapping: Wrapping
    examples: tuple[Example, ...]
    tools: tuple[Mapping[str, object], ...]


def read_request(request: Mapping[str, object]) -> ReadRequest:
    """Return what the request says; a request without a user message has an empty text."""
    messages = chat_messages(request)
    system = split_system(_system_text(messages))
    has_instructions = bool(system.instructions.strip())
    asked = find_input_text(last_user_text(messages), has_instructions=has_instructions)
    frame = _read_frame(f"{system.instructions}\n{asked.frame}")
    shown = tuple(_as_example(line, frame) for line in frame.arrow_lines)
    turns = earlier_turns(messages, has_instructions=has_instructions)
    return ReadRequest(
        text=asked.text,
        labels=frame.labels,
        default=frame.default,
        wrapping=frame.wrapping,
        examples=(*shown, *system.examples, *turns),
        tools=offered_functions(request),
    )


def chat_messages(request: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    """Return the messages of a request; whatever is no message is left out."""
    messages = request.get("messages")
    return [item for item in messages if isinstance(item, Mapping)] if isinstance(messages, list) else []


def last_user_text(messages: Sequence[Mapping[str, object]]) -> str:
    """Return the text of the last user message, empty when there is none."""
    for message in reversed(messages):
        if message.get("role") == "user":
            return content_text(message.get("content"))
    return ""


def find_asked(messages: Sequence[Mapping[str, object]]) -> MarkedText:
    """Return the text to judge and the message around it, by the marks of the last user message alone."""
    has_instructions = any(message.get("role") == "system" for message in messages)
    return find_input_text(last_user_text(messages), has_instructions=has_instructions)


def offered_functions(request: Mapping[str, object]) -> tuple[Mapping[str, object], ...]:
    """Return the named functions among the request's tools; none when `tool_choice` forbids them."""
    tools = request.get("tools")
    if not isinstance(tools, list) or request.get("tool_choice") == "none":
        return ()
    functions = [tool.get("function") for tool in tools if isinstance(tool, Mapping)]
    return tuple(found for found in functions if isinstance(found, Mapping) and isinstance(found.get("name"), str))


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """What the instructions around a text say; the same for all requests of a workload."""

    labels: tuple[Label, ...]
    default: Label | None
    wrapping: Wrapping
    arrow_lines: tuple[ArrowLine, ...]


@lru_cache(maxsize=256)
def _read_frame(instructions: str) -> _Frame:
    arrow_lines = find_arrow_lines(instructions)
    body = without_arrow_lines(instructions)
    labels = {label.name.casefold(): label for label in find_labels(body)}
    if labels:
        for line in arrow_lines:
            labels.setdefault(line.label.casefold(), Label(name=line.label))
    known = tuple(labels.values())
    return _Frame(
        labels=known,
        default=find_default(body, known),
        wrapping=find_wrapping(instructions),
        arrow_lines=arrow_lines,
    )


def _as_example(line: ArrowLine, frame: _Frame) -> Example:
    return Example(text=line.text, message={"role": "assistant", "content": frame.wrapping.wrap(line.label)})


def _system_text(messages: Sequence[Mapping[str, object]]) -> str:
    return "\n".join(content_text(message.get("content")) for message in messages if message.get("role") == "system")
