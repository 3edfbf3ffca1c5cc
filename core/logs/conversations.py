"""Fine-tuning files as traffic: `{"messages": [...]}` lines become records whose answer is the last assistant message.

Such a line knows neither when nor where it was asked. Workload and client are the importer's; the time is the file's,
a millisecond later for each line, so that the order stays and the same file twice is the same records.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from core.logs.json_text import dump_json, load_json
from core.logs.timestamps import datetime_ms

DEFAULT_CLIENT = "import"
"""Who "sent" a line that names no client."""


def adopt_conversations(lines: Iterable[tuple[int, bytes]], *, at: datetime) -> Iterator[tuple[int, bytes]]:
    """Yield the lines, conversations of fine-tuning files as records; others, and what is no JSON, as they are."""
    start_ms = datetime_ms(at)
    for number, line in lines:
        body = _read_conversation(line)
        yield number, line if body is None else dump_json(make_record(body, timestamp_ms=start_ms + number))


def make_record(body: Mapping[str, Any], *, timestamp_ms: int) -> dict[str, Any]:
    """Return a record made of a conversation; what the conversation itself says (time, tags, model) stays.

    Without an assistant's message at its end the record has no answer, and the store rejects it with that reason.
    """
    messages = list(body["messages"])
    answer = messages.pop() if messages and _role(messages[-1]) == "assistant" else None
    request = {name: body[name] for name in ("model", "tools", "functions", "parallel_tool_calls") if name in body}
    choices = [] if answer is None else [{"index": 0, "message": answer, "finish_reason": _finish(answer)}]
    kept = {name: value for name, value in body.items() if name not in {"messages", *request}}
    return {
        "timestamp": timestamp_ms,
        "client_id": DEFAULT_CLIENT,
        **kept,
        "request": {**request, "messages": messages},
        "response": {"choices": choices, **({"model": body["model"]} if "model" in body else {})},
    }


def _read_conversation(line: bytes) -> dict[str, Any] | None:
    if b'"messages"' not in line or b'"request"' in line[:4096]:
        return None  # most lines are records: they are not parsed twice
    try:
        body = load_json(line)
    except (ValueError, RecursionError):
        return None
    if isinstance(body, dict) and isinstance(body.get("messages"), list) and "request" not in body:
        return body
    return None


def _role(message: object) -> object:
    return message.get("role") if isinstance(message, Mapping) else None


def _finish(answer: Mapping[str, Any]) -> str:
    return "tool_calls" if answer.get("tool_calls") else "stop"
