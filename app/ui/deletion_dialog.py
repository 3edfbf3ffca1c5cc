"""Deleting logged records on the Logs page: say which, see how many, confirm, watch the worker do it.

The URL's `delete` says what is open: `new` asks what to delete, `record` asks about the record that is open, a number
watches a deletion. What is deleted is said by the dialog's own fields, which begin with the page's filters: a search
text is for finding, not for deleting by.
"""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from app.ui import boundary, identity, import_queries, log_queries, markup, numbers, queries, states, url
from app.ui.identity import Duty
from app.ui.log_filters import ALL_CLIENTS, ALL_WORKLOADS, LogQuery, client_names, workload_names
from core.errors import InputError
from core.logs import Deletion, DeletionStatus, DeletionView, LogImport, LogRecord, WorkloadSummary

NEW, RECORD = "new", "record"
POLL_S = 1.0
KEPT = "Frozen evaluation sets, results, evidence and gold keep what they need."
ANY_IMPORT = "Any import"
WORKLOAD, CLIENT, BEFORE, IMPORT = "delete_workload", "delete_client", "delete_before", "delete_import"
SURE, PROBLEM = "delete_sure", "delete_problem"
ASKED = "delete_asked"
"""The deletion last asked for and its number, until the dialog is closed: a second click asks for no other."""
OPEN = (DeletionStatus.PENDING, DeletionStatus.RUNNING)


def draw_entry() -> None:
    """Draw the way in."""
    _draw_way_in("Delete…", key="delete_new", on_click=lambda: _open(NEW))


def draw_record_entry() -> None:
    """Draw the way to delete the record that is open."""
    _draw_way_in("Delete this record…", key="delete_record", on_click=_open_record)


def draw_asked(parameters: Mapping[str, str], query: LogQuery, workloads: Sequence[WorkloadSummary]) -> bool:
    """Open the dialog that the URL asks for, and tell whether one is open. Raises `NotFoundError`."""
    asked = url.read_id(parameters, "delete")
    if asked == NEW:
        _ask(query, workloads)
    elif asked == RECORD:
        if query.record is None:
            raise InputError("the link's 'delete' asks for a record, and no record is named", field="record")
        _ask_record(queries.get_record(query.record))
    elif asked:
        _watch(log_queries.get_deletion(_read_number(asked)))
    return asked is not None


def _read_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # a table's key
        raise InputError(f"the link's 'delete' is not a number: {text[:40]!r}", field="delete")
    return int(text)


def _draw_way_in(label: str, *, key: str, on_click: Callable[[], None]) -> None:
    may = identity.current_account().may(Duty.LAUNCHER)
    st.button(
        label,
        icon=":material/delete:",
        key=key,
        type="tertiary",
        disabled=not may,
        help=None if may else "Deleting is for engineers and approvers; switch in the side bar.",
        on_click=on_click,
    )


def _open(asked: str) -> None:
    _forget()
    url.write(delete=asked, record=None)


def _open_record() -> None:
    _forget()
    url.write(delete=RECORD)
    st.rerun()  # a click in a dialog reruns the dialog alone; the page must open the other one


def _forget() -> None:
    for key in (WORKLOAD, CLIENT, BEFORE, IMPORT, SURE, PROBLEM, ASKED):
        st.session_state.pop(key, None)


def _close() -> None:
    st.session_state.pop(ASKED, None)
    url.write(delete=None)


def _leave() -> None:
    _close()
    st.rerun()


@st.dialog("Delete logs", width="medium", icon=":material/delete:", on_dismiss=_close)
def _ask(query: LogQuery, workloads: Sequence[WorkloadSummary]) -> None:
    st.caption(f"Records to which all of this applies are deleted for good. {KEPT}")
    deletion = _draw_conditions(query, workloads)
    if deletion is None:
        st.info("Choose a workload, a client, an age or an import.", icon=":material/rule:")
        records = 0
    else:
        records = log_queries.count_deletable(deletion)
        st.warning(
            markup.literal(f"{numbers.quantity(records, 'record')} of {_all(workloads)} would be deleted: {deletion}."),
            icon=":material/delete_forever:",
        )
    _draw_confirmation(deletion, records)
    _draw_recent()


@st.dialog("Delete record", width="medium", icon=":material/delete:", on_dismiss=_close)
def _ask_record(record: LogRecord) -> None:
    st.caption(f"It is deleted for good. {KEPT}")
    deletion = Deletion(ids=(record.id,))
    when = numbers.instant(record.timestamp_ms)
    st.warning(
        markup.literal(
            f"{numbers.quantity(log_queries.count_deletable(deletion), 'record')} would be deleted: the one that client"
            f" {record.client_id!r} sent of workload {record.workload_id!r} on {when:%Y-%m-%d %H:%M:%S} UTC."
        ),
        icon=":material/delete_forever:",
    )
    _draw_confirmation(deletion, 1)


