"""Keeps training data free of the evaluation set's prompts.

A prompt is the conversation alone: roles, texts, other parts and tool calls; model, settings and tools are not part of
it. Two prompts are the same when they are equal after folding (`core.scoring.fold_answer`: Unicode form, white space,
case), so a record that only differs in temperature or in a trailing space cannot leak.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import orjson

from core.datasets.frames import is_text_part
from core.scoring import content_text, fold_answer

DIGEST_BYTES = 16  # two of a million different prompts meet once in 10^26 workloads


@dataclass(frozen=True, kw_only=True)
class LeakageCheck:
    """Positions that may be used for training, ascending, and how many were removed."""

    kept: tuple[int, ...]
    removed: int


def remove_leaks(training_prompts: Sequence[bytes], evaluation_prompts: Sequence[bytes]) -> LeakageCheck:
    """Return the positions of training prompts that are no prompt of the evaluation set; see `prompt_key`."""
    forbidden = frozenset(evaluation_prompts)
    kept = tuple(position for position, prompt in enumerate(training_prompts) if prompt not in forbidden)
    return LeakageCheck(kept=kept, removed=len(training_prompts) - len(kept))


def prompt_key(request: Mapping[str, object]) -> bytes:
    """Return a digest that is equal for requests with the same normalised prompt."""
    messages = request.get("messages")
    normalised = [_normalise(message) for message in messages] if isinstance(messages, list) else []
    try:
        text = orjson.dumps(normalised, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # halves of surrogate pairs, integers beyond 64 bits
        text = json.dumps(normalised, sort_keys=True).encode("ascii")
    return hashlib.blake2b(text, digest_size=DIGEST_BYTES).digest()


def _normalise(message: Mapping[str, object]) -> list[object]:
    content = message.get("content")
    other_parts = [part for part in content if not is_text_part(part)] if isinstance(content, list) else []
    return [message.get("role"), _fold(content_text(content)), other_parts, message.get("tool_calls") or []]


@lru_cache(maxsize=64)  # system prompts are the same in most records and long
def _fold(text: str) -> str:
    return fold_answer(text)
