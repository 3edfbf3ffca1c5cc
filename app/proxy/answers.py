"""What a model answered, as one completion: from a JSON body, or put together from a stream of events.

The events are those of OpenAI's chat completions: `data:` lines with chunks whose choices carry deltas, ended by
`[DONE]`. An answer that broke off, or that is an error, is no answer: there is nothing to log then.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

DONE = "[DONE]"
EVENT_STREAM = "text/event-stream"


def read_answer(body: bytes, *, media_type: str) -> dict[str, Any] | None:
    """Return the whole answer, None when the body holds none."""
    if media_type == EVENT_STREAM:
        return assemble(body)
    document = _read_json(body)
    return document if document is not None and isinstance(document.get("choices"), list) else None


def assemble(body: bytes) -> dict[str, Any] | None:
    """Return the completion that a stream of chunks makes, None when it broke off or holds an error.

    Texts and arguments are joined in their order, tool calls by their index; usage is taken from where it was sent.
    """
    whole: dict[str, Any] = {"object": "chat.completion"}
    choices: dict[int, dict[str, Any]] = {}
    is_done = False
    for data in _events(body):
        if data == DONE:
            is_done = True
            continue
        chunk = _read_json(data.encode())
        if chunk is None or chunk.get("error"):
            return None
        whole |= {name: chunk[name] for name in ("id", "created", "model", "system_fingerprint") if chunk.get(name)}
        if chunk.get("usage"):
            whole["usage"] = chunk["usage"]
        for choice in chunk.get("choices") or ():
            _add_choice(choices, choice)
    has_ended = bool(choices) and all(choice["finish_reason"] for choice in choices.values())
    if not has_ended or not is_done:
        return None
    return {**whole, "choices": [choices[index] for index in sorted(choices)]}


def _events(body: bytes) -> Iterator[str]:
    """Yield the data of each event; an event's lines may end as any platform ends lines (HTML standard, 9.2)."""
    for event in body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        data = [line[5:].removeprefix(" ") for line in event.split("\n") if line.startswith("data:")]
        if data:
            yield "\n".join(data)


def _add_choice(choices: dict[int, dict[str, Any]], choice: Mapping[str, Any]) -> None:
    index = int(choice.get("index") or 0)
    empty = {"index": index, "message": {"role": "assistant", "content": None}, "finish_reason": None}
    known = choices.setdefault(index, empty)
    if choice.get("finish_reason"):
        known["finish_reason"] = choice["finish_reason"]
    delta = choice.get("delta") or {}
    message = known["message"]
    for name in ("content", "refusal", "reasoning_content"):
        if delta.get(name) is not None:
            message[name] = (message.get(name) or "") + delta[name]
    for part in delta.get("tool_calls") or ():
        _add_tool_call(message.setdefault("tool_calls", []), part)


def _add_tool_call(calls: list[dict[str, Any]], part: Mapping[str, Any]) -> None:
    index = int(part.get("index") or 0)
    while len(calls) <= index:
        calls.append({"id": None, "type": "function", "function": {"name": "", "arguments": ""}})
    call, function = calls[index], part.get("function") or {}
    call["id"] = part.get("id") or call["id"]
    call["type"] = part.get("type") or call["type"]
    call["function"]["name"] += function.get("name") or ""
    call["function"]["arguments"] += function.get("arguments") or ""


def _read_json(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
