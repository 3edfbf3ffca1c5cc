"""Figures, as pure functions from values to Plotly figures.

Traces of variants carry no colours: added in the order base, in-context, customized they take the theme's palette, so
light and dark switch without a rerun. Neutral, better and worse are fixed: at least 3:1 on both page backgrounds.
Shares are drawn from 0 to 100 with texts of ours, because Plotly's per cent format knows no blank before the sign.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import plotly.graph_objects as go

from app.ui import numbers
from core.logs import TimeCount

NEUTRAL = "#7F8896"
BETTER, WORSE = "#0F9C8C", "#D9622B"
VARIANT_ORDER = ("base", "icl", "customized")
VARIANT_NAMES = {"base": "Base", "icl": "In-context examples", "customized": "Customized"}
ROW_NAMES = {"icl": "in-context"}
VARIANT_SYMBOLS = {"base": "circle-open", "icl": "diamond", "customized": "square"}
CONFIG: dict[str, Any] = {"displaylogo": False, "displayModeBar": False}
ROW_PX = 30
DAY_MS = 86_400_000
QUARTERS = (0, 25, 50, 75, 100)
QUARTER_TEXTS = [f"{value}{numbers.NBSP}%" for value in QUARTERS]


@dataclass(frozen=True, kw_only=True)
class IntervalPoint:
    """A share with its interval, 0 to 1, for one candidate."""

    student: str
    variant: str
    value: float
    low: float
    high: float
    n: int
    is_chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class LossSeries:
    """A training or validation loss by step."""

    name: str
    steps: Sequence[int]
    values: Sequence[float]


def interval_dots(points: Sequence[IntervalPoint], *, minimum: float | None = None) -> go.Figure:
    """Return one row per candidate with its share and interval, grouped by student; `minimum` is drawn as a line."""
    figure = go.Figure()
    rows = [f"{point.student} · {ROW_NAMES.get(point.variant, point.variant)}" for point in points]
    for variant in VARIANT_ORDER:
        chosen = [(row, point) for row, point in zip(rows, points, strict=True) if point.variant == variant]
        figure.add_scatter(
            name=VARIANT_NAMES[variant],
            x=[point.value * 100 for _, point in chosen],
            y=[row for row, _ in chosen],
            mode="markers",
            marker={
                "symbol": VARIANT_SYMBOLS[variant],
                "size": [14 if point.is_chosen else 10 for _, point in chosen],
                "line": {"width": 2 if variant == "base" else 0},
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [(point.high - point.value) * 100 for _, point in chosen],
                "arrayminus": [(point.value - point.low) * 100 for _, point in chosen],
                "thickness": 1.6,
                "width": 0,
            },
            customdata=[[numbers.share_interval(point.low, point.high), numbers.count(point.n)] for _, point in chosen],
            hovertemplate="%{y}<br>%{x:.1f} % (%{customdata[0]}), n = %{customdata[1]}<extra></extra>",
            showlegend=bool(chosen),
        )
    if minimum is not None:
        figure.add_vline(x=minimum * 100, line={"color": NEUTRAL, "width": 1.5, "dash": "dot"})
    figure.update_xaxes(range=[0, 102], tickvals=QUARTERS, ticktext=QUARTER_TEXTS, title=None, zeroline=False)
    figure.update_yaxes(categoryorder="array", categoryarray=rows[::-1], title=None, showgrid=True)
    return _laid_out(figure, height=ROW_PX * max(len(points), 2) + 84, has_legend=True)


def accuracy_bars(points: Sequence[IntervalPoint]) -> go.Figure:
    """Return grouped bars with intervals, one group per student, from zero."""
    students = list(dict.fromkeys(point.student for point in points))
    found = {(point.student, point.variant): point for point in points}
    figure = go.Figure()
    for variant in VARIANT_ORDER:
        shown = [(student, found[student, variant]) for student in students if (student, variant) in found]
        figure.add_bar(
            name=VARIANT_NAMES[variant],
            x=[student for student, _ in shown],
            y=[point.value * 100 for _, point in shown],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [(point.high - point.value) * 100 for _, point in shown],
                "arrayminus": [(point.value - point.low) * 100 for _, point in shown],
                "thickness": 1.4,
                "width": 4,
                "color": NEUTRAL,
            },
            customdata=[[numbers.share_interval(point.low, point.high), numbers.count(point.n)] for _, point in shown],
            hovertemplate="%{x}<br>%{y:.1f} % (%{customdata[0]}), n = %{customdata[1]}"
            f"<extra>{VARIANT_NAMES[variant]}</extra>",
            showlegend=bool(shown),
        )
    figure.update_layout(barmode="group", bargap=0.32, bargroupgap=0.08, barcornerradius=3)
    figure.update_yaxes(range=[0, 104], tickvals=QUARTERS, ticktext=QUARTER_TEXTS, title=None)
    figure.update_xaxes(title=None)
    return _laid_out(figure, height=330, has_legend=True)


def confusion_matrix(rows: Sequence[str], columns: Sequence[str], counts: Sequence[Sequence[int]]) -> go.Figure:
    """Return the matrix of expected (rows) by answered (columns), coloured by each row's share; zeros stay quiet."""
    totals = [sum(row) for row in counts]
    shares = [[cell / total if total else 0.0 for cell in row] for row, total in zip(counts, totals, strict=True)]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(columns),
            y=list(rows),
            zmin=0,
            zmax=1,
            text=[[f"{cell:,}" if cell else "" for cell in row] for row in counts],
            texttemplate="%{text}",
            textfont={"size": 11},
            customdata=[[numbers.share(share, decimals=0) for share in row] for row in shares],
            hovertemplate="teacher: %{y}<br>student: %{x}<br>%{text} records, %{customdata} of the row<extra></extra>",
            xgap=2,
            ygap=2,
            showscale=False,
        )
    )
    figure.update_yaxes(autorange="reversed", title="Teacher", showgrid=False)
    figure.update_xaxes(title="Student", tickangle=-90 if len(columns) > 4 else 0, showgrid=False)
    longest = max((len(label) for label in columns), default=0)
    return _laid_out(figure, height=26 * max(len(rows), 4) + 7 * longest + 70, has_legend=False)


