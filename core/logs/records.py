"""From a line to a record: the checks of the blueprint's record shape and everything derived from it.

`parse_record` is the only way in, for every store and entrance. It asks for what the product cannot do without (a time,
two names, messages, an answer) and leaves the rest of the JSON alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.logs.canonical import RecordHashes, TooDeep, record_hashes
from core.logs.errors import RecordRejected
from core.logs.json_text import load_json
from core.logs.text import INDEXED_CHARACTERS, message_text, prompt_text, words
from core.logs.timestamps import timestamp_ms
from core.scoring import label_of

NAME_LIMIT = 256
LINE_LIMIT_BYTES = 16 * 2**20
TOKEN_LIMIT = 10**9
"""More tokens than this in one record are a mistake and count as unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordDraft:
    """A record that no store has taken yet; the fields are those of `LogRecord`, and what a store needs beside them.

    `line` is the JSON text as sent. `request_key` recognises equal requests. `prompt_words` and `answer_words` are the
    searchable words joined by blanks.
    """

    line: bytes
    timestamp_ms: int
    client_id: str
    workload_id: str
    content_hash: str
    request_key: str
    model: str | None
    finish_reason: str | None
    label: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    has_tool_calls: bool
    prompt_words: str
    answer_words: str


def parse_record(line: bytes) -> RecordDraft:
    """Return the record that a JSON line holds. Raises `RecordRejected`, whose message starts with the field path."""
    line = line.strip()
    body = _read_object(line)
    moment_ms = _read_timestamp(body)
    client_id, workload_id = _read_name(body, "client_id"), _read_name(body, "workload_id")
    request, messages = _read_request(body)
    hashes = _hash(body, request)
    response, choice, answer = _read_response(body)
    prompt_tokens, completion_tokens = _read_usage(response)
    return RecordDraft(
        line=line,
        timestamp_ms=moment_ms,
        client_id=client_id,
        workload_id=workload_id,
        content_hash=hashes.content_hash,
        request_key=hashes.request_key,
        model=_short_text(response.get("model")) or _short_text(request.get("model")),
        finish_reason=_short_text(choice.get("finish_reason")),
        label=_short_text(label_of(response)),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        has_tool_calls=bool(answer.get("tool_calls")),
        prompt_words=" ".join(words(prompt_text(messages)[:INDEXED_CHARACTERS])),
        answer_words=" ".join(words(message_text(answer)[:INDEXED_CHARACTERS])),
    )


def _read_object(line: bytes) -> dict[str, object]:
    if len(line) > LINE_LIMIT_BYTES:
        raise RecordRejected("record", f"is longer than {LINE_LIMIT_BYTES // 2**20} MiB")
    try:
        body = load_json(line)
    except RecursionError:
        raise RecordRejected("record", str(TooDeep())) from None
    except ValueError as error:
        raise RecordRejected("record", f"is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise RecordRejected("record", "must be a JSON object")
    return body


def _hash(body: Mapping[str, object], request: Mapping[str, object]) -> RecordHashes:
    """Return the hashes; this is also where too deep a record is noticed, before its texts are read."""
    try:
        return record_hashes(body, request)
    except TooDeep as error:
        raise RecordRejected("record", str(error)) from None


def _read_timestamp(body: Mapping[str, object]) -> int:
    if "timestamp" not in body:
        raise RecordRejected("timestamp", "is missing")
    try:
        return timestamp_ms(body["timestamp"])
    except ValueError as error:
        raise RecordRejected("timestamp", str(error)) from None


def _read_name(body: Mapping[str, object], field: str) -> str:
    name = body.get(field)
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_LIMIT:
        raise RecordRejected(
            field, f"must be a text of 1 to {NAME_LIMIT} characters" if field in body else "is missing"
        )
    if not name.isprintable():
        raise RecordRejected(field, "must not contain line breaks or other control characters")
    return name


def _read_request(body: Mapping[str, object]) -> tuple[Mapping[str, object], Sequence[Mapping[str, object]]]:
    request = _read_table(body, "request")
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RecordRejected("request.messages", "must be a list of at least one message")
    for index, message in enumerate(messages):
        _check_message(message, f"request.messages[{index}]")
    return request, messages


def _read_response(
    body: Mapping[str, object],
) -> tuple[Mapping[str, object], Mapping[str, object], Mapping[str, object]]:
    """Return the response, its first choice, and that choice's message."""
    response = _read_table(body, "response")
    choices = response.get("choices")
    if not isinstance(choices, list) or not choices:
        raise RecordRejected("response.choices", "must be a list of at least one choice")
    choice = choices[0]
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise RecordRejected("response.choices[0].message", "must be an object")
    _check_content(message, "response.choices[0].message")
    return response, choice, message


def _read_table(body: Mapping[str, object], field: str) -> Mapping[str, object]:
    value = body.get(field)
    if not isinstance(value, dict):
        raise RecordRejected(field, "must be an object" if field in body else "is missing")
    return value


def _check_message(message: object, path: str) -> None:
    if not isinstance(message, dict):
        raise RecordRejected(path, "must be an object with a role")
    if not isinstance(message.get("role"), str):
        raise RecordRejected(f"{path}.role", "must be a text")
    _check_content(message, path)


def _check_content(message: Mapping[str, object], path: str) -> None:
    content = message.get("content")
    is_parts = isinstance(content, list) and all(isinstance(part, dict) for part in content)
    if not (content is None or isinstance(content, str) or is_parts):
        raise RecordRejected(f"{path}.content", "must be text, null or a list of parts")


def _read_usage(response: Mapping[str, object]) -> tuple[int | None, int | None]:
    usage = response.get("usage")
    if not isinstance(usage, dict):
        return None, None
    return _token_count(usage.get("prompt_tokens")), _token_count(usage.get("completion_tokens"))


def _token_count(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= TOKEN_LIMIT
    return value if is_count else None  # type: ignore[return-value]  # checked above


def _short_text(value: object) -> str | None:
    """Return a text that every store can keep: cut to the limit, without halves of surrogate pairs."""
    if not isinstance(value, str) or not value:
        return None
    return value[:NAME_LIMIT].encode("utf-8", "replace").decode()
