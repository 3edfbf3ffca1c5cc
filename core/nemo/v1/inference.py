"""Single requests to a model behind the NIM proxy, each timed: what a probe measures (OpenAI's chat completions)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.nemo.messages import json_body
from core.nemo.operations import Decoding, TimedAnswer
from core.nemo.transport import Transport
from core.nemo.v1.fields import read_count, read_mapping

COMPLETIONS = "/v1/chat/completions"


@dataclass(frozen=True, kw_only=True)
class Inference:
    """The chat completions of one NIM proxy; `clock` counts seconds."""

    nim: Transport
    clock: Callable[[], float] = time.perf_counter

    def ask(self, model: str, request: Mapping[str, object], *, decoding: Decoding) -> TimedAnswer:
        """Send the request once and return how long the whole answer took."""
        started = self.clock()
        reply = self.nim.create(COMPLETIONS, json_body(completion_body(model, request, decoding=decoding)))
        latency_ms = (self.clock() - started) * 1000
        usage = read_mapping(reply.document().get("usage"))
        return TimedAnswer(
            latency_ms=latency_ms,
            prompt_tokens=read_count(usage.get("prompt_tokens")),
            completion_tokens=read_count(usage.get("completion_tokens")),
        )


def completion_body(model: str, request: Mapping[str, object], *, decoding: Decoding) -> Mapping[str, object]:
    """Return a logged request addressed to `model`, with the decoding of the evaluations and not streamed."""
    kept = {name: value for name, value in request.items() if name in {"messages", "tools", "tool_choice"}}
    return {**kept, "model": model, "temperature": decoding.temperature, "max_tokens": decoding.max_tokens}
