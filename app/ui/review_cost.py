"""The Cost and latency tab: what is known of every candidate, the month's saving with its assumptions, answer times."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.ui import numbers, rows, url
from app.ui.review_quality import look_at
from app.ui.review_view import CandidateView, ReviewView
from app.ui.rows import Cell, Column, Row
from core.evaluation import CostComparison, Latency
from core.statistics import QuantileEstimate

SOURCES = {"evaluation": "while it was evaluated", "probe": "by a probe", "logs": "in the log"}


def draw(review: ReviewView, chosen: CandidateView) -> None:
    """Draw the tab."""
    _draw_candidates(review, chosen)
    left, right = st.columns(2, gap="large")
    cost = chosen.assessed.cost
    with left:
        st.subheader("What a month would save", anchor=False)
        if cost is not None:
            _draw_saving(cost)
    with right:
        st.subheader("Answer times", anchor=False)
        st.html(render_times(chosen))


def render_times(chosen: CandidateView) -> str:
    """Return the candidate's and the teacher's answer times as a table; what was not measured says so."""
    latency = chosen.assessed.latency
    lines = [("Candidate", latency.candidate), ("Teacher", latency.teacher)]
    body = "".join(_render_times(name, measured) for name, measured in lines)
    head = '<thead><tr><th scope="col">Who</th><th scope="col">Median</th><th scope="col">p95</th></tr></thead>'
    return f'<table class="fw-evidence" aria-label="Answer times">{head}<tbody>{body}</tbody></table>'


def _render_times(name: str, measured: Latency | None) -> str:
    p50, p95 = (None, None) if measured is None else (measured.p50, measured.p95)
    cells = "".join(f'<td class="fw-number">{_time(estimate)}</td>' for estimate in (p50, p95))
    return f'<tr><th scope="row">{name}{_measured(measured)}</th>{cells}</tr>'


def _draw_candidates(review: ReviewView, chosen: CandidateView) -> None:
    rows.draw_rows(
        (
            Column(title="Candidate", keep=True),
            Column(title="Cost per 1k", align="right", keep=True),
            Column(title="Of the teacher's", align="right"),
            Column(title="Tokens in", align="right"),
            Column(title="Tokens out", align="right"),
            Column(title="p50", align="right"),
            Column(title="p95", align="right"),
        ),
        [_row(review, view, is_chosen=view == chosen) for view in review.candidates],
        name="Cost and answer times of all candidates",
        key="costs",
        on_open=look_at,
    )


def _row(review: ReviewView, view: CandidateView, *, is_chosen: bool) -> Row:
    cost, measured = view.assessed.cost, view.assessed.latency.candidate
    ratio = cost.ratio if cost is not None else None
    return Row(
        id=view.id,
        href=url.link("review", run=review.run_id, candidate=view.id, tab="Cost and latency"),
        cells=(
            Cell(text=view.name, tone="name" if is_chosen else "plain"),
            Cell(text=numbers.money(view.cost_per_1k_usd)),
            Cell(text=numbers.UNKNOWN if ratio is None else numbers.share(ratio)),
            Cell(text=numbers.tokens(view.metrics.prompt_tokens)),
            Cell(text=numbers.tokens(view.metrics.completion_tokens)),
            Cell(text=numbers.milliseconds(measured.p50.value if measured else None)),
            Cell(text=numbers.milliseconds(measured.p95.value if measured else None)),
        ),
    )


def _draw_saving(cost: CostComparison) -> None:
    saving, interval = cost.monthly_saving_usd, cost.saving_interval
    if saving is not None:
        st.metric(
            "Saving a month, estimated",
            money_signed(saving),
            delta=None if interval is None else f"{money_signed(interval.low)} to {money_signed(interval.high)}",
            delta_color="off",
            delta_arrow="off",
        )
        requests = numbers.count(round(cost.requests_a_month)) if cost.requests_a_month is not None else numbers.UNKNOWN
        st.caption(f"On {requests} requests a month.")
    else:
        st.markdown("**Unknown.**")
    if cost.unknown:
        st.markdown("What is missing:")
        st.html(_list(cost.unknown))
        st.caption("Prices stand in flywheel.toml: price_input_usd and price_output_usd of students and of teachers.")
    if cost.assumptions:
        st.markdown("It rests on:")
        st.html(_list(cost.assumptions))


def money_signed(usd: float) -> str:
    """Return $1,250 or −$1,250."""
    return f"{numbers.MINUS}{numbers.money(-usd)}" if usd < 0 else numbers.money(usd)


def _list(sentences: Sequence[str]) -> str:
    return f'<ul class="fw-list">{"".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)}</ul>'


def _measured(measured: Latency | None) -> str:
    if measured is None:
        return ""
    at_once = f", {measured.concurrency} at once" if measured.concurrency else ""
    note = f"{numbers.quantity(measured.n, 'answer')} {SOURCES[measured.source]}{at_once}"
    return f'<div class="fw-note">{escape(note)}</div>'


def _time(estimate: QuantileEstimate | None) -> str:
    if estimate is None:
        return numbers.UNKNOWN
    value = numbers.milliseconds(estimate.value)
    if estimate.low is None or estimate.high is None:
        return value
    return f"{value} <wbr>({estimate.low:,.0f} to {estimate.high:,.0f})"
