"""Logged records for tests: one plain builder, everything overridable."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from core.logs import IngestReport, LogStore

START_S = 1_750_000_000
"""15 June 2025, 15:06:40 UTC."""


def record(timestamp: object = START_S, **changes: Any) -> dict[str, Any]:
    """Return a record of the blueprint's shape; `changes` set the parts by name, `extra` adds top-level fields."""
    parts = {
        "client": "acme",
        "workload": "classify",
        "system": "be brief",
        "user": "hello world",
        "answer": "[[Earnings]]",
        "model": "teacher",
        "finish": "stop",
        "tools": None,
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
        "extra": {},
        **changes,
    }
    message = {"role": "assistant", "content": parts["answer"]}
    if parts["tools"]:
        message["tool_calls"] = parts["tools"]
    return {
        "timestamp": timestamp,
        "client_id": parts["client"],
        "workload_id": parts["workload"],
        "request": {
            "model": parts["model"],
            "messages": [{"role": "system", "content": parts["system"]}, {"role": "user", "content": parts["user"]}],
        },
        "response": {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": parts["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": parts["finish"]}],
            "usage": parts["usage"],
        },
        **parts["extra"],
    }


def tool_call(name: str, **arguments: object) -> dict[str, Any]:
    """Return a tool call as OpenAI's API writes it, arguments as text."""
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


def lines(*records: Mapping[str, Any]) -> list[tuple[int, bytes]]:
    """Return records as numbered lines."""
    return list(enumerate((json.dumps(one).encode() + b"\n" for one in records), start=1))


def ingest(store: LogStore, numbered: Iterable[tuple[int, bytes]]) -> IngestReport:
    """Ingest everything and return the final report."""
    report = IngestReport(stored=0, duplicate=0, rejected=())
    for report in store.ingest(numbered):  # noqa: B007  # the last one is returned
        pass
    return report


def put(store: LogStore, *records: Mapping[str, Any]) -> IngestReport:
    """Ingest records and return the final report."""
    return ingest(store, lines(*records))
