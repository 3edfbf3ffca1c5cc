"""What the Logs page asks about uploaded files: hand one over, watch one, list the last ones, see who would read it."""

from collections.abc import Sequence

import streamlit as st

from app.ui import queries
from core import logs, runs
from core.database import utc_now
from core.errors import NotFoundError
from core.logs import ImportStatus, ImportView

RECENT = 5
OPEN = (ImportStatus.PENDING, ImportStatus.RUNNING)


@st.cache_resource(max_entries=200, show_spinner=False)
def request_import(
    upload_id: str,  # noqa: ARG001 - cache key: one upload is one import, however often the button is clicked
    *,
    workload_id: str | None,
    client_id: str | None,
    requested_by: str,
    _name: str,
    _content: bytes,
) -> str:
    """Store an uploaded file for a worker and return the import's id. Raises what `core.logs.request_import` raises."""
    return queries.ask(
        queries.DATABASE,
        lambda: logs.request_import(
            queries.database(),
            name=_name,
            content=_content,
            workload_id=workload_id,
            client_id=client_id,
            requested_by=requested_by,
            now=utc_now(),
        ),
    )


def request_copy(*, requested_by: str) -> str:
    """Ask a worker to copy the index that can only be read; return the id to watch it by.

    A copy that waits or runs already is returned instead of asking for a second one.
    """
    running = find_open_import()
    if running is not None and running.is_copy:
        return running.id
    return queries.ask(
        queries.DATABASE,
        lambda: logs.request_copy(queries.database(), queries.log_store(), requested_by=requested_by, now=utc_now()),
    )


def get_import(import_id: str) -> ImportView:
    """Return one import. Raises `NotFoundError` about the URL's `import`."""
    try:
        return queries.read(lambda session: logs.get_import(session, import_id))
    except NotFoundError as error:
        raise NotFoundError(str(error), field="import") from error


def list_imports(*, limit: int = RECENT) -> Sequence[ImportView]:
    """Return the last imports, newest first."""
    return queries.read(lambda session: logs.list_imports(session, limit=limit))


def find_open_import() -> ImportView | None:
    """Return the import that a worker reads or that waits for one, the farthest; None when there is none."""
    found = [view for view in list_imports() if view.status in OPEN]
    return max(found, key=lambda view: (view.status is ImportStatus.RUNNING, view.read_bytes), default=None)


def has_worker() -> bool:
    """Tell whether a worker lives that would take up an import."""
    return bool(queries.read(lambda session: runs.list_workers(session, queries.database())))
