"""Samples: every record's outcome for every candidate of a run, page by page or as a file."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlmodel import Session
from starlette.responses import StreamingResponse

from app.api.context import Surroundings
from app.api.errors import describe_errors
from app.api.result_replies import SampleList, SampleReply
from app.api.sample_filters import SampleQuery, Wanted
from core.errors import InputError
from core.evaluation import RecordFacts, write_json_lines
from core.logs import write_csv
from core.promotion import ReadRecords, describe_rows, load_facts, read_records
from core.runs import get_run

router = APIRouter(prefix="/api/jobs", tags=["results"])

Place = tuple[str, str, int]
"""Where a sample stands in the order of pages: student, variant, position."""


@router.get("/{job_id}/samples", summary="Outcomes, record by record", responses=describe_errors(404))
def list_samples(
    job_id: str,
    context: Surroundings,
    wanted: Wanted,
    *,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
) -> SampleList:
    """Return samples of the candidates asked for, ordered by student, variant and position."""
    after = read_cursor(cursor) if cursor is not None else None
    page: list[SampleReply] = []
    with context.installation.database.read() as session:
        get_run(session, job_id)
        facts = load_facts(session, job_id) if wanted.records.asks_facts else ()
        for read in _walk(session, job_id, wanted, facts=facts, after=after):
            for reply in _describe(read, after):
                if len(page) == limit:
                    return SampleList(samples=page, next_cursor=write_cursor(_place_of(page[-1])))
                page.append(reply)
    return SampleList(samples=page, next_cursor=None)


@router.get(
    "/{job_id}/samples.csv",
    summary="Outcomes as CSV",
    response_class=StreamingResponse,
    responses={200: {"description": "one row a record", "content": {"text/csv": {}}}, **describe_errors(404)},
)
def export_samples_as_csv(job_id: str, context: Surroundings, wanted: Wanted) -> StreamingResponse:
    """Return what the filters select with the answers of every variant side by side, for a spreadsheet.

    A cell that a spreadsheet would run as a formula begins with an apostrophe.
    """
    content = list(write_csv(_export(job_id, context, wanted)))
    return StreamingResponse(iter(content), media_type="text/csv", headers=_as_file(job_id, "csv"))


@router.get(
    "/{job_id}/samples.jsonl",
    summary="Outcomes as JSON lines",
    response_class=StreamingResponse,
    responses={
        200: {"description": "one object a record", "content": {"application/jsonl": {}}},
        **describe_errors(404),
    },
)
def export_samples_as_json_lines(job_id: str, context: Surroundings, wanted: Wanted) -> StreamingResponse:
    """Return what the filters select with the answers of every variant side by side, for a program."""
    content = list(write_json_lines(_export(job_id, context, wanted)))
    return StreamingResponse(iter(content), media_type="application/jsonl", headers=_as_file(job_id, "jsonl"))


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


def _walk(
    session: Session,
    job_id: str,
    wanted: SampleQuery,
    *,
    facts: Sequence[RecordFacts],
    after: Place | None = None,
) -> Iterator[ReadRecords]:
    for candidate in wanted.choose(session, job_id):
        if after is None or (candidate.student, candidate.variant) >= after[:2]:
            yield read_records(session, job_id, candidate, wanted.records, facts=facts)


def _describe(read: ReadRecords, after: Place | None) -> Iterator[SampleReply]:
    student, variant = read.candidate.student, read.candidate.variant
    for record in read.records:
        if after is None or (student, variant, record.sample.position) > after:
            yield SampleReply(
                student=student,
                variant=variant,
                candidate=str(read.candidate),
                pair=record.pair,
                gold_key=read.gold.get(record.sample.key),
                **asdict(record.sample),
            )


def _export(job_id: str, context: Surroundings, wanted: SampleQuery) -> Iterator[dict[str, Any]]:
    with context.installation.database.read() as session:
        get_run(session, job_id)
        facts = load_facts(session, job_id)
        for read in _walk(session, job_id, wanted, facts=facts):
            yield from describe_rows(session, read)


def _as_file(job_id: str, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="samples-{job_id}.{ending}"'}


def _place_of(sample: SampleReply) -> Place:
    return sample.student, sample.variant, sample.position
