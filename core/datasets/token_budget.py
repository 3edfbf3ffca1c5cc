"""How much of a student's context is left for examples, without the student's tokenizer.

English has about four bytes a token, JSON and code about three, Chinese about three: a third of the bytes is on the
safe side everywhere. Whoever has the tokenizer may count with it instead.
"""

import json
from collections.abc import Callable, Mapping

from core.scoring import content_text

BYTES_PER_TOKEN = 3
TOKENS_PER_MESSAGE = 4  # role and separators, in the chat templates in use

CountTokens = Callable[[str], int]


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text has, rather too many than too few."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN)


def request_tokens(request: Mapping[str, object], count_tokens: CountTokens = estimate_tokens) -> int:
    """Return about how many tokens a request's messages and tools have. The logged answer is not part of it."""
    total = 0
    messages = request.get("messages")
    for message in messages if isinstance(messages, list) else []:
        calls = message.get("tool_calls")
        total += TOKENS_PER_MESSAGE + count_tokens(content_text(message.get("content")))
        total += count_tokens(json.dumps(calls)) if calls else 0
    tools = request.get("tools")
    return total + (count_tokens(json.dumps(tools)) if tools else 0)
