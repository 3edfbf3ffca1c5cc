"""A logged chat completion laid out for reading: who said what, tools offered, tools called, JSON indented.

Reading never fails: logs hold whatever applications sent, so an odd shape is shown as JSON rather than refused. All
text is escaped here. What an answer *means* (label, format) is `core.scoring`'s business, not this module's.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from app.ui import numbers

FOLD_OVER_CHARS = 600
"""System prompts and tool results longer than this start folded."""

ROLE_NAMES = {"system": "System", "developer": "Developer", "user": "User", "assistant": "Assistant", "tool": "Tool"}
FOLDING_ROLES = ("system", "developer", "tool")


@dataclass(frozen=True, kw_only=True)
class CalledTool:
    """One tool call; `arguments` is indented JSON, or the text as logged when it is not JSON."""

    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One message. `text` is empty when there is none; `attachments` says what else was sent, such as an image."""

    role: str
    text: str
    is_json: bool
    tool_calls: tuple[CalledTool, ...]
    attachments: tuple[str, ...]


def read_turns(request: Mapping[str, object]) -> tuple[Turn, ...]:
    """Return the messages of a request in order."""
    return tuple(read_message(message) for message in _items(request.get("messages")))


def read_answers(response: Mapping[str, object]) -> tuple[Turn, ...]:
    """Return the answer of each choice of a chat completion; usually one."""
    return tuple(read_message(_mapping(choice).get("message")) for choice in _items(response.get("choices")))


def read_message(message: object) -> Turn:
    """Return one message as a turn, whatever its shape."""
    if not isinstance(message, Mapping):
        return Turn(role="unknown", text=_indent(message), is_json=True, tool_calls=(), attachments=())
    text, attachments = _read_content(message.get("content"))
    extra = [text, *(str(message[key]) for key in ("reasoning_content", "refusal") if message.get(key))]
    joined = "\n\n".join(part for part in extra if part)
    indented = _indent_json(joined)
    calls = [_mapping(call).get("function") for call in _items(message.get("tool_calls"))]
    if message.get("function_call"):
        calls.append(message["function_call"])
    return Turn(
        role=str(message.get("role") or "unknown"),
        text=indented or joined,
        is_json=indented is not None,
        tool_calls=tuple(_read_call(call) for call in calls),
        attachments=attachments,
    )


def read_offered_tools(request: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of the tools a request offers."""
    offered = [_mapping(_mapping(tool).get("function")).get("name") for tool in _items(request.get("tools"))]
    return tuple(str(name) for name in offered if name)


def describe_answer(response: Mapping[str, object]) -> str:
    """Return the first answer on one line: its text, or the tools it calls as `name(…)`."""
    answers = read_answers(response)
    if not answers:
        return ""
    calls = ", ".join(f"{call.name}(…)" for call in answers[0].tool_calls)
    return " ".join((answers[0].text or calls).split())


def last_user_text(request: Mapping[str, object]) -> str:
    """Return the text of the last user message, or of the last message when there is no user."""
    turns = read_turns(request)
    users = [turn for turn in turns if turn.role == "user"] or list(turns)
    return users[-1].text if users else ""


def render_turns(turns: Sequence[Turn]) -> str:
    """Return HTML for a conversation: one block a turn, long instructions folded."""
    return f'<div class="fw-conversation">{"".join(_render_turn(turn) for turn in turns)}</div>'


def _render_turn(turn: Turn) -> str:
    name = escape(ROLE_NAMES.get(turn.role, turn.role))
    blocks = []
    if turn.text:
        blocks.append(_render_text(turn))
    blocks += [_render_call(call) for call in turn.tool_calls]
    blocks += [f'<div class="fw-attachment">{escape(label)}</div>' for label in turn.attachments]
    if not blocks:
        blocks.append('<div class="fw-quiet">empty message</div>')
    role = turn.role if turn.role in ROLE_NAMES else "other"
    return f'<div class="fw-turn fw-{role}"><div class="fw-role">{name}</div>{"".join(blocks)}</div>'


def _render_call(call: CalledTool) -> str:
    return (
        f'<div class="fw-call"><span class="fw-call-name">{escape(call.name)}</span>'
        f'<div class="fw-text fw-json">{escape(call.arguments)}</div></div>'
    )


def _render_text(turn: Turn) -> str:
    style = "fw-text fw-json" if turn.is_json else "fw-text"
    body = f'<div class="{style}">{escape(turn.text)}</div>'
    if turn.role not in FOLDING_ROLES or len(turn.text) <= FOLD_OVER_CHARS:
        return body
    first_line = escape(" ".join(turn.text.split())[:80])
    summary = f"{first_line}… ({numbers.quantity(len(turn.text), 'character')})"
    return f"<details><summary>{summary}</summary>{body}</details>"


def _read_content(content: object) -> tuple[str, tuple[str, ...]]:
    """Return the text of a message's content and a line for each part that is not text."""
    if content is None or isinstance(content, str):
        return content or "", ()
    texts, attachments = [], []
    for part in _items(content):
        value = _mapping(part)
        if isinstance(value.get("text"), str):
            texts.append(str(value["text"]))
        else:
            attachments.append(f"{value.get('type') or 'part'} attached, not shown")
    if not texts and not attachments:
        texts.append(_indent(content))
    return "\n\n".join(texts), tuple(attachments)


def _read_call(function: object) -> CalledTool:
    value = _mapping(function)
    arguments = value.get("arguments")
    if isinstance(arguments, str):
        return CalledTool(name=str(value.get("name") or "unnamed"), arguments=_indent_json(arguments) or arguments)
    return CalledTool(name=str(value.get("name") or "unnamed"), arguments=_indent(arguments or {}))


def _indent_json(text: str) -> str | None:
    """Return indented JSON when the text is a JSON object or array, else None."""
    if not text.lstrip().startswith(("{", "[")) or text.lstrip().startswith("[["):
        return None
    try:
        return _indent(json.loads(text))
    except ValueError:
        return None


def _indent(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
