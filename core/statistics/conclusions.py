"""The four things an interval can say about a limit, used by every comparison with one."""

from enum import StrEnum


class Conclusion(StrEnum):
    """What the data say about a limit."""

    PASSES = "passes"  # the whole interval is on the good side
    NEEDS_JUDGEMENT = "needs judgement"  # the interval straddles the limit: neither shown nor ruled out
    FAILS = "fails"  # the whole interval is on the bad side
    NOT_ENOUGH_DATA = "not enough data"  # nothing was ruled out, and so few records could not have passed anyway