def _draw_confirmation(deletion: Deletion | None, records: int) -> None:
    """Draw what must be checked, what went wrong, and the buttons."""
    sure = st.checkbox(f"Delete {numbers.quantity(records, 'record')} for good", key=SURE, disabled=not records)
    problem = st.session_state.get(PROBLEM)
    if problem:
        states.show_problem(problem)
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.button("Cancel", key="delete_cancel", type="tertiary", on_click=_leave)
        st.button(
            "Delete",
            key="delete_start",
            type="primary",
            icon=":material/delete_forever:",
            disabled=not (sure and records),
            on_click=_start,
            args=(deletion,),
        )


def _draw_conditions(query: LogQuery, workloads: Sequence[WorkloadSummary]) -> Deletion | None:
    """Draw the fields, which begin with the page's filters, and return what they say; None when it is everything."""
    st.session_state.setdefault(WORKLOAD, query.workload or ALL_WORKLOADS)
    st.session_state.setdefault(CLIENT, query.client or ALL_CLIENTS)
    left, right = st.columns(2, gap="small")
    workload = left.selectbox("Workload", [ALL_WORKLOADS, *workload_names(workloads)], key=WORKLOAD)
    client = right.selectbox("Client", [ALL_CLIENTS, *client_names(workloads, None)], key=CLIENT)
    before = left.date_input("Older than this day, UTC", key=BEFORE, value=None, format="YYYY-MM-DD")
    imports = {one.id: one for one in log_queries.list_imports()}
    chosen = right.selectbox(
        "Undo an import",
        [ANY_IMPORT, *imports],
        format_func=lambda number: _describe_import(imports[number]) if number in imports else number,
        key=IMPORT,
    )
    if (workload, client, before, chosen) == (ALL_WORKLOADS, ALL_CLIENTS, None, ANY_IMPORT):
        return None
    return Deletion(
        workload_id=None if workload == ALL_WORKLOADS else workload,
        client_id=None if client == ALL_CLIENTS else client,
        before=url.day_start(before),
        import_id=None if chosen == ANY_IMPORT else chosen,
    )


def _start(deletion: Deletion) -> None:
    before, number = st.session_state.get(ASKED, (None, 0))
    if before != deletion:
        problem = boundary.attempt(lambda: _request(deletion))
        if problem:
            st.session_state[PROBLEM] = problem
            return
        _, number = st.session_state[ASKED]
    url.write(delete=str(number), record=None)
    st.rerun()  # a click in a dialog reruns the dialog alone; the page must open the other one


def _request(deletion: Deletion) -> None:
    number = log_queries.request_deletion(deletion, requested_by=identity.current_account().id)
    _forget()
    st.session_state[ASKED] = deletion, number


@st.dialog("Delete logs", width="medium", icon=":material/delete:", on_dismiss=_close)
def _watch(view: DeletionView) -> None:
    st.markdown(markup.strong(str(view.deletion)))
    if view.status in OPEN:
        _follow(view.id)
        st.caption("You may close this or leave; the deletion goes on.")
        return
    told = f"{numbers.quantity(view.deleted, 'record')} deleted"
    if view.status is DeletionStatus.COMPLETED:
        st.success(told, icon=":material/check_circle:")
    else:
        st.error(markup.literal(f"{told}; then it ended: {view.error}"), icon=":material/error:")
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button("Close", key="delete_done", type="primary", on_click=_leave)


@st.fragment(run_every=POLL_S)
def _follow(deletion_id: int) -> None:
    view = log_queries.get_deletion(deletion_id)
    if view.status not in OPEN:
        st.rerun()  # the page behind has fewer records, and nothing is left to poll for
    share = min(view.deleted / view.expected, 1.0) if view.expected else 0.0
    st.progress(share, text=f"{numbers.count(view.deleted)} of {numbers.quantity(view.expected, 'record')} deleted")
    if view.status is DeletionStatus.PENDING and not import_queries.has_worker():
        st.warning(
            "It is kept, and begins when a worker runs: `flywheel worker`, or `flywheel up` for all.",
            title="No worker is running",
            icon=":material/engineering:",
        )


def _draw_recent() -> None:
    recent = log_queries.list_deletions()
    if recent:
        st.markdown("**Deleted before**")
        for view in recent:
            st.caption(
                markup.literal(
                    f"{numbers.moment(view.requested_at)}, {view.requested_by}:"
                    f" {numbers.count(view.deleted)} {view.deletion} ({view.status})"
                )
            )


def _describe_import(one: LogImport) -> str:
    when = numbers.moment(numbers.instant(one.started_ms))
    return f"{one.source or 'import'} · {when} · {numbers.quantity(one.records, 'record')}"


def _all(workloads: Sequence[WorkloadSummary]) -> str:
    return numbers.count(sum(row.records for row in workloads))
