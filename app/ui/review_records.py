"""The records of a review: which ones to read, in which order, and one record with every candidate's answer. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.ui import conversation, numbers
from app.ui.previews import preview_each
from core.evaluation import Outcome, Sample


class Reading(StrEnum):
    """Which records to read; the values are what the control says, so they hold no counts."""

    NEWLY_WRONG = "Newly wrong"  # the base agreed with the teacher, this candidate does not
    NEWLY_RIGHT = "Newly right"  # the other way round
    BOTH_WRONG = "Wrong in both"
    ALL_WRONG = "All that differ"  # this candidate differs from the teacher
    ALL = "All records"


OUTCOME_NAMES = {
    Outcome.CORRECT: "agrees",
    Outcome.WRONG: "differs",
    Outcome.INVALID_FORMAT: "unreadable",
    Outcome.TRUNCATED: "cut off",
    Outcome.ERROR: "failed",
    Outcome.MISSING: "no answer",
}


@dataclass(frozen=True, kw_only=True)
class ReadRecord:
    """One record of the list. `base` is None without a base; answers are what was read, or the raw output."""

    position: int
    preview: str
    teacher: str
    base: str | None
    base_outcome: Outcome | None
    candidate: str
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class AnswerOf:
    """One candidate's answer to a record."""

    name: str
    text: str
    outcome: Outcome
    error: str | None


@dataclass(frozen=True, kw_only=True)
class Move:
    """How often the candidate answered `answered` where the teacher said `expected`."""

    expected: str
    answered: str
    records: int


def count_readings(samples: Sequence[Sample], base: Sequence[Sample]) -> Mapping[Reading, int]:
    """Return how many records each reading holds; the three pairings are 0 without a base."""
    by_key = _by_key(base)
    counts = Counter(reading for sample in samples for reading in _readings(sample, by_key.get(sample.key)))
    return {reading: counts[reading] for reading in Reading}


def first_reading(counts: Mapping[Reading, int]) -> Reading:
    """Return where a reviewer starts: newly wrong when there is any, else whatever differs, else all."""
    return next((r for r in (Reading.NEWLY_WRONG, Reading.ALL_WRONG) if counts[r]), Reading.ALL)


def list_records(
    samples: Sequence[Sample],
    base: Sequence[Sample],
    requests: Sequence[Mapping[str, object]],
    *,
    reading: Reading,
) -> tuple[ReadRecord, ...]:
    """Return the records of a reading in the order of the evaluation set; `requests` is indexed by position."""
    by_key = _by_key(base)
    chosen = select_samples(samples, base, reading)
    previews = preview_each([conversation.last_user_text(requests[sample.position]) for sample in chosen])
    return tuple(
        ReadRecord(
            position=sample.position,
            preview=preview,
            teacher=expected_text(sample),
            base=answer_text(other) if (other := by_key.get(sample.key)) else None,
            base_outcome=other.outcome if other else None,
            candidate=answer_text(sample),
            outcome=sample.outcome,
        )
        for sample, preview in zip(chosen, previews, strict=True)
    )


def describe_readings(counts: Mapping[Reading, int], *, has_base: bool) -> str:
    """Return one line on how many records are worth reading."""
    parts = [f"{numbers.count(counts[Reading.ALL_WRONG])} differ from the teacher"]
    if has_base:
        parts += [f"{numbers.count(counts[r])} {r.lower()}" for r in (Reading.NEWLY_WRONG, Reading.NEWLY_RIGHT)]
    return " · ".join(parts)


def select_samples(samples: Sequence[Sample], base: Sequence[Sample], reading: Reading) -> list[Sample]:
    """Return the samples of a reading in the order of the evaluation set."""
    by_key = _by_key(base)
    return [sample for sample in samples if reading in _readings(sample, by_key.get(sample.key))]


def step_from(position: int, positions: Sequence[int]) -> tuple[int | None, int | None]:
    """Return the positions before and after a record in a reading; from outside one steps into it."""
    before = [other for other in positions if other < position]
    after = [other for other in positions if other > position]
    return (before[-1] if before else None), (after[0] if after else None)


def list_moves(samples: Sequence[Sample], *, shown: int) -> tuple[Move, ...]:
    """Return the most frequent pairs of teacher's and candidate's answer that differ, by label."""
    pairs = Counter(
        (sample.expected_label, sample.answer_label or OUTCOME_NAMES[sample.outcome])
        for sample in samples
        if sample.outcome is not Outcome.CORRECT and sample.expected_label is not None
    )
    ordered = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(
        Move(expected=str(expected), answered=answered, records=records)
        for (expected, answered), records in ordered[:shown]
    )


def answer_text(sample: Sample) -> str:
    """Return what the candidate answered, as read; what it sent where it could not be read."""
    return sample.answer_text or sample.output_text or f"({OUTCOME_NAMES[sample.outcome]})"


def expected_text(sample: Sample) -> str:
    """Return the teacher's answer as read."""
    return sample.expected_text or ""


def _readings(sample: Sample, base: Sample | None) -> tuple[Reading, ...]:
    is_right = sample.outcome is Outcome.CORRECT
    readings = [Reading.ALL] if is_right else [Reading.ALL, Reading.ALL_WRONG]
    if base is None:
        return tuple(readings)
    base_is_right = base.outcome is Outcome.CORRECT
    if base_is_right and not is_right:
        readings.append(Reading.NEWLY_WRONG)
    elif is_right and not base_is_right:
        readings.append(Reading.NEWLY_RIGHT)
    elif not is_right:
        readings.append(Reading.BOTH_WRONG)
    return tuple(readings)


def _by_key(samples: Sequence[Sample]) -> dict[str, Sample]:
    return {sample.key: sample for sample in samples}
