"""Samples: every record's outcome for every candidate of a run, page by page."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from sqlmodel import Session

from app.api.context import Surroundings
from app.api.errors import describe_errors
from app.api.result_replies import SampleList, SampleReply
from core.errors import InputError
from core.evaluation import Candidate, Outcome, Sample, get_evaluation, list_evaluations, load_samples, parse_candidate
from core.runs import get_run

router = APIRouter(prefix="/api/jobs", tags=["results"])

Place = tuple[str, str, int]
"""Where a sample stands in the order of pages: student, variant, position."""


@router.get("/{job_id}/samples", summary="Outcomes, record by record", responses=describe_errors(404))
def list_samples(
    job_id: str,
    context: Surroundings,
    *,
    candidate: Annotated[str | None, Query(description="`student:variant`")] = None,
    student: str | None = None,
    variant: str | None = None,
    outcome: Outcome | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
) -> SampleList:
    """Return samples of the candidates asked for, ordered by student, variant and position."""
    after = read_cursor(cursor) if cursor is not None else None
    page: list[SampleReply] = []
    with context.installation.database.read() as session:
        get_run(session, job_id)
        chosen = _choose(session, job_id, candidate=candidate, student=student, variant=variant)
        for place, sample in _walk(session, job_id, chosen, after):
            if outcome is not None and sample.outcome is not outcome:
                continue
            if len(page) == limit:
                return SampleList(samples=page, next_cursor=write_cursor(_place_of(page[-1])))
            page.append(
                SampleReply(student=place[0], variant=place[1], candidate=f"{place[0]}:{place[1]}", **asdict(sample))
            )
    return SampleList(samples=page, next_cursor=None)


def write_cursor(place: Place) -> str:
    """Return the text that stands for "after this sample" in a URL."""
    student, variant, position = place
    return base64.urlsafe_b64encode(f"{position}\n{variant}\n{student}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> Place:
    """Return the place that a cursor stands for. Raises `InputError` for what `write_cursor` did not write."""
    try:
        padded = text + "=" * (-len(text) % 4)
        position, variant, student = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("\n")
        place = (student, variant, int(position))
    except (ValueError, binascii.Error) as error:
        raise InputError("the cursor is not one of ours; use next_cursor of the page before", field="cursor") from error
    return place


def _choose(
    session: Session, job_id: str, *, candidate: str | None, student: str | None, variant: str | None
) -> Sequence[Candidate]:
    if candidate is not None:
        return [get_evaluation(session, job_id, parse_candidate(candidate)).candidate]
    known = [result.candidate for result in list_evaluations(session, job_id)]
    chosen = [c for c in known if student in (None, c.student) and variant in (None, c.variant)]
    return sorted(chosen, key=lambda c: (c.student, c.variant))


def _walk(
    session: Session, job_id: str, candidates: Sequence[Candidate], after: Place | None
) -> Iterator[tuple[Place, Sample]]:
    for candidate in candidates:
        if after is not None and (candidate.student, candidate.variant) < after[:2]:
            continue
        for sample in load_samples(session, job_id, candidate):
            place = (candidate.student, candidate.variant, sample.position)
            if after is None or place > after:
                yield place, sample


def _place_of(sample: SampleReply) -> Place:
    return sample.student, sample.variant, sample.position
