"""The Quality tab: every candidate's agreement, all scores with ours and the service's own named so, class by class."""

from collections.abc import Mapping

import streamlit as st

from app.ui import charts, markup, numbers, review_view, rows, url
from app.ui.charts import IntervalPoint
from app.ui.review_view import CandidateView, ReviewView
from app.ui.rows import Cell, Column, Row
from core.evaluation import ClassRow
from core.scoring import fold_answer
from core.statistics import BootstrapEstimate

SERVICE_MEANINGS = {
    "chat-completion.f1.f1_score": "mean token overlap with the teacher's text; no F1 of classes",
    "custom-tool-calling.tool-calling-accuracy.function_name_accuracy": "share of records with the teacher's tools",
    "custom-tool-calling.tool-calling-accuracy.function_name_and_args_accuracy": "share with the same arguments too",
}
"""What the services' own scores measure, in the words of their documentation."""


def draw(review: ReviewView, chosen: CandidateView) -> None:
    """Draw the tab."""
    left, right = st.columns([0.5, 0.5], gap="large")
    with left:
        st.subheader("Agreement with the teacher", anchor=False)
        _draw_agreement(review, chosen)
    with right:
        st.subheader("All scores, ours", anchor=False)
        draw_scores(review, chosen)
    if chosen.assessed.comparison.classes:
        st.subheader(f"Classes, {chosen.name}", anchor=False)
        _draw_classes(review, chosen)
    if chosen.evaluation.service_scores:
        st.subheader("The evaluation service's own scores", anchor=False)
        st.html(render_service_scores(chosen.evaluation.service_scores, chosen))


def draw_scores(review: ReviewView, chosen: CandidateView) -> None:
    """Draw one row a candidate; a click looks at that candidate."""
    has_classes = any(view.metrics.macro_f1 is not None for view in review.candidates)
    has_tools = any(view.metrics.tool_name_accuracy is not None for view in review.candidates)
    columns = (
        Column(title="Candidate", keep=True, width="34%"),
        Column(title="Agreement", align="right", keep=True),
        *((Column(title="Macro F1", align="right"), Column(title="Weighted F1", align="right")) if has_classes else ()),
        *(
            (Column(title="Tool name", align="right"), Column(title="With arguments", align="right"))
            if has_tools
            else ()
        ),
        *(() if has_tools else (Column(title="Token overlap", align="right"),)),
    )
    rows.draw_rows(
        columns,
        [
            _score_row(review, view, is_chosen=view == chosen, has_classes=has_classes, has_tools=has_tools)
            for view in review.candidates
        ],
        name="Scores of all candidates",
        key="scores",
        on_open=look_at,
    )
    _draw_other_scores(chosen)


def render_service_scores(scores: Mapping[str, float], chosen: CandidateView) -> str:
    """Return the service's scores under its own names, with what they measure, as a table."""
    body = "".join(
        f'<tr><th scope="row">{rows.breakable(name)}<div class="fw-note">'
        f"{rows.breakable(SERVICE_MEANINGS.get(name, 'as the service defines it'))}</div></th>"
        f'<td class="fw-number">{value:.4f}</td></tr>'
        for name, value in sorted(scores.items())
    )
    head = '<thead><tr><th scope="col">Score</th><th scope="col">Value</th></tr></thead>'
    return (
        f'<table class="fw-evidence" aria-label="Service scores of {rows.breakable(chosen.name)}">{head}'
        f"<tbody>{body}</tbody></table>"
    )


def look_at(candidate: str) -> None:
    """Look at another candidate; for callbacks."""
    url.write(candidate=candidate, record=None, show=None, page=None)


def _draw_agreement(review: ReviewView, chosen: CandidateView) -> None:
    points = [_point(view, is_chosen=view == chosen) for view in review.candidates if view.agreement]
    minimum = review.evidence.policy.minimum_agreement
    st.plotly_chart(
        charts.interval_dots(points, minimum=minimum),
        key="agreement",
        config=charts.CONFIG,
        alt=f"Agreement of every candidate with 95 % intervals; {chosen.name} has"
        f" {numbers.share(chosen.assessed.comparison.agreement.value)}, the policy's minimum is"
        f" {numbers.share(minimum)}",
    )
    n = numbers.quantity(chosen.assessed.comparison.n, "record")
    st.caption(
        f"95{numbers.NBSP}% Wilson intervals on {n}; the dotted line is the policy's minimum. A missing, failed,"
        " cut-off or unreadable answer counts as a difference."
    )
    ranking = review.evidence.assessment.ranking
    if ranking is not None:
        st.markdown(markup.literal(ranking.sentence))


