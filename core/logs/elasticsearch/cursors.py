"""Cursors of pages: the place of the last record shown, as opaque text."""

import base64
import binascii
import re

import orjson

from core.errors import InputError

HASH = re.compile("[0-9a-f]{64}")


def write_cursor(timestamp_ms: int, content_hash: str) -> str:
    """Return the cursor after which the next page begins."""
    return base64.urlsafe_b64encode(orjson.dumps([timestamp_ms, content_hash])).decode()


def read_cursor(cursor: str) -> tuple[int, str]:
    """Return the place a cursor stands for. Raises `InputError` for text that is no cursor."""
    try:
        place = orjson.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        place = None
    match place:
        case [int() as timestamp_ms, str() as content_hash] if HASH.fullmatch(content_hash):
            return timestamp_ms, content_hash
    raise InputError("the cursor is not one that this store gave out; start at the first page", field="cursor")
