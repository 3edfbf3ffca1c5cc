"""The records of a review as rows: which reading, which columns, what each variant answered. Pure.

Selecting and ordering belongs to `core.evaluation.records`; the control's words and the row's cells are made here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.ui import conversation, numbers
from app.ui.previews import preview_each
from core.evaluation import Outcome, OutcomePair, Sample, SelectedRecord

ANSWER_CHARS = 400
"""Longer answers are cut in the table; the drawer has them whole."""


class Reading(StrEnum):
    """Which records to read; the values are what the control says and the URL holds, so they hold no counts."""

    NEWLY_WRONG = "Newly wrong"  # the base agreed with the teacher, this candidate does not
    MUST_SEE = "Must see"  # the list that the decision card counts
    NEWLY_RIGHT = "Newly right"  # the other way round
    BOTH_WRONG = "Wrong in both"
    ALL_WRONG = "All that differ"  # this candidate differs from the teacher
    ALL = "All records"


PAIRS: Mapping[Reading, frozenset[OutcomePair]] = {
    Reading.NEWLY_WRONG: frozenset({OutcomePair.NEWLY_WRONG}),
    Reading.NEWLY_RIGHT: frozenset({OutcomePair.NEWLY_RIGHT}),
    Reading.BOTH_WRONG: frozenset({OutcomePair.BOTH_WRONG}),
    Reading.ALL_WRONG: frozenset({OutcomePair.NEWLY_WRONG, OutcomePair.BOTH_WRONG}),
    Reading.ALL: frozenset(),
}

OUTCOME_NAMES = {
    Outcome.CORRECT: "agrees",
    Outcome.WRONG: "differs",
    Outcome.INVALID_FORMAT: "unreadable",
    Outcome.TRUNCATED: "cut off",
    Outcome.ERROR: "failed",
    Outcome.MISSING: "no answer",
}


@dataclass(frozen=True, kw_only=True)
class ReadAnswer:
    """What one variant answered to a record."""

    text: str
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class ReadRecord:
    """One record of the table. `answers` are by variant; a variant without a sample is left out."""

    position: int
    preview: str
    teacher: str
    gold: str | None
    answers: Mapping[str, ReadAnswer]


def list_options(*, has_base: bool) -> tuple[Reading, ...]:
    """Return the readings that mean something: without a base, nothing is newly wrong or right."""
    return tuple(Reading) if has_base else (Reading.ALL_WRONG, Reading.MUST_SEE, Reading.ALL)


def first_reading(counts: Mapping[OutcomePair, int], *, has_base: bool) -> Reading:
    """Return where a reviewer starts: newly wrong when there is any, else whatever differs, else all."""
    if has_base and counts[OutcomePair.NEWLY_WRONG]:
        return Reading.NEWLY_WRONG
    differ = counts[OutcomePair.NEWLY_WRONG] + counts[OutcomePair.BOTH_WRONG]
    return Reading.ALL_WRONG if differ else Reading.ALL


def choose_records(
    records: Sequence[SelectedRecord], reading: Reading, *, must_see: Sequence[int] = ()
) -> list[SelectedRecord]:
    """Return the records of a reading in the order given; the must-see list keeps its own order."""
    if reading is not Reading.MUST_SEE:
        wanted = PAIRS[reading]
        return [record for record in records if not wanted or record.pair in wanted]
    by_position = {record.sample.position: record for record in records}
    return [by_position[position] for position in must_see if position in by_position]


def describe_counts(counts: Mapping[OutcomePair, int], *, has_base: bool) -> str:
    """Return one line on how many records are worth reading."""
    differ = counts[OutcomePair.NEWLY_WRONG] + counts[OutcomePair.BOTH_WRONG]
    parts = [f"{numbers.count(differ)} differ from the teacher"]
    if has_base:
        parts.append(f"{numbers.count(counts[OutcomePair.NEWLY_WRONG])} newly wrong")
        parts.append(f"{numbers.count(counts[OutcomePair.NEWLY_RIGHT])} newly right")
    return " · ".join(parts)


def list_records(
    records: Sequence[SelectedRecord],
    requests: Sequence[Mapping[str, object]],
    *,
    variants: Mapping[str, Mapping[str, Sample]],
    gold: Mapping[str, str],
) -> tuple[ReadRecord, ...]:
    """Return rows for the records, in their order; `requests` are by position, `variants` hold samples by key."""
    previews = preview_each([_question(requests, record.sample.position) for record in records])
    return tuple(
        ReadRecord(
            position=record.sample.position,
            preview=preview,
            teacher=expected_text(record.sample),
            gold=gold.get(record.sample.key),
            answers={
                variant: ReadAnswer(text=answer_text(sample), outcome=sample.outcome)
                for variant, samples in variants.items()
                if (sample := samples.get(record.sample.key)) is not None
            },
        )
        for record, preview in zip(records, previews, strict=True)
    )


def step_from(position: int, positions: Sequence[int]) -> tuple[int | None, int | None]:
    """Return the positions before and after a record in a reading; from outside one steps to its beginning."""
    if position not in positions:
        return None, positions[0] if positions else None
    at = positions.index(position)
    return (positions[at - 1] if at else None), (positions[at + 1] if at + 1 < len(positions) else None)


def answer_text(sample: Sample) -> str:
    """Return what the candidate answered, as read; what it sent where it could not be read."""
    return sample.answer_text or sample.output_text or f"({OUTCOME_NAMES[sample.outcome]})"


def expected_text(sample: Sample) -> str:
    """Return the teacher's answer as read."""
    return sample.expected_text or ""


def shorten(text: str) -> str:
    """Return an answer as the table shows it."""
    return text if len(text) <= ANSWER_CHARS else f"{text[:ANSWER_CHARS].rstrip()}…"


def _question(requests: Sequence[Mapping[str, object]], position: int) -> str:
    return conversation.last_user_text(requests[position]) if position < len(requests) else ""
