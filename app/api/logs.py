"""Logged traffic in and out over HTTP: JSON lines in the shape of `flywheel logs import`, and what a filter finds."""

from datetime import datetime
from typing import IO, Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, StreamingResponse

from app.api.context import Surroundings
from app.api.errors import describe_errors
from app.api.log_body import number_lines, receive_lines
from app.api.replies import ErrorReply
from app.api.result_replies import ImportReply, RejectedLineReply
from core.errors import InputError
from core.logs import EXPORTS, MEDIA_TYPES, IngestReport, LogFilter, LogStore

router = APIRouter(prefix="/api", tags=["logs"])

PATH = "/api/logs"
LINES_SHOWN = 1000
PROBE_BYTES = 65_536
JSON_LINES_SCHEMA = {"schema": {"type": "string", "description": "one record a line"}}


@router.post(
    "/logs",
    summary="Import logged traffic",
    response_model=ImportReply,
    responses=describe_errors(413, 415) | {422: {"model": ErrorReply, "description": "not one line is a record"}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/x-ndjson": JSON_LINES_SCHEMA, "application/jsonl": JSON_LINES_SCHEMA},
        }
    },
)
async def import_lines(request: Request, context: Surroundings) -> JSONResponse:
    """Store JSON lines, plain or gzip, each once: sending them again changes nothing. Larger: the command line."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    body = await receive_lines(request.stream(), encoding=encoding)
    try:
        report = await run_in_threadpool(ingest, context.installation.logs, body)
    finally:
        body.close()
    return JSONResponse(report.model_dump())


@router.get(
    "/logs/export",
    summary="Export logged traffic",
    response_class=StreamingResponse,
    responses={
        200: {"description": "the records, oldest first", "content": {name: {} for name in MEDIA_TYPES.values()}},
        **describe_errors(404),
    },
)
def export_logs(
    context: Surroundings,
    *,
    workload_id: Annotated[str | None, Query(max_length=256)] = None,
    client_id: Annotated[str | None, Query(max_length=256)] = None,
    since: Annotated[datetime | None, Query(description="logged at or after this instant; UTC without a zone")] = None,
    until: Annotated[datetime | None, Query(description="logged before this instant")] = None,
    text: Annotated[str | None, Query(max_length=4096, description="the search box of the Logs page")] = None,
    form: Annotated[Literal["jsonl", "csv"], Query(alias="format")] = "jsonl",
) -> StreamingResponse:
    """Stream the records that match, exactly those stored when it began. JSON lines equal what was imported."""
    wanted = LogFilter(workload_id=workload_id, client_id=client_id, since=since, until=until, text=text)
    logs = context.installation.logs
    logs.browse(wanted, limit=1)  # a text that cannot be searched is refused before anything is sent
    headers = {"Content-Disposition": f'attachment; filename="records.{form}"'}
    return StreamingResponse(EXPORTS[form](logs, wanted), media_type=MEDIA_TYPES[form], headers=headers)


def ingest(store: LogStore, body: IO[bytes]) -> ImportReply:
    """Store the lines of a body. Raises `InputError` when it holds no records at all; nothing is stored then."""
    start = body.read(PROBE_BYTES)
    if b"\0" in start:
        raise InputError("the body is binary or not UTF-8; send one JSON record a line", field="body")
    body.seek(0)
    report = IngestReport(stored=0, duplicate=0, rejected=())
    for report in store.ingest(number_lines(body), source=PATH):  # noqa: B007  # the last report is the final one
        pass
    if report.stored + report.duplicate + len(report.rejected) == 0:
        raise InputError("the body is empty; send one JSON record a line", field="body")
    if report.stored + report.duplicate == 0:
        first = report.rejected[0]
        raise InputError(
            f"not one of {len(report.rejected)} lines is a record; line {first.line}: {first.reason}",
            field="body",
            line=first.line,
        )
    return ImportReply(
        stored=report.stored,
        duplicate=report.duplicate,
        rejected=len(report.rejected),
        lines=[RejectedLineReply(line=line.line, reason=line.reason) for line in report.rejected[:LINES_SHOWN]],
    )
