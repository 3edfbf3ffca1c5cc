"""State that lives in the URL: read with checks, written in callbacks, built into links.

A link carries ids and plain values only, and is judged like any input from outside: too long, unknown or malformed is
an `InputError` that names the parameter, never a silently different view. Reading takes any mapping, so that it is
tested without Streamlit; writing is `st.query_params` and stays here.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

import streamlit as st

from core.errors import InputError, near_miss

MAX_TEXT = 300
MAX_ID = 600
"""Cursors are ids too, and some stores' cursors are long."""

_ID = re.compile(r"[A-Za-z0-9._:/@=+~-]+")


def read_text(parameters: Mapping[str, str], name: str, *, max_length: int = MAX_TEXT) -> str | None:
    """Return a plain value without surrounding blanks, or None when absent or empty. Raises `InputError`."""
    value = parameters.get(name, "").strip()
    if len(value) > max_length:
        raise InputError(f"the link's {name!r} has {len(value)} characters; {max_length} is the most", field=name)
    if any(ord(character) < 32 for character in value):
        raise InputError(f"the link's {name!r} holds control characters", field=name)
    return value or None


def read_id(parameters: Mapping[str, str], name: str) -> str | None:
    """Return an id or cursor, or None when absent. Raises `InputError` for what no id of ours looks like."""
    value = read_text(parameters, name, max_length=MAX_ID)
    if value is not None and not _ID.fullmatch(value):
        raise InputError(f"the link's {name!r} is not an id: {value[:40]!r}", field=name)
    return value


def read_choice(parameters: Mapping[str, str], name: str, options: Sequence[str]) -> str | None:
    """Return one of `options`, or None when absent. Raises `InputError` with the near miss."""
    value = read_text(parameters, name)
    if value is None or value in options:
        return value
    raise InputError(f"no {name} {value!r}{near_miss(value, tuple(options))}", field=name)


def read_day(parameters: Mapping[str, str], name: str) -> date | None:
    """Return a day written as 2026-11-25, or None when absent. Raises `InputError`."""
    value = read_text(parameters, name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InputError(f"the link's {name!r} is {value!r}, not a day like 2026-11-25", field=name) from None


def day_start(day: date | None) -> datetime | None:
    """Return the first instant of a day, UTC."""
    return None if day is None else datetime.combine(day, time.min, tzinfo=UTC)


def day_end(day: date | None) -> datetime | None:
    """Return the first instant after a day, UTC, for ranges that leave their end out."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)


def link(page: str, **parameters: object) -> str:
    """Return a relative link to a page; parameters that are None or empty are left out."""
    known = present(**parameters)
    return f"/{page}?{urlencode(known)}" if known else f"/{page}"


def present(**parameters: object) -> dict[str, str]:
    """Return the parameters that are neither None nor empty, as text."""
    return {name: str(value) for name, value in parameters.items() if value not in {None, ""}}


def write(**parameters: object) -> None:
    """Set parameters of the current URL; None or empty removes one. For callbacks."""
    for name, value in parameters.items():
        if value in {None, ""}:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = str(value)