def loss_curve(series: Sequence[LossSeries]) -> go.Figure:
    """Return losses by step, one line a series."""
    figure = go.Figure()
    for one in series:
        figure.add_scatter(
            name=one.name,
            x=list(one.steps),
            y=list(one.values),
            mode="lines",
            line={"width": 2},
            hovertemplate="step %{x:,}<br>%{y:.3f}<extra>" + one.name + "</extra>",
        )
    figure.update_xaxes(title="Step", zeroline=False)
    figure.update_yaxes(title="Loss", rangemode="tozero")
    return _laid_out(figure, height=240, has_legend=len(series) > 1)


def traffic_bars(days: Sequence[tuple[date, int]]) -> go.Figure:
    """Return records per day as bars, zero days included by the caller."""
    figure = go.Figure(
        go.Bar(
            x=[day for day, _ in days],
            y=[records for _, records in days],
            marker={"color": NEUTRAL, "cornerradius": 2},
            hovertemplate="%{x|%-d %b %Y}<br>%{y:,} records<extra></extra>",
        )
    )
    figure.update_layout(bargap=0.2 if len(days) < 120 else 0)
    figure.update_yaxes(
        title=None, rangemode="tozero", tickformat=",d", **_whole_ticks(4, (records for _, records in days))
    )
    every_day = {"dtick": DAY_MS} if len(days) <= 7 else {"nticks": 7}
    figure.update_xaxes(title=None, tickformat="%-d %b\n%Y", tickangle=0, type="date", **every_day)
    return _laid_out(figure, height=220, has_legend=False)


def time_bars(counts: Sequence[TimeCount], *, width_ms: int) -> go.Figure:
    """Return records over time as bars to click on or drag over, empty stretches included by the caller.

    A bar's `customdata` holds its first millisecond and the one after its last.
    """
    by_day = width_ms >= DAY_MS
    shown = "%-d %b %Y" if by_day else "%-d %b, %H:%M"
    figure = go.Figure(
        go.Bar(
            x=[numbers.instant(count.start_ms) for count in counts],
            y=[count.records for count in counts],
            customdata=[[count.start_ms, count.start_ms + width_ms] for count in counts],
            offset=0,
            width=width_ms,
            marker={"color": NEUTRAL, "line": {"width": 0.5, "color": "rgba(0,0,0,0)"}},
            hovertemplate="%{y:,} records<br>click, or drag over bars, to see them alone<extra></extra>",
        )
    )
    figure.update_layout(bargap=0, dragmode="select", selectdirection="h", hovermode="x")  # a low bar, too, is hit
    ticks = _whole_ticks(3, (count.records for count in counts))
    figure.update_yaxes(title=None, rangemode="tozero", tickformat=",d", fixedrange=True, **ticks)
    figure.update_xaxes(
        title=None,
        type="date",
        nticks=7,
        tickangle=0,
        tickformat="%-d %b\n%Y" if by_day else "%H:%M\n%-d %b",
        hoverformat=shown,
    )
    return _laid_out(figure, height=130, has_legend=False)


def _whole_ticks(most: int, counts: Iterable[int]) -> dict[str, int]:
    """Return ticks at whole numbers: between 0 and 1 there would be a second 1."""
    return {"dtick": 1} if max(counts, default=0) < most else {"nticks": most}


def _laid_out(figure: go.Figure, *, height: int, has_legend: bool) -> go.Figure:
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        font={"size": 12},
        showlegend=has_legend,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None},
        hoverlabel={"font": {"size": 12}},
    )
