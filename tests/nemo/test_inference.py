"""Single requests through the NIM proxy: what is sent, and what is read from the answer."""

from typing import Any

import pytest

from core.nemo import Decoding, RequestRefused, ServiceUnavailable
from tests.nemo.scripted import ScriptedService, open_adapter, reply

COMPLETIONS = "POST /v1/chat/completions"
REQUEST = {
    "model": "big/teacher",
    "messages": [{"role": "user", "content": "hello"}],
    "tools": [{"type": "function", "function": {"name": "greet"}}],
    "stream": True,
    "temperature": 0.9,
}


def test_the_request_is_addressed_to_the_student_with_the_decoding_of_the_evaluations() -> None:
    service = ScriptedService({COMPLETIONS: reply({"usage": {"prompt_tokens": 12, "completion_tokens": 3}})})

    answer = open_adapter(service).ask("local/linear-small", REQUEST, decoding=Decoding(max_tokens=64))

    assert service.bodies(COMPLETIONS) == [
        {
            "model": "local/linear-small",
            "messages": REQUEST["messages"],
            "tools": REQUEST["tools"],
            "temperature": 0.0,
            "max_tokens": 64,
        }
    ]
    assert (answer.prompt_tokens, answer.completion_tokens) == (12, 3)
    assert answer.latency_ms > 0


def test_missing_usage_is_unknown() -> None:
    answer = open_adapter(ScriptedService({COMPLETIONS: reply({"choices": []})})).ask(
        "local/linear-small", REQUEST, decoding=Decoding()
    )
    assert (answer.prompt_tokens, answer.completion_tokens) == (None, None)


@pytest.mark.parametrize(("status", "error"), [(404, RequestRefused), (503, ServiceUnavailable)])
def test_a_refused_request_is_sent_once(status: int, error: Any) -> None:
    service = ScriptedService({COMPLETIONS: reply({"detail": "no such model"}, status)})
    with pytest.raises(error):
        open_adapter(service).ask("nobody", REQUEST, decoding=Decoding())
    assert service.calls == [COMPLETIONS]
