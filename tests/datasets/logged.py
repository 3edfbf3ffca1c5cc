"""Makes log records for tests, as a store would hand them out."""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from core.logs import LogRecord

TRAFFIC = Path(__file__).parents[3] / "shared" / "traffic"
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("play", "stop")
]


def record_of(body: Mapping[str, object], *, record_id: str | None = None) -> LogRecord:
    """Return the record a store makes of a logged JSON object, with what the builder reads."""
    content_hash = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    timestamp = body["timestamp"]
    assert isinstance(timestamp, int)
    return LogRecord(
        id=record_id or content_hash[:12],
        timestamp_ms=timestamp * 1000,
        client_id=str(body["client_id"]),
        workload_id=str(body["workload_id"]),
        body=body,
        content_hash=content_hash,
        model=None,
        finish_reason=None,
        label=None,
        prompt_tokens=None,
        completion_tokens=None,
        has_tool_calls=False,
    )


def body_of(
    request: object, message: object, *, timestamp: int = 1_735_689_600, workload: str = "router", client: str = "app"
) -> dict[str, object]:
    """Return a logged call with one choice."""
    return {
        "timestamp": timestamp,
        "client_id": client,
        "workload_id": workload,
        "request": request,
        "response": {"id": f"r{timestamp}", "choices": [{"index": 0, "message": message}]},
    }


def asked(text: str, *, system: str = "Classify.", **settings: object) -> dict[str, object]:
    """Return a request with a system and a user message."""
    messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
    return {"model": "teacher", "messages": messages, **settings}


def says(content: object) -> dict[str, object]:
    """Return an assistant message."""
    return {"role": "assistant", "content": content}


def calls(name: str, arguments: object = "{}") -> dict[str, object]:
    """Return an assistant message with one tool call, as OpenAI sends it."""
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def labelled(labels: Sequence[str], *, workload: str = "router") -> list[LogRecord]:
    """Return one record for each label, a second apart, each with its own prompt and the answer `[[label]]`."""
    return [
        record_of(
            body_of(asked(f"text {number}"), says(f"[[{label}]]"), timestamp=1_735_689_600 + number, workload=workload)
        )
        for number, label in enumerate(labels)
    ]


def called(names: Sequence[str]) -> list[LogRecord]:
    """Return one tool-calling record for each tool name."""
    return [
        record_of(
            body_of(
                asked(f"text {number}", system="Call one tool.", tools=TOOLS),
                calls(name, json.dumps({"number": number})),
                timestamp=1_735_689_600 + number,
            )
        )
        for number, name in enumerate(names)
    ]


def lines_of(content: bytes) -> list[dict[str, object]]:
    """Return the rows of a JSON-lines file."""
    return [json.loads(line) for line in content.decode("utf-8").splitlines()]


def real_records(name: str) -> Iterator[LogRecord]:
    """Yield the records of a real traffic file; skips the test where the files are absent."""
    path = TRAFFIC / f"{name}.train.jsonl.gz"
    if not path.exists():
        pytest.skip(f"the real traffic {path.name} is not beside this repository")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield record_of(json.loads(line))
