"""Logged traffic over HTTP: JSON lines in, in the shape of `flywheel logs import`, and a filtered file out."""

import time
from typing import IO, Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, StreamingResponse

from app.api.context import Surroundings
from app.api.errors import describe_errors
from app.api.log_body import receive_lines
from app.api.replies import ErrorReply
from app.api.result_replies import ImportReply, RejectedLineReply
from app.api.sample_filters import SinceQuery, UntilQuery
from core.errors import InputError
from core.logs import ExportFormat, IngestReport, LogFilter, LogStore, export_pieces, find_workloads
from core.logs.files import read_lines

router = APIRouter(prefix="/api", tags=["logs"])

PATH = "/api/logs"
LINES_SHOWN = 1000
PROBE_BYTES = 65_536
MEDIA_TYPES = {ExportFormat.JSON_LINES: "application/jsonl", ExportFormat.CSV: "text/csv; charset=utf-8"}
JSON_LINES_SCHEMA = {"schema": {"type": "string", "description": "one record a line"}}
LONG_BATCH_S = 0.05
"""After a batch that computed for longer, an upload rests as long again: people on the pages share its processor."""


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


def read_filter(
    *,
    workload: Annotated[str | None, Query(max_length=256, description="the records' `workload_id`")] = None,
    client: Annotated[str | None, Query(max_length=256, description="the records' `client_id`")] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
    text: Annotated[str | None, Query(max_length=4096, description="as in the search box of the Logs page")] = None,
) -> LogFilter:
    """Return the records that a query asks for."""
    return LogFilter(workload_id=workload, client_id=client, since=since, until=until, text=text)


@router.get(
    "/logs/export",
    summary="Logged traffic as a file",
    response_class=StreamingResponse,
    responses={
        200: {"description": "one record a line", "content": {"application/jsonl": {}, "text/csv": {}}},
        **describe_errors(404),
    },
)
def export_logs(
    context: Surroundings,
    wanted: Annotated[LogFilter, Depends(read_filter)],
    *,
    format: Annotated[ExportFormat, Query(description="JSON lines, equal to what was imported, or CSV")] = (  # noqa: A002  # as the URL says
        ExportFormat.JSON_LINES
    ),
) -> StreamingResponse:
    """Return the records that the filters select, oldest first, as they are read; nothing is held in memory."""
    store = context.installation.logs
    find_workloads(store, wanted.workload_id, wanted.client_id)
    pieces = export_pieces(store, wanted, format)
    name = f"logs-{context.clock():%Y%m%d-%H%M%S}.{format.value}"
    return StreamingResponse(
        (piece.content for piece in pieces),
        media_type=MEDIA_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def ingest(store: LogStore, body: IO[bytes]) -> ImportReply:
    """Store the lines of a body. Raises `InputError` when it holds no records at all; nothing is stored then."""
    start = body.read(PROBE_BYTES)
    if b"\0" in start:
        raise InputError("the body is binary or not UTF-8; send one JSON record a line", field="body")
    body.seek(0)
    report = IngestReport(stored=0, duplicate=0, rejected=())
    lines = enumerate(read_lines(body), start=1)
    began_s = time.thread_time()
    for report in store.ingest(lines, source=PATH):  # noqa: B007  # the last report is the final one
        computed_s = time.thread_time() - began_s
        if computed_s > LONG_BATCH_S:
            time.sleep(computed_s)
        began_s = time.thread_time()
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
