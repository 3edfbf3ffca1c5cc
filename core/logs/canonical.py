"""Canonical JSON (RFC 8785) and the two hashes built on it: of a request and of a whole record.

RFC 8785 knows neither NaN nor integers beyond 2^53, logs hold both: such numbers are written as strings first, and
halves of surrogate pairs as their escape. Most records need none of this; for them orjson with sorted keys gives the
same bytes some thirty times faster (`tests/logs/test_canonical.py` holds the two together).
"""

import hashlib
import math
from collections.abc import Mapping
from typing import NamedTuple

import orjson
import rfc8785

from core.logs.json_text import load_json

EXACT_INTEGER = 2**53 - 1
PLAIN_FLOATS = (1e-5, 1e15)
"""Magnitudes whose shortest decimal form has no exponent, in Python and in RFC 8785 alike."""
DEPTH_LIMIT = 100


class RecordHashes(NamedTuple):
    """The identity of a record, and the key under which its request is recognised."""

    content_hash: str
    request_key: str


class TooDeep(ValueError):
    """A value nested deeper than `DEPTH_LIMIT` levels, which recursive readers further on could not take."""

    def __init__(self) -> None:
        super().__init__(f"is nested deeper than {DEPTH_LIMIT} levels")


def canonical_json(value: object) -> bytes:
    """Return the canonical JSON bytes of any JSON value; equal values have equal bytes, also 1 and 1.0.

    Raises `TooDeep`.
    """
    if _is_plain(value, DEPTH_LIMIT):
        try:
            return _write_sorted(value)
        except TypeError:
            pass  # half a surrogate pair
    representable = _representable(value, DEPTH_LIMIT)
    if _is_plain(representable, DEPTH_LIMIT):
        return _write_sorted(representable)
    return rfc8785.dumps(representable)  # type: ignore[arg-type]  # JSON values only


def canonical_hash(value: object) -> str:
    """Return the SHA-256 of the canonical JSON, as hexadecimal digits."""
    return _sha256(canonical_json(value))


def canonical_request_key(request: Mapping[str, object]) -> str:
    """Return the key under which a request is recognised again: duplicates, samples of an evaluation.

    Arguments of tool calls count as the object they hold, whether sent as text or as an object, because services
    return either. Never changes the request. Raises `TooDeep`.
    """
    return canonical_hash(_with_whole_numbers(_with_argument_objects(request)))


def record_hashes(body: Mapping[str, object], request: Mapping[str, object]) -> RecordHashes:
    """Return what `canonical_hash` says of a record and `canonical_request_key` of its request, faster than both.

    Raises `TooDeep`.
    """
    request = _with_whole_numbers(request)
    body = {**body, "request": request}
    comparable = _with_argument_objects(request)
    if comparable is request and _is_plain(body, DEPTH_LIMIT):  # then the request is plain too
        try:
            return RecordHashes(_sha256(_write_sorted(body)), _sha256(_write_sorted(request)))
        except TypeError:
            pass  # half a surrogate pair
    return RecordHashes(canonical_hash(body), canonical_hash(comparable))


def _with_whole_numbers(request: Mapping[str, object]) -> Mapping[str, object]:
    """Return the request with settings such as `"temperature": 1.0` as integers: canonically the same, and plain."""
    whole = {
        name: int(value)
        for name, value in request.items()
        if type(value) is float and value.is_integer() and abs(value) <= EXACT_INTEGER
    }
    return {**request, **whole} if whole else request


def _with_argument_objects(request: Mapping[str, object]) -> Mapping[str, object]:
    messages = request.get("messages")
    if not isinstance(messages, list):
        return request
    if not any(isinstance(message, dict) and "tool_calls" in message for message in messages):
        return request
    return {**request, "messages": [_with_parsed_calls(message) for message in messages]}


def _with_parsed_calls(message: object) -> object:
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(calls, list):
        return message
    return {**message, "tool_calls": [_with_argument_object(call) for call in calls]}


def _with_argument_object(call: object) -> object:
    function = call.get("function") if isinstance(call, dict) else None
    arguments = function.get("arguments") if isinstance(function, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict) or not isinstance(arguments, str):
        return call
    try:
        value = load_json(arguments.encode("utf-8", "surrogatepass"))
        _is_plain(value, DEPTH_LIMIT // 2)
    except (ValueError, RecursionError):  # no JSON, or too deep to stand inside a request
        return call
    return {**call, "function": {**function, "arguments": value}} if isinstance(value, dict) else call


def _write_sorted(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _is_plain(value: object, levels: int) -> bool:
    """Tell whether orjson with sorted keys writes the value exactly as RFC 8785 does."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is dict:
        return _is_plain_table(value, levels)  # type: ignore[arg-type]  # checked by its type
    if kind is list:
        if not levels:
            raise TooDeep
        return all(type(item) is str or _is_plain(item, levels - 1) for item in value)  # type: ignore[attr-defined]
    if kind is int:
        return -EXACT_INTEGER <= value <= EXACT_INTEGER  # type: ignore[operator]
    low, high = PLAIN_FLOATS
    return low < abs(value) < high and not value.is_integer()  # type: ignore[arg-type, attr-defined]


def _is_plain_table(table: dict[str, object], levels: int) -> bool:
    if not levels:
        raise TooDeep
    for key, item in table.items():
        if not key.isascii():  # such keys sort differently by UTF-8 than by UTF-16
            return False
        if type(item) is not str and not _is_plain(item, levels - 1):
            return False
    return True


def _representable(value: object, levels: int) -> object:
    """Return a copy that RFC 8785 can write: whole floats as integers, other numbers it lacks as strings."""
    if isinstance(value, dict | list) and not levels:
        raise TooDeep
    if isinstance(value, dict):
        return {_text(key): _representable(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_representable(item, levels - 1) for item in value]
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
        return int(value) if value.is_integer() and abs(value) <= EXACT_INTEGER else value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > EXACT_INTEGER:
        return str(value)
    return value


def _text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
