"""Whether a workload changed lately: its volume and its answers in two stretches of days of one length. Pure.

Only whole days are compared, so the first and the last day with records are left out. The mix of answers is tested,
because records answer for themselves; volume is not, because days depend on each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.ui import bars, numbers
from app.ui.workload_view import NO_LABEL
from core.statistics import MixShift

LENGTHS = (28, 7)
"""Whole weeks where there are enough days for two of them, so that weekdays do not make a difference."""
SHOWN_CHANGES = 5
SIGNIFICANT = 0.05


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days these are."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, kw_only=True)
class Stretches:
    """Two stretches of one length, one right after the other."""

    before: Stretch
    lately: Stretch


def choose_stretches(first: datetime, last: datetime) -> Stretches | None:
    """Return the last whole days and as many before them; None where there are not two whole days."""
    whole = (last.date() - first.date()).days - 1
    length = next((length for length in LENGTHS if 2 * length <= whole), whole // 2)
    if length < 1:
        return None
    end = last.date() - timedelta(days=1)
    lately = Stretch(first=end - timedelta(days=length - 1), last=end)
    before = Stretch(first=lately.first - timedelta(days=length), last=lately.first - timedelta(days=1))
    return Stretches(before=before, lately=lately)


def describe_volume(before: int, lately: int, days: int) -> str:
    """Return one sentence on the records of two stretches of `days` days."""
    told = f"{_rate(lately, days)} lately (n = {numbers.count(lately)}), {_rate(before, days)} before"
    told += f" (n = {numbers.count(before)})"
    if not before:
        return f"{told}."
    change = (lately - before) / before * 100
    return f"{told}: {change:+.0f}{numbers.NBSP}%.".replace("-", "\N{MINUS SIGN}")


def describe_mix(shift: MixShift | None) -> str:
    """Return one sentence on how the answers' mix changed and whether that is chance."""
    if shift is None:
        return "One of the two stretches has no records."
    told = (
        f"{numbers.share(shift.distance)} of the answers shifted"
        f" (n = {numbers.count(shift.first_n)} before, {numbers.count(shift.second_n)} lately)"
    )
    if shift.p_value is None:
        return f"{told}; too few records or kinds of answers to tell it from chance."
    chance = f"chi-square test, p {'< 0.001' if shift.p_value < 0.001 else f'= {shift.p_value:.3f}'}"
    if shift.p_value < SIGNIFICANT:
        return f"{told}; more than chance explains ({chance})."
    return f"{told}; chance explains as much ({chance})."


def render_changes(before: Mapping[str | None, int], lately: Mapping[str | None, int]) -> str:
    """Return the answers whose share changed most, with both shares, as bars of the share lately."""
    totals = (sum(before.values()) or 1, sum(lately.values()) or 1)
    shares = {
        label: (before.get(label, 0) / totals[0], lately.get(label, 0) / totals[1]) for label in {*before, *lately}
    }
    ordered = sorted(shares, key=lambda label: (-abs(shares[label][1] - shares[label][0]), label or ""))
    shown = ordered[:SHOWN_CHANGES]
    longest = max((shares[label][1] for label in shown), default=0.0) or 1.0
    return bars.render_bars(
        (
            bars.Bar(
                label=label or NO_LABEL,
                part=shares[label][1] / longest,
                value=numbers.share(shares[label][1]),
                note=f"{numbers.share(shares[label][0])} before",
                is_quiet=label is None,
            )
            for label in shown
        ),
        name="Answers whose share changed most, with their share lately and before",
    )


def _rate(records: int, days: int) -> str:
    rate = records / days
    return f"{rate:,.0f} a day" if rate >= 10 else f"{rate:.1f} a day"
