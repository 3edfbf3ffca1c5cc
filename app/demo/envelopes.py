"""The record around a question and its answer: ids, usage and times as an application logs them."""

import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TEACHER = "demo/teacher-70b"  # the invented model that gave all answers
_CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One question and the teacher's answer. `gold` is the right label where a person has checked it."""

    messages: Sequence[Mapping[str, object]]
    answer: Mapping[str, object]
    tools: Sequence[Mapping[str, object]] = ()
    gold: str | None = None


def wrap_record(
    exchange: Exchange, *, workload_id: str, client_id: str, timestamp_s: int, generator: random.Random
) -> dict[str, object]:
    """Return the log record of an exchange in the blueprint's shape; tokens are estimated from characters."""
    texts = [str(message["content"]) for message in exchange.messages]
    prompt_tokens = _estimate_tokens([*texts, exchange.tools])
    completion_tokens = _estimate_tokens([exchange.answer.get("content"), exchange.answer.get("tool_calls")])
    request: dict[str, object] = {"model": TEACHER, "messages": list(exchange.messages), "temperature": 0.0}
    if exchange.tools:
        request["tools"] = list(exchange.tools)
    return {
        "timestamp": timestamp_s,
        "client_id": client_id,
        "workload_id": workload_id,
        "request": request,
        "response": {
            "id": f"chatcmpl-{generator.getrandbits(96):024x}",
            "object": "chat.completion",
            "created": timestamp_s,
            "model": TEACHER,
            "choices": [
                {
                    "index": 0,
                    "message": dict(exchange.answer),
                    "finish_reason": "tool_calls" if exchange.answer.get("tool_calls") else "stop",
                }
            ],
            "usage": {
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "total_tokens": prompt_tokens + completion_tokens,
            },
        },
    }


def _estimate_tokens(parts: Sequence[object]) -> int:
    texts = (part if isinstance(part, str) else json.dumps(part) for part in parts if part)
    return max(1, math.ceil(sum(len(text) for text in texts) / _CHARACTERS_PER_TOKEN))
