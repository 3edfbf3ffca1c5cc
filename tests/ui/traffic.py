"""Logged traffic for page tests: three workloads, tool calls, and the odd shapes that break layouts."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.logs import open_log_store
from core.settings import Settings

FIRST = datetime(2026, 10, 28, 8, 0, tzinfo=UTC)
LABELS = ("earnings", "price targets", "mergers and acquisitions", "dividends", "credit ratings")
TEMPLATE = (
    "You classify financial headlines into one category each.\n\n### START ###\n{}\n### END ###\nAnswer as [[class]]."
)
LONG_WORD = "pneumonoultramicroscopicsilicovolcanoconiosis" * 4
SUPPORT = "support_intent_router_for_all_regional_mobile_applications"


def store_traffic(data: Path, *, headlines: int = 130) -> None:
    """Write the traffic into the log store of a data folder."""
    store = open_log_store(Settings(data=data))
    for _report in store.ingest(enumerate(lines(headlines=headlines), start=1)):
        pass
    store.close()


def lines(*, headlines: int = 130) -> Iterator[bytes]:
    """Yield the traffic as JSON lines."""
    for number in range(headlines):
        label = LABELS[(number * number) % len(LABELS)]
        question = TEMPLATE.format(f"Company {number} reports on {label} for the third quarter")
        yield record(number, "news_classifier", "research-desk", question, f"[[{label}]]")
    for number in range(60):
        function = {"name": "get_weather", "arguments": json.dumps({"city": "Oslo", "days": number})}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        yield record(number, "tool_router", "mobile-app", f"Weather in Oslo in {number} days?", None, calls=[call])
    for number in range(8):
        yield record(number, SUPPORT, "kiosk", f"{LONG_WORD} <b>help</b> {number}", json.dumps({"intent": "help"}))


def record(
    number: int, workload: str, client: str, question: str, answer: str | None, *, calls: list[Any] | None = None
) -> bytes:
    """Return one log record as a JSON line; every fifth hour has one."""
    message: dict[str, Any] = {"role": "assistant", "content": answer}
    if calls:
        message["tool_calls"] = calls
    request = {
        "model": "acme/teacher-70b-instruct",
        "messages": [{"role": "system", "content": "Answer briefly. " * 60}, {"role": "user", "content": question}],
    }
    if calls:
        request["tools"] = [{"type": "function", "function": {"name": "get_weather"}}]
    body = {
        "timestamp": int((FIRST + timedelta(hours=5 * number)).timestamp()),
        "client_id": client,
        "workload_id": workload,
        "request": request,
        "response": {
            "model": "acme/teacher-70b-instruct",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 320, "completion_tokens": 6, "total_tokens": 326},
        },
    }
    return json.dumps(body).encode()
