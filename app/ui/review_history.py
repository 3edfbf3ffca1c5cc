"""The History tab: the workload's candidates across runs, what keeps two from being compared, and what both share."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

import streamlit as st

from app.ui import decision_table, markup, numbers, review_queries, review_view, rows, url, verdicts
from app.ui.review_view import CandidateView, ReviewView
from app.ui.rows import Cell, Column, Row
from core.errors import InputError
from core.evaluation import InputDifference, Share, wording
from core.promotion import PastResult, SideBySide
from core.statistics import Interval

AGAINST = "against"
"""The URL's parameter: another run's result to set beside, `run:student:variant`."""


def draw(review: ReviewView, chosen: CandidateView, *, now: datetime) -> None:
    """Draw the list, and above it the comparison that the URL asks for."""
    history = review_queries.list_history(review, chosen)
    others = {_id(entry): entry for entry in history if not _is_chosen(entry, chosen)}
    against = url.read_text(st.query_params, AGAINST, max_length=url.MAX_ID)
    if against is not None:
        _draw_side_by_side(chosen, _find(others, against))
    if not others:
        st.caption("No other result of this workload yet. Every finished run adds its candidates here.")
    st.subheader(f"Results for {markup.literal(review.workload_id)}, newest run first", anchor=False)
    _draw_history(review, chosen, history, now=now)
    st.caption(
        "Two results are compared when evaluation set, scorer version, prompt template and decoding settings agree. A"
        " click sets a result beside this one; where inputs differ, on the records both hold."
    )


def render_differences(differences: Sequence[InputDifference]) -> str:
    """Return what differs between this result and that one, as a table."""
    body = "".join(
        f'<tr><th scope="row">{escape(each.name)}</th><td>{_value(each.values.get("this"))}</td>'
        f"<td>{_value(each.values.get('that'))}</td></tr>"
        for each in differences
    )
    head = '<tr><th scope="col">Input</th><th scope="col">This result</th><th scope="col">That result</th></tr>'
    return f'<table class="fw-evidence" aria-label="What differs"><thead>{head}</thead><tbody>{body}</tbody></table>'


def describe_pair(side_by_side: SideBySide) -> str:
    """Return in one sentence what the records both hold show, and no more."""
    pair, counts = side_by_side.pair, side_by_side.pair.counts
    records = numbers.quantity(side_by_side.common_records, "common record")
    if pair.difference is None or pair.interval is None:
        return "They hold no record in common: nothing can be compared."
    claim = {
        "better": "This result agrees with the teacher more often",
        "worse": "This result agrees with the teacher less often",
        "not shown": "No difference is shown",
    }[pair.lead]
    return (
        f"{claim} on {records}: {counts.newly_right:,} right here alone, {counts.newly_wrong:,} right there alone"
        f" ({numbers.points(pair.difference)}, 95{numbers.NBSP}% interval {_points(pair.interval)}, exact McNemar"
        f" {wording.p_value(pair.p_value)})."
    )


def _draw_side_by_side(chosen: CandidateView, other: PastResult) -> None:
    side_by_side = review_queries.compare_across_runs(chosen, other)
    with st.container(border=True, key="side_by_side"):
        name = f"{review_view.name_candidate(other.candidate)} of run {other.run_id}"
        st.markdown(f"**{markup.literal(chosen.name)}**, this run, beside **{markup.literal(name)}**")
        if side_by_side.is_restricted:
            st.warning(
                f"Their inputs differ, so only the {numbers.quantity(side_by_side.common_records, 'record')} that both"
                " hold are compared, and what differs may be the reason for a difference.",
                icon=":material/rule:",
            )
            st.html(render_differences(side_by_side.differences))
        with st.grid(2, min_column_width=180, gap="small"):
            _draw_share("This result", side_by_side.ours)
            _draw_share("That result", side_by_side.theirs)
        st.markdown(describe_pair(side_by_side))
        st.button(
            "Put it away",
            icon=":material/close:",
            type="tertiary",
            key="put_away",
            on_click=lambda: url.write(against=None),
        )


def _draw_share(title: str, share: Share) -> None:
    st.metric(
        title,
        numbers.share(share.value),
        delta=review_view.describe_interval(share.interval),
        delta_color="off",
        delta_arrow="off",
        help=f"Agreement with the teacher on {numbers.quantity(share.n, 'record')}.",
    )


def _draw_history(review: ReviewView, chosen: CandidateView, history: Sequence[PastResult], *, now: datetime) -> None:
    rows.draw_rows(
        (
            Column(title="Candidate", keep=True),
            Column(title="Agreement", align="right", keep=True),
            Column(title="Records", align="right"),
            Column(title="Evaluation set"),
            Column(title="Compared with this"),
            Column(title="Decision"),
        ),
        [_row(review, chosen, entry, now=now) for entry in history],
        name="Results of this workload",
        key="past_results",
        on_open=lambda result: url.write(against=result, tab="History"),
    )


def _row(review: ReviewView, chosen: CandidateView, entry: PastResult, *, now: datetime) -> Row:
    metrics, interval = entry.evaluation.metrics, entry.evaluation.agreement
    is_chosen = _is_chosen(entry, chosen)
    href = url.link("review", run=review.run_id, candidate=chosen.id, tab="History", against=_id(entry))
    return Row(
        id=_id(entry),
        href=href,
        cells=(
            Cell(
                text=review_view.name_candidate(entry.candidate),
                note=f"run {entry.run_id} · {numbers.moment(entry.created_at, now=now)}",
                phone_note=_compared(entry, is_chosen=is_chosen),
                tone="name" if is_chosen else "plain",
            ),
            Cell(
                text=numbers.share(metrics.accuracy if interval else None),
                note=review_view.describe_interval(interval),
            ),
            Cell(text=numbers.count(metrics.n)),
            Cell(text=entry.evaluation_set),
            Cell(text=_compared(entry, is_chosen=is_chosen), tone="quiet" if entry.differences else "plain"),
            Cell(html=_decision(entry)),
        ),
    )


def _compared(entry: PastResult, *, is_chosen: bool) -> str:
    if is_chosen:
        return "this result"
    if not entry.differences:
        return "comparable"
    return f"differs: {', '.join(difference.name for difference in entry.differences)}"


def _decision(entry: PastResult) -> str:
    if entry.decision is None or not verdicts.is_standing(entry.decision):
        return '<span class="fw-quiet">none</span>'
    return decision_table.verdict_badge(entry.decision)


def _find(others: Mapping[str, PastResult], against: str) -> PastResult:
    if against in others:
        return others[against]
    raise InputError(f"this workload has no result {against!r} to set beside this one", field=AGAINST)


def _id(entry: PastResult) -> str:
    return f"{entry.run_id}:{entry.candidate}"


def _is_chosen(entry: PastResult, chosen: CandidateView) -> bool:
    return (entry.run_id, entry.candidate) == (chosen.evaluation.run_id, chosen.candidate)


def _points(interval: Interval) -> str:
    return numbers.points_interval(interval.low, interval.high)


def _value(value: str | None) -> str:
    text = value or numbers.UNKNOWN
    return f'<span class="fw-json">{escape(numbers.short_hash(text) if len(text) == 64 else text)}</span>'
