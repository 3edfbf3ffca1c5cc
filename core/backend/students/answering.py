"""A student's answer to a chat-completion request, with what the API reports around it.

There is no tokenizer: token counts are estimates, a quarter of the characters rounded up, of the messages' texts and
the tools' JSON for the prompt, and of the text or the tool calls' JSON for the completion.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.backend.students.adapters import Adapter
from core.backend.students.blas import single_blas_thread
from core.backend.students.errors import AdapterError
from core.backend.students.request_reading import chat_messages
from core.backend.students.sizes import get_size
from core.backend.students.untrained import answer_untrained
from core.scoring import content_text

CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, kw_only=True)
class Completion:
    """One answer. `message` is an assistant message; `finish_reason` is stop, length or tool_calls."""

    message: Mapping[str, object]
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


def answer(student: str, adapter: Adapter | None, request: Mapping[str, object]) -> Completion:
    """Return the student's answer; without `adapter` it knows only its prompt. Safe to call from several threads.

    `max_tokens` and `max_completion_tokens` cut the text. Raises `NotFoundError` for an unknown student and
    `AdapterError` for an adapter of another one.
    """
    return answer_many(student, adapter, [request])[0]


def answer_many(student: str, adapter: Adapter | None, requests: Sequence[Mapping[str, object]]) -> list[Completion]:
    """Return what `answer` gives for each request, in order; much faster than one by one."""
    get_size(student)
    if adapter is None:
        messages: Sequence[Mapping[str, object]] = answer_untrained(requests, student=student)
    elif adapter.student == student:
        with single_blas_thread():
            messages = adapter.messages_for(requests)
    else:
        raise AdapterError(f"The adapter was trained for {adapter.student}, not for {student}; ask its own student.")
    return [_complete(request, message) for request, message in zip(requests, messages, strict=True)]


def estimate_tokens(characters: int) -> int:
    """Return the number of tokens that so many characters are taken for."""
    return -(-characters // CHARACTERS_PER_TOKEN)


def _complete(request: Mapping[str, object], message: Mapping[str, object]) -> Completion:
    prompt_tokens = estimate_tokens(_prompt_characters(request))
    calls = message.get("tool_calls")
    if calls:
        tokens = estimate_tokens(len(json.dumps(calls)))
        return Completion(
            message=message, finish_reason="tool_calls", prompt_tokens=prompt_tokens, completion_tokens=tokens
        )
    text = content_text(message.get("content"))
    limit = _token_limit(request)
    is_cut = limit is not None and estimate_tokens(len(text)) > limit
    if is_cut and limit is not None:
        text = text[: limit * CHARACTERS_PER_TOKEN]
    return Completion(
        message={"role": "assistant", "content": text},
        finish_reason="length" if is_cut else "stop",
        prompt_tokens=prompt_tokens,
        completion_tokens=estimate_tokens(len(text)),
    )


def _prompt_characters(request: Mapping[str, object]) -> int:
    texts = sum(len(content_text(message.get("content"))) for message in chat_messages(request))
    tools = request.get("tools")
    return texts + (len(json.dumps(tools)) if tools else 0)


def _token_limit(request: Mapping[str, object]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        limit = request.get(name)
        if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0:
            return limit
    return None