def _draw_other_scores(chosen: CandidateView) -> None:
    """Draw the scores of the chosen candidate that have an interval of their own or apply to few workloads."""
    metrics, estimates = chosen.metrics, chosen.evaluation.estimates
    parts = []
    if estimates is not None:
        parts += [
            _describe_estimate("macro F1", estimates.macro_f1),
            _describe_estimate("gain in macro F1 over the base", estimates.macro_f1_gain, signed=True),
            _describe_estimate("token overlap", estimates.token_overlap_f1),
        ]
    if metrics.rouge_l is not None:
        parts.append(f"ROUGE-L {metrics.rouge_l:.3f}")
    if metrics.json_validity is not None:
        parts.append(f"valid JSON {numbers.share(metrics.json_validity)}")
    known = [part for part in parts if part]
    if known:
        st.caption(f"{chosen.name}: {'; '.join(known)}.")


def _describe_estimate(name: str, estimate: BootstrapEstimate | None, *, signed: bool = False) -> str:
    if estimate is None:
        return ""
    sign = "+" if signed else ""
    text = f"{name} {estimate.value:{sign}.3f}".replace("-", numbers.MINUS)
    if estimate.interval is None:
        return text
    low, high = (
        f"{end:{sign}.3f}".replace("-", numbers.MINUS) for end in (estimate.interval.low, estimate.interval.high)
    )
    return f"{text} (BCa bootstrap {low} to {high}, seed {estimate.seed})"


def _draw_classes(review: ReviewView, chosen: CandidateView) -> None:
    critical = {fold_answer(entry.label) for entry in review.evidence.policy.critical_classes}
    classes = sorted(chosen.assessed.comparison.classes, key=lambda row: (row.f1, -row.support, row.label))
    rows.draw_rows(
        (
            Column(title="Class, lowest F1 first", keep=True),
            Column(title="Records", align="right"),
            Column(title="Precision", align="right"),
            Column(title="Recall", align="right", keep=True),
            Column(title="F1", align="right", keep=True),
        ),
        [_class_row(review, chosen, row, is_critical=fold_answer(row.label) in critical) for row in classes],
        name=f"Classes of {chosen.name}",
        key="classes",
        on_open=lambda label: url.write(tab="Records", label=label, show="All records", page=None),
    )
    if critical:
        st.caption("◆ is a critical class of the policy. A click reads the class's records.")


def _class_row(review: ReviewView, chosen: CandidateView, row: ClassRow, *, is_critical: bool) -> Row:
    link = url.link(
        "review", run=review.run_id, candidate=chosen.id, tab="Records", label=row.label, show="All records"
    )
    precision, recall = row.precision, row.recall
    return Row(
        id=row.label,
        href=link,
        cells=(
            Cell(text=f"{row.label} ◆" if is_critical else row.label, tone="name" if is_critical else "plain"),
            Cell(text=numbers.count(row.support)),
            Cell(
                text="never answered" if precision.value is None else numbers.share(precision.value),
                note=None if precision.interval is None else review_view.describe_interval(precision.interval),
            ),
            Cell(text=numbers.share(recall.value), note=review_view.describe_interval(recall.interval)),
            Cell(text=f"{row.f1:.3f}"),
        ),
    )


def _score_row(review: ReviewView, view: CandidateView, *, is_chosen: bool, has_classes: bool, has_tools: bool) -> Row:
    metrics, agreement = view.metrics, view.assessed.comparison.agreement
    classes = (Cell(text=_score(metrics.macro_f1)), Cell(text=_score(metrics.weighted_f1))) if has_classes else ()
    tools = (
        (Cell(text=_share(metrics.tool_name_accuracy)), Cell(text=_share(metrics.tool_arguments_accuracy)))
        if has_tools
        else (Cell(text=_score(metrics.token_overlap_f1)),)
    )
    return Row(
        id=view.id,
        href=url.link("review", run=review.run_id, candidate=view.id),
        cells=(
            Cell(text=view.name, tone="name" if is_chosen else "plain"),
            Cell(text=numbers.share(agreement.value), note=review_view.describe_interval(agreement.interval)),
            *classes,
            *tools,
        ),
    )


def _share(value: float | None) -> str:
    return "none" if value is None else numbers.share(value)


def _score(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _point(view: CandidateView, *, is_chosen: bool) -> IntervalPoint:
    agreement = view.assessed.comparison.agreement
    assert agreement.interval is not None
    assert agreement.value is not None
    return IntervalPoint(
        student=view.candidate.student,
        variant=view.candidate.variant,
        value=agreement.value,
        low=agreement.interval.low,
        high=agreement.interval.high,
        n=agreement.n,
        is_chosen=is_chosen,
    )
