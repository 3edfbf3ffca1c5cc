"""Generated traffic for measurements: twelve workloads over 90 days, about 1.3 kB a record, the same for the same seed.

The words follow Zipf's law over 40,000 made-up ones. Three planted words appear in 72 %, 6 % and 0.1 % of the records.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

START_MS = 1_735_689_600_000
DAYS = 90
SHARES = (0.34, 0.22, 0.14, 0.09, 0.06, 0.05, 0.04, 0.03, 0.015, 0.009, 0.005, 0.001)
PLANTED = (("commonplace", 0.72), ("occasional", 0.06), ("exceptional", 0.001))
REPEATED_SHARE = 0.08
VOCABULARY = 40_000
LABELS = tuple(f"label {n}" for n in range(20))
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": f"tool_{n}",
            "description": f"Handle a request of kind {n} and return what was found",
            "parameters": {"type": "object", "properties": {"kind": {"type": "string"}, "text": {"type": "string"}}},
        },
    }
    for n in range(4)
]
CHUNK = 10_000


def write_traffic(path: Path, records: int, *, seed: int = 7) -> None:
    """Write a JSONL file of that many records, in order of time."""
    with path.open("wb") as file:
        file.writelines(orjson.dumps(record) + b"\n" for record in generate_records(records, seed=seed))


def generate_records(records: int, *, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Yield records in order of time."""
    generator = random.Random(seed)
    numbers = np.random.default_rng(seed)
    words = [_make_word(generator) for _ in range(VOCABULARY)]
    weights = np.cumsum(1 / np.arange(1, VOCABULARY + 1))
    systems = [" ".join(generator.choices(words, k=60)) for _ in SHARES]
    step_ms = DAYS * 86_400_000 / records
    earlier: list[str] = []
    for start in range(0, records, CHUNK):
        sizes = numbers.integers(35, 75, CHUNK)
        picks = np.searchsorted(weights, numbers.random(int(sizes.sum())) * weights[-1])
        ends = np.cumsum(sizes)
        for n in range(min(CHUNK, records - start)):
            user = _user_text(generator, words, picks[ends[n] - sizes[n] : ends[n]].tolist(), earlier)
            moment_ms = START_MS + int((start + n) * step_ms) + generator.randrange(max(1, int(step_ms)))
            workload = generator.choices(range(len(SHARES)), SHARES)[0]
            yield _record(generator, moment_ms, workload, systems[workload], user)


def _user_text(generator: random.Random, words: list[str], picks: Sequence[int], earlier: list[str]) -> str:
    if earlier and generator.random() < REPEATED_SHARE:
        return generator.choice(earlier)
    chosen = [words[pick] for pick in picks]
    chosen += [word for word, share in PLANTED if generator.random() < share]
    text = " ".join(chosen).capitalize() + "."
    if len(earlier) < 5000:
        earlier.append(text)
    return text


def _record(generator: random.Random, moment_ms: int, workload: int, system: str, user: str) -> dict[str, Any]:
    label = generator.choice(LABELS)
    has_tools = workload % 4 == 2
    message = _tool_answer(label, user) if has_tools else _text_answer(generator, workload, label, user)
    model = f"teacher-{workload % 3}"
    usage = {"prompt_tokens": len(user) // 4 + 110, "completion_tokens": 20, "total_tokens": len(user) // 4 + 130}
    request = {"model": model, "messages": _messages(workload, system, user), "temperature": 0.2, "max_tokens": 512}
    return {
        "timestamp": moment_ms / 1000,
        "client_id": f"client-{workload % 5}",
        "workload_id": f"workload-{workload}",
        "request": {**request, "tools": TOOLS} if has_tools else request,
        "response": {
            "id": f"chatcmpl-{generator.getrandbits(96):024x}",
            "object": "chat.completion",
            "created": moment_ms // 1000,
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if has_tools else "stop"}],
            "usage": usage,
        },
    }


def _messages(workload: int, system: str, user: str) -> list[dict[str, Any]]:
    turns = [{"role": "system", "content": system}]
    if workload % 4 == 1:
        turns += [{"role": "user", "content": "Good morning."}, {"role": "assistant", "content": "How can I help?"}]
    return [*turns, {"role": "user", "content": user}]


def _text_answer(generator: random.Random, workload: int, label: str, user: str) -> dict[str, Any]:
    text = user[: generator.randrange(60, 200)] if workload % 4 == 3 else f"[[{label}]]"
    return {"role": "assistant", "content": text}


def _tool_answer(label: str, user: str) -> dict[str, Any]:
    arguments = orjson.dumps({"kind": label, "text": user[:40]}).decode()
    function = {"name": f"tool_{label[-1]}", "arguments": arguments}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_0", "type": "function", "function": function}],
    }


def _make_word(generator: random.Random) -> str:
    return "".join(
        generator.choice("bcdfghklmnprstvz") + generator.choice("aeiou") for _ in range(generator.randrange(1, 5))
    )
