"""When a delivery that failed is tried again. Pure.

The pauses follow the schedule that the Standard Webhooks specification recommends (operational considerations, 2023):
seconds at first, then hours, for about three days in all.
"""

import random
from datetime import datetime, timedelta

RETRY_AFTER_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Pauses after the first, second, ... failed attempt, in seconds; after the last one the delivery is dead."""
LONGEST_WISH_S = 86_400
JITTER = 0.1


def next_attempt(attempts: int, *, now: datetime, wish_s: float | None, rng: random.Random) -> datetime | None:
    """Return when to try again after `attempts` failures, None when it is given up.

    A receiver's `Retry-After` (`wish_s`) makes the pause longer, never shorter, and a day at most.
    """
    if attempts > len(RETRY_AFTER_S):
        return None
    pause_s = RETRY_AFTER_S[attempts - 1] * (1 + rng.uniform(0, JITTER))
    return now + timedelta(seconds=max(pause_s, min(wish_s or 0.0, LONGEST_WISH_S)))
