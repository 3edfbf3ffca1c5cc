"""When requests come: more by day than by night, fewer at weekends, over the last days before a given moment."""

import math
import random
from datetime import datetime, timedelta

SPAN_DAYS = 30
_WEEKEND_SHARE = 0.35  # of a working day's traffic
_NIGHT_SHARE = 0.08  # of the busiest hour's traffic
_BUSIEST_HOUR = 14.0  # UTC


def spread_times(count: int, *, now: datetime, generator: random.Random) -> list[int]:
    """Return `count` moments before `now` in ascending order, as epoch seconds. `now` must be aware."""
    start = now - timedelta(days=SPAN_DAYS)
    length_s = SPAN_DAYS * 86_400
    moments: list[int] = []
    while len(moments) < count:
        moment = start + timedelta(seconds=generator.uniform(0, length_s - 60))
        if generator.random() < _busyness(moment):
            moments.append(int(moment.timestamp()))
    return sorted(moments)


def _busyness(moment: datetime) -> float:
    """Return the traffic at `moment` as a share of the busiest hour of a working day."""
    hour = moment.hour + moment.minute / 60
    wave = (1 + math.cos((hour - _BUSIEST_HOUR) / 24 * 2 * math.pi)) / 2
    daily = _NIGHT_SHARE + (1 - _NIGHT_SHARE) * wave**2
    return daily * (_WEEKEND_SHARE if moment.weekday() >= 5 else 1.0)
