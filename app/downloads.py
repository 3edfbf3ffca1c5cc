"""Files that pages offer and that are streamed, so that no page holds them: records of the Logs page.

The route stands beside the pages in the web process and takes the page's own parameters, so its link is the view's.
"""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from app.ui import log_filters, queries
from core.errors import FlywheelError, InputError
from core.logs import EXPORTS, MEDIA_TYPES

LOGS_PATH = "/download/logs"


def download_logs(request: Request) -> Response:
    """Stream the records that the Logs page shows under these parameters, as JSON lines or CSV (`format`)."""
    parameters = dict(request.query_params)
    form = parameters.pop("format", "jsonl")
    try:
        if form not in EXPORTS:
            raise InputError(f"format is {form[:40]!r}; choose from {', '.join(EXPORTS)}")  # told below
        wanted = log_filters.read_query(parameters, queries.list_workloads()).to_filter()
        store = queries.log_store()
        store.browse(wanted, limit=1)  # a text that cannot be searched is refused before anything is sent
    except FlywheelError as error:
        return PlainTextResponse(f"{error}\n", status_code=400 if isinstance(error, InputError) else 503)
    headers = {"Content-Disposition": f'attachment; filename="records.{form}"', "Cache-Control": "no-store"}
    return StreamingResponse(EXPORTS[form](store, wanted), media_type=MEDIA_TYPES[form], headers=headers)
