"""Cursors of pages: the place of the last record shown, as opaque text.

A cursor is a value, not a row number: records that arrive in between disturb no page.
"""

import base64
import binascii
import re

from core.errors import InputError
from core.logs.sqlite.ordering import Position

_SHAPE = re.compile(r"(\d{1,13}):([0-9a-f]{64})")


def write_cursor(position: Position) -> str:
    """Return the cursor after which the next page begins."""
    text = f"{position.timestamp_ms}:{position.content_hash.hex()}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def read_cursor(cursor: str) -> Position:
    """Return the place a cursor stands for, without id. Raises `InputError` for text that is no cursor."""
    try:
        text = base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    match = _SHAPE.fullmatch(text)
    if not match:
        raise InputError("the cursor is not one that this store gave out; start at the first page", field="cursor")
    return Position(int(match[1]), bytes.fromhex(match[2]), 0)
