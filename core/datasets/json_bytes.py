"""JSON as bytes, in two forms: held in memory, exact, and as lines of files that every parser reads alike.

orjson is some ten times faster than the standard library but writes NaN as null, refuses halves of surrogate pairs and
integers beyond 64 bits, and reads the latter as floats. Records that hold such values take the slow way.
"""

import json
import math
from collections.abc import Mapping
from typing import cast

import orjson

LARGEST_INTEGER = 2**64 - 1
SMALLEST_INTEGER = -(2**63)
_SLOW_MARK = b" "  # before JSON that only the standard library reads exactly


def pack_json(value: Mapping[str, object]) -> bytes:
    """Return the JSON of a logged object for `unpack_json`, which gives every value back exactly."""
    fast = _write_fast(value)
    if fast is None:
        return _SLOW_MARK + json.dumps(value, separators=(",", ":")).encode("ascii")
    return bytes(memoryview(fast))  # a copy of the right size: what orjson returns keeps some 8 kB allocated


def unpack_json(packed: bytes) -> dict[str, object]:
    """Return what was packed, as new objects."""
    read = json.loads if packed.startswith(_SLOW_MARK) else orjson.loads
    return cast("dict[str, object]", read(packed))


def to_line(row: Mapping[str, object]) -> bytes:
    """Return a row as one line of strict JSON in UTF-8, its keys in their own order.

    What some parsers refuse or round becomes text, in the words of `core.logs.canonical_request_key`, so that a request
    keeps its key: NaN and the infinities, integers beyond 64 bits, halves of surrogate pairs.
    """
    fast = _write_fast(row)
    return (orjson.dumps(_make_portable(row)) if fast is None else fast) + b"\n"


def _write_fast(value: Mapping[str, object]) -> bytes | None:
    """Return what orjson writes, or None where that would not be the value."""
    try:
        written = orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits, or half a surrogate pair
        return None
    # NaN and the infinities are written as null; read back they are not what they were.
    return None if b"null" in written and orjson.loads(written) != value else written


def _make_portable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, int) and not SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
        return str(value)
    if isinstance(value, dict):
        return {_make_portable(key): _make_portable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_make_portable(inner) for inner in value]
    return value
