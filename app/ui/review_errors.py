"""The Errors tab: how answers ended, the confusion matrix, which answers moved most, and which arguments differ."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app.ui import charts, confusion_view, numbers, rows, url
from app.ui.review_records import OUTCOME_NAMES
from app.ui.review_view import CandidateView, ReviewView
from app.ui.rows import Cell, Column, Row
from core.evaluation import Outcome, Sample
from core.scoring import Change, calls_of_key, diff_tool_calls

SHOWN_MOVES = 12
OTHER_ARGUMENTS = "same tool, other arguments"


@dataclass(frozen=True, kw_only=True)
class Move:
    """How often the candidate answered `answered` where the teacher said `expected`."""

    expected: str
    answered: str
    records: int


def draw(review: ReviewView, chosen: CandidateView, samples: Sequence[Sample]) -> None:
    """Draw the tab for the chosen candidate."""
    st.html(render_outcomes(chosen))
    comparison = chosen.assessed.comparison
    if comparison.confusion is None:
        st.caption("This workload's answers are free text: there are no classes to confuse. Read the records instead.")
        return
    matrix = confusion_view.make_readable(comparison.confusion)
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
        _draw_moves(review, chosen, list_moves(samples, shown=SHOWN_MOVES))
        arguments = count_argument_changes(samples)
        if arguments:
            st.subheader("Arguments that differ most", anchor=False)
            st.html(render_arguments(arguments[:SHOWN_MOVES]))


def list_moves(samples: Sequence[Sample], *, shown: int) -> tuple[Move, ...]:
    """Return the most frequent pairs of teacher's and candidate's answer that differ, by label.

    A call of the right tool that is wrong all the same is wrong in its arguments.
    """
    pairs = Counter(
        (sample.expected_label, _name_answer(sample))
        for sample in samples
        if sample.outcome is not Outcome.CORRECT and sample.expected_label is not None
    )
    ordered = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(
        Move(expected=str(expected), answered=answered, records=records)
        for (expected, answered), records in ordered[:shown]
    )


def count_argument_changes(samples: Sequence[Sample]) -> list[tuple[str, int]]:
    """Return how often each argument of a tool call differs, most often first; empty where there are no tools."""
    counts: Counter[str] = Counter()
    for sample in samples:
        if sample.tool_name_correct is None or sample.outcome is Outcome.CORRECT:
            continue
        expected, answered = calls_of_key(sample.expected_key), calls_of_key(sample.answer_key)
        if expected is None or answered is None:
            continue
        for call in diff_tool_calls(expected, answered):
            if call.change is Change.CHANGED:
                changed = {argument.path for argument in call.arguments if argument.change is not Change.SAME}
                counts.update(f"{call.name} · {path or 'all arguments'}" for path in changed)
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))


def render_outcomes(chosen: CandidateView) -> str:
    """Return how the answers ended, as a line of labels."""
    colors = {Outcome.CORRECT: "green", Outcome.WRONG: "orange"}
    outcomes = chosen.assessed.comparison.outcomes
    labels = [
        rows.badge(f"{numbers.count(outcomes[outcome])} {OUTCOME_NAMES[outcome]}", colors.get(outcome, "red"))  # type: ignore[arg-type]
        for outcome in Outcome
        if outcomes.get(outcome)
    ]
    return f'<div class="fw-badges">{" ".join(labels)}</div>'


def render_arguments(changes: Sequence[tuple[str, int]]) -> str:
    """Return the arguments that differ as a table."""
    body = "".join(
        f'<tr><td class="fw-number">{numbers.count(records)}</td><th scope="row">{rows.breakable(name)}</th></tr>'
        for name, records in changes
    )
    head = '<thead><tr><th scope="col">n</th><th scope="col">Argument</th></tr></thead>'
    return f'<table class="fw-evidence" aria-label="Arguments that differ most">{head}<tbody>{body}</tbody></table>'


def _name_answer(sample: Sample) -> str:
    if sample.answer_label is None:
        return OUTCOME_NAMES[sample.outcome]
    return OTHER_ARGUMENTS if sample.answer_label == sample.expected_label else sample.answer_label


def _draw_moves(review: ReviewView, chosen: CandidateView, moves: Sequence[Move]) -> None:
    if not moves:
        st.caption("Every answer equals the teacher's.")
        return
    by_id = {f"{move.expected} → {move.answered}": move for move in moves}

    def read(move_id: str) -> None:
        url.write(tab="Records", label=by_id[move_id].expected, show="All that differ", page=None)

    rows.draw_rows(
        (
            Column(title="Teacher", keep=True),
            Column(title="Candidate", keep=True),
            Column(title="n", align="right", keep=True),
        ),
        [
            Row(
                id=move_id,
                href=url.link(
                    "review",
                    run=review.run_id,
                    candidate=chosen.id,
                    tab="Records",
                    label=move.expected,
                    show="All that differ",
                ),
                cells=(Cell(text=move.expected), Cell(text=move.answered), Cell(text=numbers.count(move.records))),
            )
            for move_id, move in by_id.items()
        ],
        name="Answers that moved most",
        key="moves",
        on_open=read,
    )
