"""The drawer in which records are read one after another, marked, and counted as read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from app.ui import boundary, identity, numbers, reader, review_queries, review_record, review_records, url
from app.ui.identity import Duty
from app.ui.reader import MarkEntry, ReaderPage, ReaderState
from app.ui.review_record import RecordAnswers
from app.ui.review_view import CandidateView, ReviewView
from core.database import utc_now
from core.errors import NotFoundError
from core.evaluation import Sample
from core.promotion import Mark, MarkRequest, MustSee

WIDTH_PX = 680
PROBLEM, REFUSED = "mark_problem", "refused_mark"
NOT_A_REVIEWER = "Reviewers and approvers mark records; switch to one of them in the side bar."


@dataclass(frozen=True, kw_only=True)
class ReadingList:
    """What is read: the candidate's records in the order of the table, and every variant's answers by record key."""

    review: ReviewView
    chosen: CandidateView
    positions: Sequence[int]
    variants: Mapping[str, Mapping[str, Sample]]
    must_see: MustSee


def show_record(reading: ReadingList, record: str) -> None:
    """Open the drawer of a record, named by its place in the evaluation set. Raises `NotFoundError`."""
    samples = reading.review.evidence.samples[reading.chosen.candidate]
    if not record.isascii() or not record.isdigit() or int(record) >= len(samples):
        raise NotFoundError(
            f"the evaluation set has no record {record!r}; it holds {len(samples)}, counted from 0", field="record"
        )
    st.session_state.pop(PROBLEM, None)
    _open(reading)


@st.dialog(
    "Record",
    position="right",
    width=WIDTH_PX,
    icon=":material/difference:",
    on_dismiss=lambda: url.write(record=None),
)
def _open(reading: ReadingList) -> None:
    """Draw the record that the URL names; a step or a mark reruns the drawer alone."""
    position = int(st.query_params["record"])
    account = identity.current_account()
    may_mark = account.may(Duty.REVIEWER) or account.may(Duty.APPROVER)
    run_id, candidate = reading.review.run_id, reading.chosen.candidate
    if may_mark:
        review_queries.note_seen(run_id, candidate, position, seen_by=account.id)
    marks = review_queries.list_marks(run_id, candidate)
    before, after = review_records.step_from(position, reading.positions)
    problem, refused = st.session_state.get(PROBLEM), st.session_state.get(REFUSED)
    is_about_this = refused is not None and refused.position == position
    state = ReaderState(
        current=_page(reading, position, marks),
        previous=None if before is None else _page(reading, before, marks),
        following=None if after is None else _page(reading, after, marks),
        problem=problem.body if problem and is_about_this else None,
        refused=refused if is_about_this else None,
        why_not=None if may_mark else NOT_A_REVIEWER,
    )
    reader.draw_reader(
        state,
        on_step=lambda wanted: _step(reading, wanted),
        on_mark=lambda entry: _mark(reading, entry, marked_by=account.id),
    )


def _page(reading: ReadingList, position: int, marks: Mapping[int, Mark]) -> ReaderPage:
    review, chosen = reading.review, reading.chosen
    sample = review.evidence.samples[chosen.candidate][position]
    record = RecordAnswers(
        position=position,
        answers={variant: each[sample.key] for variant, each in reading.variants.items() if sample.key in each},
        chosen=chosen.candidate.variant,
        gold=review.evidence.gold.get(sample.key),
    )
    said = review_queries.list_record_marks(review.run_id, chosen.candidate, position) if position in marks else ()
    reason = next((str(each.reason) for each in reading.must_see.records if each.position == position), None)
    return ReaderPage(
        position=position,
        label=_label(reading, position),
        html=review_record.render_record(
            record,
            review_queries.load_evaluation_set(review.evaluation_set),
            review_queries.load_facts(review.evaluation_set),
        ),
        mark_html=review_record.render_marks(said, now=utc_now(), must_see=reason),
        mark=marks.get(position),
    )


def _label(reading: ReadingList, position: int) -> str:
    total = numbers.count(len(reading.positions))
    if position not in reading.positions:
        return f"Record {position + 1} of the set"
    return f"{reading.positions.index(position) + 1} of {total}"


def _step(reading: ReadingList, wanted: int) -> None:
    if wanted in reading.positions:  # the browser may send anything
        st.session_state.pop(PROBLEM, None)
        url.write(record=wanted)


def _mark(reading: ReadingList, entry: MarkEntry, *, marked_by: str) -> None:
    request = MarkRequest(
        run_id=reading.review.run_id,
        candidate=reading.chosen.candidate,
        position=entry.position,
        kind=entry.kind,
        marked_by=marked_by,
        note=entry.note,
        gold=entry.gold,
    )
    problem = boundary.attempt(lambda: review_queries.mark_record(request))
    st.session_state[PROBLEM], st.session_state[REFUSED] = problem, entry if problem else None
