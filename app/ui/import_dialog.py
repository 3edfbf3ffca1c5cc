"""Importing a file on the Logs page: choose it, hand it to the worker, watch what becomes of its lines.

The URL's `import` says what is open: `new` asks for a file, an id watches one. The page stores the bytes and no more; a
reload or a closed dialog loses nothing, and the header leads back while a worker reads.
"""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from app.ui import boundary, identity, import_queries, import_view, markup, rows, states, store_limits, url
from app.ui.identity import Duty
from app.ui.rows import Column
from core.database import utc_now
from core.errors import UnavailableError
from core.logs import ImportStatus, ImportView

NEW = "new"
MAX_UPLOAD_MB = 200
MAX_NAME = 256
POLL_S = 1.0
TAG_HELP = "Replaces what every line of the file says; a file without it needs it here."
FILE, WORKLOAD, CLIENT, PROBLEM = "import_file", "import_workload", "import_client", "import_problem"


def draw_entry() -> None:
    """Draw the way in, and the way back to an import that is under way."""
    try:
        running = import_queries.find_open_import()
    except UnavailableError:
        st.button(
            "Import…", icon=":material/upload_file:", key="import_new", disabled=True, help="The database is down"
        )
        return
    if running:
        _follow_in_header(running.id)
    may = identity.current_account().may(Duty.LAUNCHER)
    st.button(
        "Import…",
        icon=":material/upload_file:",
        key="import_new",
        disabled=not may,
        help=None if may else "Importing is for engineers and approvers; switch in the side bar.",
        on_click=_open,
        args=(NEW,),
    )


def draw_asked(parameters: Mapping[str, str]) -> bool:
    """Open the dialog that the URL asks for, and tell whether one is open. Raises `NotFoundError`."""
    asked = url.read_id(parameters, "import")
    if asked == NEW:
        _ask_for_file(utc_now())
    elif asked:
        _watch(import_queries.get_import(asked), utc_now())
    return asked is not None


def _open(asked: str) -> None:
    st.session_state.pop(PROBLEM, None)
    url.write(**{"import": asked, "record": None})


def _close() -> None:
    url.write(**{"import": None})


@st.dialog("Import logs", width="medium", icon=":material/upload_file:", on_dismiss=_close)
def _ask_for_file(now: datetime) -> None:
    st.caption(
        "Requests and answers as your application logged them, or fine-tuning conversations under the workload you"
        " name: one JSON object a line, in `.jsonl` or `.ndjson`, plain or with `.gz` or `.zst`."
        f" Up to {MAX_UPLOAD_MB} MB here, any size with `flywheel logs import`."
    )
    file = st.file_uploader(
        "File",
        type=["jsonl", "ndjson", "gz", "zst"],
        key=FILE,
        max_upload_size=MAX_UPLOAD_MB,
        label_visibility="collapsed",
    )
    workload, client = st.columns(2, gap="small")
    workload.text_input(
        "Workload, optional", key=WORKLOAD, max_chars=MAX_NAME, placeholder="as the lines say", help=TAG_HELP
    )
    client.text_input("Client, optional", key=CLIENT, max_chars=MAX_NAME, placeholder="as the lines say", help=TAG_HELP)
    problem = st.session_state.get(PROBLEM)
    if problem:
        states.show_problem(problem)
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.button("Cancel", key="import_cancel", type="tertiary", on_click=_leave)
        st.button(
            "Import",
            icon=":material/upload:",
            key="import_start",
            type="primary",
            disabled=file is None,
            on_click=_start,
        )
    recent = import_queries.list_imports()
    if recent:
        st.markdown("**Imported before**")
        columns = (Column(title="File", keep=True), Column(title="State", keep=True))
        rows.draw_rows(
            columns,
            import_view.list_recent(recent, now),
            name="Files imported before, newest first",
            key="recent_imports",
            on_open=_go_to,
        )


def _start() -> None:
    file = st.session_state.get(FILE)
    if file is None:
        return
    started: list[str] = []
    problem = boundary.attempt(
        lambda: started.append(
            import_queries.request_import(
                file.file_id,
                workload_id=st.session_state.get(WORKLOAD, "").strip() or None,
                client_id=st.session_state.get(CLIENT, "").strip() or None,
                requested_by=identity.current_account().id,
                _name=file.name,
                _content=file.getvalue(),
            )
        )
    )
    if problem:
        st.session_state[PROBLEM] = problem
        return
    _go_to(started[0])


def _go_to(asked: str) -> None:
    _open(asked)
    st.rerun()  # a click in a dialog reruns the dialog alone; the page must open the other one


def _leave() -> None:
    _close()
    st.rerun()


@st.dialog("Import logs", width="medium", icon=":material/upload_file:", on_dismiss=_close)
def _watch(view: ImportView, now: datetime) -> None:
    st.markdown(markup.strong(view.name))
    st.caption(markup.literal(import_view.describe_origin(view, now)))
    if view.status in import_queries.OPEN:
        _follow(view.id)
        st.caption("You may close this or leave; the import goes on, and the Logs page leads back here.")
        return
    _draw_outcome(view)
    if view.is_copy:
        store_limits.draw_next_step()
        return
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.button("Import another", key="import_again", on_click=_go_to, args=(NEW,))
        st.button("Show the records", key="import_done", type="primary", on_click=_leave)


@st.fragment(run_every=POLL_S)
def _follow(import_id: str) -> None:
    view = import_queries.get_import(import_id)
    if view.status not in import_queries.OPEN:
        st.rerun()  # the page behind has new records, and nothing is left to poll for
    st.progress(import_view.read_share(view), text=import_view.describe_progress(view))
    _draw_counts(view)
    if view.status is ImportStatus.PENDING and not import_queries.has_worker():
        st.warning(
            "The file is kept; the import begins when a worker runs: `flywheel worker`, or `flywheel up` for all.",
            title="No worker is running",
            icon=":material/engineering:",
        )


@st.fragment(run_every=POLL_S)
def _follow_in_header(import_id: str) -> None:
    view = import_queries.get_import(import_id)
    if view.status not in import_queries.OPEN:
        st.rerun()
    st.button(
        import_view.describe_briefly(view),
        icon=":material/sync:",
        type="tertiary",
        key="import_running",
        on_click=_go_to,
        args=(import_id,),
    )


def _draw_outcome(view: ImportView) -> None:
    if view.status is ImportStatus.FAILED:
        st.error(
            markup.literal_but_code(view.error or "the file cannot be read"),
            title="The copy stopped" if view.is_copy else "The file could not be imported",
            icon=":material/error:",
        )
    elif view.rejected_count:
        st.warning(import_view.describe_result(view), title="Imported in part", icon=":material/rule:")
    else:
        st.success(import_view.describe_result(view), title="Imported", icon=":material/check_circle:")
    _draw_counts(view)
    if view.rejected:
        st.markdown("**Rejected lines**")
        st.html(import_view.render_rejected(view))


def _draw_counts(view: ImportView) -> None:
    with st.grid(3, min_column_width=80, gap="small"):
        st.metric("Stored", f"{view.stored:,}")
        st.metric("Known already", f"{view.duplicate:,}")
        st.metric("Rejected", f"{view.rejected_count:,}")
