"""A count out of a number of records, with its share and Wilson's interval."""

from dataclasses import dataclass
from typing import Self

from core.statistics import Interval, wilson_interval


@dataclass(frozen=True, kw_only=True)
class Share:
    """`count` of `n` records. `value` and the 95 % `interval` are None without records."""

    count: int
    n: int
    value: float | None
    interval: Interval | None

    @classmethod
    def of(cls, count: int, n: int) -> Self:
        """Return the share of `count` in `n`."""
        return cls(count=count, n=n, value=count / n if n else None, interval=wilson_interval(count, n))
