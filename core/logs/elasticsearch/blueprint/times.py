"""The times of a blueprint index: what its `timestamp` field says, and what was meant.

The field is a date without a format, so a number counts as milliseconds whatever its unit. Applications log seconds,
some milliseconds, some ISO text; seconds then lie in January 1970. Each unit keeps its own order, so an index is read
as two legs, one of each unit, that are put together by the time that was meant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.logs.timestamps import MILLISECONDS_FROM

STORED_AS_MILLISECONDS = int(MILLISECONDS_FROM)
DAY_MS = 86_400_000


@dataclass(frozen=True, kw_only=True)
class Leg:
    """The records of an index whose times are in one unit; `factor` makes milliseconds of what is stored."""

    name: str
    factor: int

    def clause(self) -> dict[str, Any]:
        """Return the query of all records of this leg."""
        bound = "lt" if self.factor > 1 else "gte"
        return _range(**{bound: STORED_AS_MILLISECONDS})

    def since(self, moment_ms: int) -> dict[str, Any]:
        """Return the query of all records from a time on; fractions of a stored unit are left to the reader."""
        return _range(gte=max(0, moment_ms) // self.factor)

    def until(self, moment_ms: int) -> dict[str, Any]:
        """Return the query of all records before a time, and of some at it when it is a fraction of a stored unit."""
        return _range(lt=-(-max(0, moment_ms) // self.factor))


LEGS = (Leg(name="seconds", factor=1000), Leg(name="milliseconds", factor=1))


def is_exact(moment_ms: int | None) -> bool:
    """Tell whether every leg can be cut at this time by the server alone."""
    return moment_ms is None or moment_ms % 1000 == 0


def leg_aggregations(inner: Mapping[Leg, Mapping[str, Any]]) -> dict[str, Any]:
    """Return one filter aggregation a leg with what is asked inside it."""
    return {leg.name: {"filter": leg.clause(), "aggs": dict(aggregations)} for leg, aggregations in inner.items()}


def filled_legs(bucket: Mapping[str, Any]) -> Iterator[tuple[Leg, Mapping[str, Any]]]:
    """Yield the legs that hold records in an answer to `leg_aggregations`."""
    for leg in LEGS:
        found = bucket.get(leg.name, {})
        if found.get("doc_count"):
            yield leg, found


def _range(**bounds: int) -> dict[str, Any]:
    return {"range": {"timestamp": {**bounds, "format": "epoch_millis"}}}
