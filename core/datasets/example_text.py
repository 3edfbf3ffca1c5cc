"""In-context examples as text at the head of a request's system message, in the blueprint's format.

Each example says what a conversation looks like, gives its messages as `role: content` with blank lines between, and
announces the answer; calls follow it as JSON. The original system text comes last. The local students read this format
back (`core.backend.students.examples`); other models read it as instructions.
"""

import json
from collections.abc import Mapping, Sequence
from typing import cast

from core.scoring import content_text

PREAMBLE = (
    "You are a helpful assistant that answers requests the way it is shown here.\n"
    "These are examples of how to respond to requests of different kinds:"
)
OPENING = "For example, if the conversation looks like this:"
ANNOUNCEMENT = "then respond with:"
CALLS = "Tool calls:"
SYSTEM_ROLES = ("system", "developer")

Json = Mapping[str, object]


def example_text(row: Json) -> str:
    """Return the example that a training row makes: its conversation and its last message as the answer."""
    *conversation, answer = cast("Sequence[Json]", row["messages"])
    asked = "".join(f"{_turn(message)}\n\n" for message in conversation)
    return f"{OPENING}\n{asked}{ANNOUNCEMENT}\n{_turn(answer)}"


def join_examples(examples: Sequence[str]) -> str:
    """Return what comes before the original system text."""
    return "\n\n".join([PREAMBLE, *examples])


def show_examples(request: Json, examples: Sequence[str]) -> dict[str, object]:
    """Return a copy of the request with the examples at the head of its first system message, or in a new one.

    Without examples it is an equal copy.
    """
    messages = list(cast("Sequence[Json]", request["messages"]))
    if not examples:
        return {**request, "messages": messages}
    head = join_examples(examples)
    place = next((place for place, message in enumerate(messages) if message.get("role") in SYSTEM_ROLES), None)
    if place is None:
        messages.insert(0, {"role": "system", "content": head})
    else:
        messages[place] = {**messages[place], "content": _prepend(head, messages[place].get("content"))}
    return {**request, "messages": messages}


def _prepend(head: str, content: object) -> object:
    if isinstance(content, list):
        return [{"type": "text", "text": head}, *content]
    return f"{head}\n\n{content}" if content else head


def _turn(message: Json) -> str:
    turn = f"{message.get('role')}: {content_text(message.get('content'))}"
    calls = message.get("tool_calls")
    return f"{turn}\n{CALLS}\n{json.dumps(calls, indent=2, ensure_ascii=False)}" if calls else turn
