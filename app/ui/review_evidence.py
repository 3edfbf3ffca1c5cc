"""The tabs below the decision card: quality, errors, cost and latency, records."""

from collections.abc import Mapping, Sequence

import streamlit as st

from app.ui import charts, confusion_view, numbers, review_records, rows, url
from app.ui.charts import IntervalPoint
from app.ui.diff import compare_words, render_diff
from app.ui.review_records import OUTCOME_NAMES, Reading, ReadRecord
from app.ui.review_view import CandidateView, ReviewView
from app.ui.rows import Cell, Column, Row
from core.evaluation import Outcome, Sample
from core.scoring import confusion

TABS = ("Quality", "Errors", "Cost and latency", "Records")
SHOWN_RECORDS = 200
SHOWN_MOVES = 12


def draw_quality(review: ReviewView, chosen: CandidateView) -> None:
    """Draw every candidate's agreement with its interval, and the table of all scores."""
    left, right = st.columns([0.5, 0.5], gap="large")
    points = [_point(view, is_chosen=view == chosen) for view in review.candidates if view.agreement]
    with left:
        st.subheader("Agreement with the teacher", anchor=False)
        st.plotly_chart(
            charts.interval_dots(points),
            key="agreement",
            config=charts.CONFIG,
            alt=f"Agreement of every candidate with 95 % intervals; {chosen.name} has"
            f" {numbers.share(chosen.metrics.accuracy)}",
        )
        st.caption(
            f"95{numbers.NBSP}% Wilson intervals on {numbers.quantity(chosen.metrics.n, 'record')}. A missing, failed,"
            " cut-off or unreadable answer counts as a difference."
        )
    with right:
        st.subheader("All scores", anchor=False)
        draw_scores(review, chosen)


def draw_scores(review: ReviewView, chosen: CandidateView) -> None:
    """Draw one row a candidate; a click looks at that candidate."""
    columns = (
        Column(title="Candidate", keep=True),
        Column(title="Agreement", align="right", keep=True),
        Column(title="Macro F1", align="right"),
        Column(title="Token overlap", align="right"),
        Column(title="n", align="right"),
    )
    rows.draw_rows(
        columns,
        [_score_row(review, view, is_chosen=view == chosen) for view in review.candidates],
        name="Scores of all candidates",
        key="scores",
        on_open=_look_at,
    )


def draw_errors(samples: Sequence[Sample], chosen: CandidateView) -> None:
    """Draw where the candidate differs: the confusion matrix, and the pairs of answers that moved most."""
    labelled = [sample for sample in samples if sample.expected_label is not None]
    moves = review_records.list_moves(samples, shown=SHOWN_MOVES)
    if not labelled or chosen.metrics.macro_f1 is None:
        st.caption("This workload's answers are free text: there are no classes to confuse. Read the records instead.")
        return
    matrix = confusion_view.make_readable(
        confusion([str(sample.expected_label) for sample in labelled], [sample.answer_label for sample in labelled])
    )
    left, right = st.columns([0.62, 0.38], gap="large")
    with left:
        st.subheader("Teacher's answer against the candidate's", anchor=False)
        st.plotly_chart(
            charts.confusion_matrix(matrix.rows, matrix.columns, matrix.counts),
            key="confusion",
            config=charts.CONFIG,
            alt=f"Confusion matrix of {chosen.name} against the teacher, {len(matrix.rows)} classes",
        )
        if matrix.left_out:
            st.caption(
                f"The {len(matrix.rows) - 1} classes with the most differences;"
                f" {numbers.quantity(matrix.left_out, 'other')} stand together."
            )
    with right:
        st.subheader("Answers that moved most", anchor=False)
        if not moves:
            st.caption("Every answer equals the teacher's.")
        st.html(render_moves(moves))


def draw_cost(review: ReviewView, chosen: CandidateView) -> None:
    """Draw what is known about cost and answer times; what is not measured says so."""
    columns = (
        Column(title="Candidate", keep=True),
        Column(title="Cost per 1k", align="right", keep=True),
        Column(title="Tokens in", align="right"),
        Column(title="Tokens out", align="right"),
        Column(title="Mean answer time", align="right"),
    )
    rows.draw_rows(
        columns,
        [
            Row(
                id=view.id,
                href=_link(review, view),
                cells=(
                    Cell(text=view.name, tone="name" if view == chosen else "plain"),
                    Cell(text=numbers.money(view.cost_per_1k_usd)),
                    Cell(text=numbers.tokens(view.metrics.prompt_tokens)),
                    Cell(text=numbers.tokens(view.metrics.completion_tokens)),
                    Cell(text=numbers.milliseconds(view.metrics.mean_latency_ms)),
                ),
            )
            for view in review.candidates
        ],
        name="Cost and answer times of all candidates",
        key="costs",
        on_open=_look_at,
    )
    if any(view.cost_per_1k_usd is None for view in review.candidates):
        st.caption(
            "A cost is unknown until the student has prices: set price_input_usd and price_output_usd for it in"
            " flywheel.toml. Costs are estimates from measured tokens."
        )


