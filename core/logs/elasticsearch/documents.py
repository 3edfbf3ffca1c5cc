"""From a record to the document that Elasticsearch keeps, and back."""

from collections.abc import Mapping
from typing import Any, cast

import orjson

from core.logs.elasticsearch.schema import VERSION
from core.logs.json_text import dump_json, load_json
from core.logs.records import RecordDraft
from core.logs.store import LogRecord


def write_document(draft: RecordDraft, *, import_id: str, part: int, stored_ms: int) -> bytes:
    """Return a record as JSON for the server. `part` numbers the batches of an import."""
    folded = {
        "client": draft.client_id.casefold(),
        "workload": draft.workload_id.casefold(),
        "model": draft.model and draft.model.casefold(),
        "finish": draft.finish_reason and draft.finish_reason.casefold(),
    }
    return orjson.dumps(
        {
            "timestamp": draft.timestamp_ms,
            "client_id": draft.client_id,
            "workload_id": draft.workload_id,
            "record": _text(draft.line),
            "fw": {
                "version": VERSION,
                "timestamp_ms": draft.timestamp_ms,
                "content_hash": draft.content_hash,
                "rank": rank(draft.content_hash),
                "request_hash": int.from_bytes(bytes.fromhex(draft.request_key)[:8], "big", signed=True),
                "model": draft.model,
                "finish_reason": draft.finish_reason,
                "label": draft.label,
                "has_tool_calls": draft.has_tool_calls,
                "prompt_tokens": draft.prompt_tokens,
                "completion_tokens": draft.completion_tokens,
                "folded": folded,
                "words": [draft.prompt_words, draft.answer_words],
                "import": import_id,
                "part": part,
                "stored_ms": stored_ms,
            },
        }
    )


def rank(content_hash: str) -> int:
    """Return the first 64 bits of a hash as a number of the same order, small enough for the server's integers."""
    return int(content_hash[:16], 16) - 2**63


def read_hit(hit: Mapping[str, Any]) -> LogRecord:
    """Return the record of a search hit."""
    source = hit["_source"]
    derived = source["fw"]
    return LogRecord(
        id=hit["_id"],
        timestamp_ms=derived["timestamp_ms"],
        client_id=source["client_id"],
        workload_id=source["workload_id"],
        body=cast("Mapping[str, object]", load_json(source["record"].encode())),
        content_hash=derived["content_hash"],
        model=derived["model"],
        finish_reason=derived["finish_reason"],
        label=derived["label"],
        prompt_tokens=derived["prompt_tokens"],
        completion_tokens=derived["completion_tokens"],
        has_tool_calls=derived["has_tool_calls"],
    )


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:  # halves of surrogate pairs, which JSON of other programs can hold
        return dump_json(load_json(line)).decode()
