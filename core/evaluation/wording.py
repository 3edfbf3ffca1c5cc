"""How numbers read in sentences and gates. Intervals are rounded outwards, so that no text claims more than its number.

Shares come in from 0 to 1. The pages have their own words for single numbers (`app/ui/numbers.py`); these belong to
sentences that are stored and exported.
"""

from math import ceil, floor

from core.statistics import Interval

MINUS = "\N{MINUS SIGN}"
ROUNDING = 1e-9  # floats that miss a tenth by less are that tenth


def share(value: float) -> str:
    """Return "96.4 %"; 100.0 % and 0.0 % stand for all and none only."""
    percent = round(value * 100, 1)
    if percent == 100 and value < 1:
        percent = 99.9
    elif percent == 0 and value > 0:
        percent = 0.1
    return f"{percent:.1f} %"


def share_interval(interval: Interval) -> str:
    """Return "94.4 to 97.7 %"."""
    return f"{_down(interval.low):.1f} to {_up(interval.high):.1f} %"


def points(difference: float) -> str:
    """Return "+2.3 pp", "−1.5 pp" or "0.0 pp", percentage points."""
    return f"{_signed(round(difference * 100, 1))} pp"


def points_interval(interval: Interval) -> str:
    """Return "−1.1 to +2.4"."""
    return f"{_signed(_down(interval.low))} to {_signed(_up(interval.high))}"


def margin(value: float) -> str:
    """Return "2.0 pp"."""
    return f"{value * 100:.1f} pp"


def p_value(value: float) -> str:
    """Return "p < 0.001" or "p = 0.0496"."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3g}"


def ratio(value: float) -> str:
    """Return "0.26×" with two digits that matter."""
    return f"{value:.2f}×" if value < 10 else f"{value:.1f}×"


def ratio_interval(interval: Interval) -> str:
    """Return "0.21 to 0.32×"."""
    return f"{floor(interval.low * 100 + ROUNDING) / 100:.2f} to {ceil(interval.high * 100 - ROUNDING) / 100:.2f}×"


def quantity(count: int, singular: str, plural: str | None = None) -> str:
    """Return "1 record" or "1,240 records"."""
    return f"{count:,} {singular if count == 1 else plural or f'{singular}s'}"


def _down(value: float) -> float:
    return floor(value * 1000 + ROUNDING) / 10


def _up(value: float) -> float:
    return ceil(value * 1000 - ROUNDING) / 10


def _signed(value: float) -> str:
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    return f"{sign}{abs(value):.1f}"
