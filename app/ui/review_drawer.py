"""The drawer with one record of a review: the request, the teacher's answer, and what each variant answered."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from app.ui import conversation, drawer, numbers, queries, review_evidence, review_records, url
from app.ui.diff import compare_words, render_diff
from app.ui.evaluation_set import EvaluationSet
from app.ui.review_records import answer_text
from app.ui.review_view import CandidateView, ReviewView
from core.errors import NotFoundError
from core.evaluation import Outcome, Sample

WIDTH_PX = 640


def show_record(
    review: ReviewView, chosen: CandidateView, record: str, *, samples: Sequence[Sample], base: Sequence[Sample]
) -> None:
    """Open the drawer of a record, named by its place in the evaluation set. Raises `NotFoundError`."""
    rows = queries.load_evaluation_set(review.evaluation_set)
    if not record.isascii() or not record.isdigit() or int(record) >= len(rows.requests):
        raise NotFoundError(
            f"the evaluation set has no record {record!r}; it holds {len(rows.requests)}, counted from 0",
            field="record",
        )
    answers = {
        view.name: queries.load_samples(review.run_id, view.id, view.results_hash)[int(record)]
        for view in review.candidates
        if view.candidate.student == chosen.candidate.student
    }
    reading = review_evidence.current_reading(review_records.count_readings(samples, base), has_base=bool(base))
    positions = [sample.position for sample in review_records.select_samples(samples, base, reading)]
    _open(rows, int(record), answers, chosen.name, review_records.step_from(int(record), positions))


def render_answers(teacher: str, answers: Mapping[str, Sample], chosen: str) -> str:
    """Return every variant's answer, the chosen one with its changes against the teacher marked."""
    rows = [_render_answer(name, sample, teacher, is_chosen=name == chosen) for name, sample in answers.items()]
    first = (
        f'<div class="fw-answer"><div class="fw-role">Teacher</div><div class="fw-text">{escape(teacher)}</div></div>'
    )
    return f'<div class="fw-answers">{first}{"".join(rows)}</div>'


@st.dialog(
    "Record",
    position="right",
    width=WIDTH_PX,
    icon=":material/difference:",
    on_dismiss=lambda: url.write(record=None),
)
def _open(
    rows: EvaluationSet,
    position: int,
    answers: Mapping[str, Sample],
    chosen: str,
    steps: tuple[int | None, int | None],
) -> None:
    sample = answers[chosen]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(f"Record {position + 1} of {numbers.count(len(rows.requests))}", width="content")
        drawer.draw_steps("Previous", "Next", steps)
    st.markdown("**Answers**")
    teacher = sample.expected_text or conversation.describe_answer(rows.responses[position])
    st.html(render_answers(teacher, answers, chosen))
    st.html(_render_facts(sample))
    st.markdown("**Request**")
    st.html(conversation.render_turns(conversation.read_turns(rows.requests[position])))
    st.markdown("**Raw answers**")
    st.html(_render_raw(rows.responses[position], sample))


def _render_answer(name: str, sample: Sample, teacher: str, *, is_chosen: bool) -> str:
    badge = review_evidence.outcome_badge(sample.outcome)
    text = answer_text(sample)
    body = render_diff(compare_words(teacher, text)) if is_chosen else f'<div class="fw-text">{escape(text)}</div>'
    error = f'<div class="fw-note">{escape(sample.error)}</div>' if sample.error else ""
    marked = " fw-chosen" if is_chosen else ""
    return f'<div class="fw-answer{marked}"><div class="fw-role">{escape(name)} {badge}</div>{body}{error}</div>'


def _render_facts(sample: Sample) -> str:
    facts = {
        "Tokens": f"{numbers.count(sample.prompt_tokens)} in, {numbers.count(sample.completion_tokens)} out",
        "Answer time": numbers.milliseconds(sample.latency_ms),
        "Finish reason": sample.finish_reason or numbers.UNKNOWN,
        "Record key": sample.key,
    }
    if sample.outcome not in (Outcome.MISSING, Outcome.ERROR) and sample.token_overlap is not None:
        facts["Token overlap"] = f"{sample.token_overlap:.3f}"
    rows = "".join(f"<dt>{escape(term)}</dt><dd>{escape(value)}</dd>" for term, value in facts.items())
    return f'<dl class="fw-facts">{rows}</dl>'


def _render_raw(response: Mapping[str, object], sample: Sample) -> str:
    turns: Sequence[conversation.Turn] = conversation.read_answers(response)
    own = conversation.read_message({"role": "assistant", "content": sample.output_text})
    blocks = conversation.render_turns(turns) + conversation.render_turns([own])
    return f'<div class="fw-raw">{blocks}</div>'
