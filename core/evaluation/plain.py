"""From the values of a comparison to plain JSON values, for the API, stored evidence and pages."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from core.evaluation.samples import Candidate
from core.statistics import Interval


def to_plain(value: Any) -> Any:
    """Return dataclasses and mappings as dicts, sequences as lists, enums as their values; the rest as it is.

    A candidate also has its `name`, the text form that links and the command line use.
    """
    if isinstance(value, Candidate):
        return {"name": str(value), "student": value.student, "variant": value.variant}
    if isinstance(value, Interval):
        return {"low": value.low, "high": value.high}
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(inner) for inner in value]
    return value