def draw_records(
    review: ReviewView,
    chosen: CandidateView,
    samples: Sequence[Sample],
    base: Sequence[Sample],
    requests: Sequence[Mapping[str, object]],
) -> None:
    """Draw the records of the chosen reading, worst first; a click opens the record."""
    counts = review_records.count_readings(samples, base)
    reading = _choose_reading(counts, has_base=bool(base))
    records = review_records.list_records(samples, base, requests, reading=reading)
    if not records:
        st.caption("No record is of this kind.")
        return
    columns = (
        Column(title="Request", keep=True, width="38%"),
        Column(title="Teacher"),
        *((Column(title="Base"),) if base else ()),
        Column(title="Candidate, changes marked", keep=True),
        Column(title="Outcome"),
    )
    rows.draw_rows(
        columns,
        [_record_row(review, chosen, record, has_base=bool(base)) for record in records[:SHOWN_RECORDS]],
        name=f"Records: {reading}",
        key="read_records",
        on_open=lambda position: url.write(record=position),
    )
    if len(records) > SHOWN_RECORDS:
        st.caption(f"The first {SHOWN_RECORDS} of {numbers.quantity(len(records), 'record')}.")


def render_moves(moves: Sequence[review_records.Move]) -> str:
    """Return the pairs of answers as a table."""
    body = "".join(
        f'<tr><td class="fw-number">{numbers.count(move.records)}</td><th scope="row">{rows.breakable(move.expected)}'
        f"</th><td>{rows.breakable(move.answered)}</td></tr>"
        for move in moves
    )
    head = '<thead><tr><th scope="col">n</th><th scope="col">Teacher</th><th scope="col">Candidate</th></tr></thead>'
    return f'<table class="fw-evidence" aria-label="Answers that moved most">{head}<tbody>{body}</tbody></table>'


def outcome_badge(outcome: Outcome) -> str:
    """Return an outcome as a small label."""
    color = {Outcome.CORRECT: "green", Outcome.WRONG: "orange"}.get(outcome, "red")
    return rows.badge(OUTCOME_NAMES[outcome], color)  # type: ignore[arg-type]  # the three colours above


def current_reading(counts: Mapping[Reading, int], *, has_base: bool) -> Reading:
    """Return the reading that the URL asks for, else where a reviewer starts. Raises `InputError`."""
    asked = url.read_choice(st.query_params, "show", [str(reading) for reading in _options(has_base=has_base)])
    return Reading(asked) if asked else review_records.first_reading(counts)


def _options(*, has_base: bool) -> list[Reading]:
    return list(Reading) if has_base else [Reading.ALL_WRONG, Reading.ALL]


def _choose_reading(counts: Mapping[Reading, int], *, has_base: bool) -> Reading:
    current = current_reading(counts, has_base=has_base)
    st.session_state["show_records"] = current
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="reading"):
        st.segmented_control(
            "Show",
            _options(has_base=has_base),
            key="show_records",
            required=True,
            wrap=True,
            label_visibility="collapsed",
            on_change=lambda: url.write(show=st.session_state["show_records"], record=None),
        )
        st.caption(review_records.describe_readings(counts, has_base=has_base))
    return current


def _record_row(review: ReviewView, chosen: CandidateView, record: ReadRecord, *, has_base: bool) -> Row:
    diff = render_diff(compare_words(record.teacher, record.candidate))
    base = (Cell(text=record.base or "none", tone="quiet"),) if has_base else ()
    return Row(
        id=str(record.position),
        href=_link(review, chosen, tab="Records", record=record.position),
        cells=(
            Cell(text=record.preview or "empty request", phone_note=f"teacher: {record.teacher}"),
            Cell(text=record.teacher),
            *base,
            Cell(html=diff),
            Cell(html=outcome_badge(record.outcome)),
        ),
    )


def _score_row(review: ReviewView, view: CandidateView, *, is_chosen: bool) -> Row:
    metrics, interval = view.metrics, view.agreement
    span = numbers.share_interval(interval.low, interval.high) if interval else None
    return Row(
        id=view.id,
        href=_link(review, view),
        cells=(
            Cell(text=view.name, tone="name" if is_chosen else "plain"),
            Cell(text=numbers.share(metrics.accuracy if interval else None), note=span),
            Cell(text=_score(metrics.macro_f1)),
            Cell(text=_score(metrics.token_overlap_f1)),
            Cell(text=numbers.count(metrics.n)),
        ),
    )


def _score(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _point(view: CandidateView, *, is_chosen: bool) -> IntervalPoint:
    assert view.agreement is not None
    return IntervalPoint(
        student=view.candidate.student,
        variant=view.candidate.variant,
        value=view.metrics.accuracy,
        low=view.agreement.low,
        high=view.agreement.high,
        n=view.metrics.n,
        is_chosen=is_chosen,
    )


def _link(review: ReviewView, view: CandidateView, **parameters: object) -> str:
    return url.link("review", run=review.run_id, candidate=view.id, **parameters)


def _look_at(candidate: str) -> None:
    url.write(candidate=candidate, record=None, show=None)
