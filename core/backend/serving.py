"""Who answers: which models the NIM proxy knows now, and the one function that makes them answer.

A student answers while it has a ready deployment; an adapter answers while its student does. The NIM proxy and the
evaluations go through `answer_all`, so that both say the same.
"""

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.backend.context import Context
from core.backend.deployments import find_ready_students
from core.backend.errors import MissingError
from core.backend.state import Document
from core.backend.students import STUDENTS
from core.errors import near_miss

if TYPE_CHECKING:
    from core.backend.students import Adapter, Completion

ADAPTERS_IN_MEMORY = 4

_loading = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A model that answers now. `adapter` is where its adapter lies, None for a bare student."""

    id: str
    student: str
    adapter: Path | None


def list_served(context: Context) -> list[ServedModel]:
    """Return every model that answers now: deployed students first, then their adapters, oldest first."""
    ready = find_ready_students(context)
    students = [ServedModel(id=name, student=name, adapter=None) for name in STUDENTS if name in ready]
    adapters = [
        ServedModel(id=stored.model, student=stored.student, adapter=stored.location)
        for stored in context.adapters.all()
        if stored.student in ready
    ]
    return students + adapters


def find_served(context: Context, model: str) -> ServedModel:
    """Return the model of this id. Raises `MissingError` that says whether it is unknown or not deployed."""
    served = list_served(context)
    for known in served:
        if known.id == model:
            return known
    namespace, _, name = model.partition("/")
    adapter = context.adapters.find(namespace, name)
    student = adapter.student if adapter else model
    if student in STUDENTS:
        raise MissingError(
            f"the model {model!r} does not answer: its student {student!r} has no ready deployment; create one with"
            " POST /v1/deployment/model-deployments and wait until it is ready"
        )
    raise MissingError(f"the model {model!r} does not exist{near_miss(model, [known.id for known in served])}")


def answer_all(student: str, adapter: Path | None, requests: Sequence[Mapping[str, object]]) -> "list[Completion]":
    """Return one completion a request, in order."""
    from core.backend.students import answer_many

    return answer_many(student, _load(adapter) if adapter else None, requests)


def write_completion(model: str, completion: "Completion", *, created: int) -> Document:
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


def _load(adapter: Path) -> "Adapter":
    with _loading:  # two first requests at once must not read the same file twice
        return _load_once(adapter)


@lru_cache(maxsize=ADAPTERS_IN_MEMORY)
def _load_once(adapter: Path) -> "Adapter":
    from core.backend.students import load_adapter

    return load_adapter(adapter)
