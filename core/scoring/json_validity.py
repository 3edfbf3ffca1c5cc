"""Is an answer JSON, whole and strict? For workloads whose consumers parse the answer.

Follows RFC 8259: the whole text is one value; NaN, Infinity and text around the value (a code fence too) are refused.
A name that occurs twice in an object is refused as well, because parsers differ in which value they keep.
"""

import json
from typing import NoReturn


def json_problem(text: str) -> str | None:
    """Return why `text` is not valid JSON, with line and column where known, or None when it is. Never raises."""
    if not text.strip():
        return "the answer is empty"
    try:
        json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique_names)
    except json.JSONDecodeError as error:
        return f"not JSON at line {error.lineno}, column {error.colno}: {error.msg[0].lower()}{error.msg[1:]}"
    except RecursionError:
        return "the JSON is nested too deeply"
    except ValueError as error:
        return str(error)
    return None


def is_valid_json(text: str) -> bool:
    """Tell whether the whole of `text` is one JSON value."""
    return json_problem(text) is None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the JSON names {doubled!r} twice in one object")
    return values
