"""Assistant messages that call one tool."""

import hashlib
import json
from collections.abc import Mapping


def call_message(name: str, arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the message of one call; equal calls have equal ids."""
    text = json.dumps(arguments, ensure_ascii=False)
    call_id = f"call_{hashlib.sha256(f'{name} {text}'.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
    function = {"name": name, "arguments": text}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }
