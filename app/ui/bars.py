"""Lists of shares as horizontal bars in HTML: readable by anyone, copied as text, drawn without a chart library."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One row: `part` is the bar's length as a share of the longest, `value` and `note` are written at its end."""

    label: str
    part: float
    value: str
    note: str = ""
    is_quiet: bool = False


def render_bars(bars: Iterable[Bar], *, name: str) -> str:
    """Return a table named `name` for screen readers, one row a bar."""
    rows = "".join(_render_bar(bar) for bar in bars)
    return f'<table class="fw-bars" aria-label="{escape(name)}"><tbody>{rows}</tbody></table>'


def _render_bar(bar: Bar) -> str:
    width = max(0.0, min(1.0, bar.part)) * 100
    quiet = " fw-quiet-bar" if bar.is_quiet else ""
    return (
        f'<tr class="fw-bar{quiet}"><th scope="row"><span class="fw-bar-fill" style="width:{width:.1f}%"></span>'
        f'<span class="fw-bar-label">{escape(bar.label)}</span></th>'
        f'<td class="fw-number">{escape(bar.value)}</td><td class="fw-number fw-quiet">{escape(bar.note)}</td></tr>'
    )
