"""The one function that makes a student answer, and the shape of its answer.

The NIM proxy and the evaluations go through `answer_all`, so that both say the same. Imported by job processes: no web
framework here.
"""

import threading
import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from core.backend.state import Document
from core.backend.students import Adapter, Completion, answer_many, load_adapter

ADAPTERS_IN_MEMORY = 4

_loading = threading.Lock()


def answer_all(student: str, adapter: Path | None, requests: Sequence[Mapping[str, object]]) -> list[Completion]:
    """Return one completion a request, in order."""
    return answer_many(student, _load(adapter) if adapter else None, requests)


def write_completion(model: str, completion: Completion, *, created: int) -> Document:
    """Return a completion in the shape of OpenAI's chat completions; `created` in epoch seconds."""
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": dict(completion.message),
                "finish_reason": completion.finish_reason,
                "logprobs": None,
            }
        ],
        "usage": {
            "prompt_tokens": completion.prompt_tokens,
            "completion_tokens": completion.completion_tokens,
            "total_tokens": completion.prompt_tokens + completion.completion_tokens,
        },
    }


def _load(adapter: Path) -> Adapter:
    with _loading:  # two first requests at once must not read the same file twice
        return _load_once(adapter)


@lru_cache(maxsize=ADAPTERS_IN_MEMORY)
def _load_once(adapter: Path) -> Adapter:
    return load_adapter(adapter)
