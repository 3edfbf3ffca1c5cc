"""The Records tab: filters, the table with every variant's answer side by side, pages, and the files to take along."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from app.ui import numbers, review_filters, review_records, rows, url
from app.ui.diff import compare_words, render_diff
from app.ui.review_filters import FilterOptions
from app.ui.review_records import OUTCOME_NAMES, ReadAnswer, Reading, ReadRecord
from app.ui.review_view import VARIANT_NAMES, CandidateView, ReviewView
from app.ui.rows import Cell, Column, Row
from core.evaluation import Outcome, OutcomePair, SelectedRecord
from core.promotion import Mark, MarkKind, MustSee

PAGE_RECORDS = 50
MARK_LOOKS = {
    MarkKind.ACCEPTABLE: ("acceptable", "green"),
    MarkKind.REGRESSION: ("regression", "red"),
    MarkKind.TEACHER_WRONG: ("teacher was wrong", "blue"),
    MarkKind.EXCLUDED: ("excluded", "gray"),
}


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What the tab shows: the records of a reading, in order, with the counts of all that pass the filters."""

    reading: Reading
    options: tuple[Reading, ...]
    filters: FilterOptions
    records: Sequence[SelectedRecord]
    counts: Mapping[OutcomePair, int]
    has_base: bool

    @property
    def positions(self) -> list[int]:
        """Where the records stand in the evaluation set, in the order of the table."""
        return [record.sample.position for record in self.records]


def draw(
    review: ReviewView,
    chosen: CandidateView,
    selection: Selection,
    *,
    list_rows: Callable[[Sequence[SelectedRecord]], Sequence[ReadRecord]],
    marks: Mapping[int, Mark],
    must_see: MustSee,
    export: Callable[[str], str],
) -> None:
    """Draw the tab; `list_rows` makes the rows of one page, `export` the content of a file by its ending."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="reading"):
        review_filters.draw_reading(selection.options, selection.reading)
        st.caption(review_records.describe_counts(selection.counts, has_base=selection.has_base), width="content")
    review_filters.draw_filters(selection.filters)
    if not selection.records:
        st.caption("No record is of this kind. Another reading or fewer filters show more.")
        return
    pages = -(-len(selection.records) // PAGE_RECORDS)
    page = min(_read_page(), pages)
    shown = list_rows(selection.records[(page - 1) * PAGE_RECORDS : page * PAGE_RECORDS])
    variants = [view.candidate.variant for view in review.list_variants(chosen)]
    has_gold = any(record.gold is not None for record in shown)
    rows.draw_rows(
        _columns(variants, chosen.candidate.variant, has_gold=has_gold),
        [
            _row(
                review,
                chosen,
                record,
                variants=variants,
                has_gold=has_gold,
                badges=_badges(record, chosen, marks.get(record.position), must_see),
            )
            for record in shown
        ],
        name=f"Records: {selection.reading}",
        key="read_records",
        on_open=lambda position: url.write(record=position),
    )
    _draw_below(selection, page=page, pages=pages, export=export, run_id=review.run_id)


def _draw_below(selection: Selection, *, page: int, pages: int, export: Callable[[str], str], run_id: str) -> None:
    total = numbers.quantity(len(selection.records), "record")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        if pages > 1:
            st.session_state["records_page"] = page
            st.pagination(pages, key="records_page", on_change=_write_page)
        else:
            st.caption(total, width="content")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
            if pages > 1:
                st.caption(total, width="content")
            for ending, mime in (("csv", "text/csv"), ("jsonl", "application/jsonl")):
                st.download_button(
                    ending.upper(),
                    data=_content(export, ending),
                    file_name=f"records-{run_id}.{ending}",
                    mime=mime,
                    icon=":material/download:",
                    type="tertiary",
                    key=f"export_{ending}",
                    on_click="ignore",
                    help="What the filters select, with every variant's answer.",
                )


def _content(export: Callable[[str], str], ending: str) -> Callable[[], str]:
    """Return what makes the file when it is asked for, not with every click."""
    return lambda: export(ending)


def _columns(variants: Sequence[str], chosen: str, *, has_gold: bool) -> tuple[Column, ...]:
    answers = [
        Column(title=f"{VARIANT_NAMES.get(variant, variant).capitalize()}, changes marked", keep=True)
        if variant == chosen
        else Column(title=VARIANT_NAMES.get(variant, variant).capitalize())
        for variant in variants
    ]
    return (
        Column(title="Request", keep=True, width="32%"),
        Column(title="Teacher"),
        *((Column(title="Gold"),) if has_gold else ()),
        *answers,
        Column(title="State"),
    )


def _row(
    review: ReviewView,
    chosen: CandidateView,
    record: ReadRecord,
    *,
    variants: Sequence[str],
    has_gold: bool,
    badges: str,
) -> Row:
    answers = [
        Cell(
            html=_render_answer(
                record.answers.get(variant), record.teacher, is_chosen=variant == chosen.candidate.variant
            )
        )
        for variant in variants
    ]
    return Row(
        id=str(record.position),
        href=url.link(
            "review", run=review.run_id, candidate=chosen.id, tab="Records", record=record.position, show=_shown()
        ),
        cells=(
            Cell(
                text=record.preview or "empty request", phone_note=f"teacher: {review_records.shorten(record.teacher)}"
            ),
            Cell(text=review_records.shorten(record.teacher)),
            *((Cell(text=record.gold or "", tone="plain"),) if has_gold else ()),
            *answers,
            Cell(html=badges),
        ),
    )


def _render_answer(answer: ReadAnswer | None, teacher: str, *, is_chosen: bool) -> str:
    if answer is None:
        return '<span class="fw-quiet">not evaluated</span>'
    text = review_records.shorten(answer.text)
    if is_chosen:
        return render_diff(compare_words(review_records.shorten(teacher), text))
    is_right = answer.outcome is Outcome.CORRECT
    sign, color = ("\N{CHECK MARK}", "green") if is_right else ("\N{MULTIPLICATION X}", "orange")
    return (
        f'<span class="fw-sign fw-sign-{color}" aria-hidden="true">{sign}</span>'
        f'<span class="fw-spoken">{OUTCOME_NAMES[answer.outcome]}: </span>{rows.breakable(text)}'
    )


def _badges(record: ReadRecord, chosen: CandidateView, mark: Mark | None, must_see: MustSee) -> str:
    answer = record.answers.get(chosen.candidate.variant)
    parts = []
    if answer is not None:
        parts.append(outcome_badge(answer.outcome))
    if mark is not None and mark.kind in MARK_LOOKS:
        parts.append(rows.badge(*MARK_LOOKS[mark.kind]))  # type: ignore[arg-type]  # the colours above
    if record.position in must_see.positions:
        is_seen = record.position in must_see.seen
        parts.append(rows.badge("read" if is_seen else "must see", "gray" if is_seen else "blue"))
    return " ".join(parts)


def outcome_badge(outcome: Outcome) -> str:
    """Return an outcome as a small label."""
    color = {Outcome.CORRECT: "green", Outcome.WRONG: "orange"}.get(outcome, "red")
    return rows.badge(OUTCOME_NAMES[outcome], color)  # type: ignore[arg-type]  # the three colours above


def _shown() -> str | None:
    return st.query_params.get("show")


def _read_page() -> int:
    text = url.read_text(st.query_params, "page") or "1"
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _write_page() -> None:
    page = st.session_state["records_page"]
    url.write(page=None if page == 1 else page, record=None)
