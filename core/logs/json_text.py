"""Reading and writing JSON without losing anything: the fast parser where it is faithful, the exact one elsewhere.

orjson turns integers beyond 64 bits into floats and refuses NaN, Infinity, numbers beyond the double range and halves
of surrogate pairs. Logs written by Python hold all of these, so such lines go through the standard library.
"""

import json
import re

import orjson

LONG_INTEGER = re.compile(rb"\d{19}")
"""Shortest run of digits that may be an integer beyond 64 bits."""


def load_json(text: bytes) -> object:
    """Return the value of a JSON text with every number and character as sent.

    Raises `ValueError` when it is not JSON, and `RecursionError` when it is nested beyond what can be read.
    """
    if not LONG_INTEGER.search(text):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass  # perhaps one of the values only the standard library reads; if not, it raises
    return json.loads(text)


def dump_json(value: object) -> bytes:
    """Return a value as one line of JSON that `load_json` reads back equal."""
    try:
        return orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits or half a surrogate pair
        return json.dumps(value, separators=(",", ":")).encode()
