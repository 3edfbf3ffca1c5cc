"""The filters of the Logs page: read from the URL, drawn as controls, written back by their callbacks.

The URL is the only state. Each control is set from it before it is drawn, so a link, a reload and the back button show
the same records; a change of a filter starts at the newest record again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from app.ui import url
from core.errors import InputError
from core.logs import LogFilter, QueryError, WorkloadSummary, parse_query

ALL_WORKLOADS, ALL_CLIENTS = "All workloads", "All clients"
SEARCH_HELP = """
All terms must hold. Words are whole, in requests and answers together.

- `"a phrase"` in this order, `begin*` for a beginning, `-word` to leave out
- `model:` `finish:` `label:` `client:` `workload:` with a value: `model:meta/*`, `label:"fund update"`
- `has:tools` for answers that call tools
- `after:2026-11-25`, `before:2026-11-25T14:30`, UTC
"""
PARAMETERS = ("workload", "client", "since", "until", "text")
_KEY = "logs_{}"


@dataclass(frozen=True, kw_only=True)
class LogQuery:
    """What the URL asks for; `since` and `until` are both included, as days."""

    workload: str | None
    client: str | None
    since: date | None
    until: date | None
    text: str | None
    cursor: str | None
    record: str | None

    @property
    def is_filtered(self) -> bool:
        """Tell whether any filter narrows the list."""
        return any(getattr(self, name) is not None for name in PARAMETERS)

    def to_filter(self) -> LogFilter:
        """Return the store's filter: days become instants, the last day included."""
        return LogFilter(
            workload_id=self.workload,
            client_id=self.client,
            since=url.day_start(self.since),
            until=url.day_end(self.until),
            text=self.text,
        )


def read_query(parameters: Mapping[str, str], workloads: Sequence[WorkloadSummary]) -> LogQuery:
    """Return what the URL asks for. Raises `InputError` for a workload or client without records, with near miss."""
    workload = url.read_choice(parameters, "workload", workload_names(workloads))
    client = url.read_choice(parameters, "client", client_names(workloads, workload))
    since, until = url.read_day(parameters, "since"), url.read_day(parameters, "until")
    if since and until and until < since:
        raise InputError(f"the last day {until} lies before the first day {since}", field="until")
    return LogQuery(
        workload=workload,
        client=client,
        since=since,
        until=until,
        text=url.read_text(parameters, "text"),
        cursor=url.read_id(parameters, "cursor"),
        record=url.read_id(parameters, "record"),
    )


def workload_names(workloads: Sequence[WorkloadSummary]) -> list[str]:
    """Return the workloads with records, by name."""
    return sorted({workload.workload_id for workload in workloads})


def client_names(workloads: Sequence[WorkloadSummary], workload: str | None) -> list[str]:
    """Return the clients with records of a workload, or of any, by name."""
    return sorted({row.client_id for row in workloads if workload in {None, row.workload_id}})


def draw_filters(query: LogQuery, workloads: Sequence[WorkloadSummary]) -> None:
    """Draw the search box and a row of controls; a change writes the URL."""
    _seed(query)
    st.text_input(
        "Search",
        key=_KEY.format("text"),
        placeholder="Words, model:, label:, -not",
        help=SEARCH_HELP,
        icon=":material/search:",
        max_chars=url.MAX_TEXT,
        on_change=_write,
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="log_filters"):
        names = [ALL_WORKLOADS, *workload_names(workloads)]
        st.selectbox("Workload", names, key=_KEY.format("workload"), width=200, on_change=_change_workload)
        clients = [ALL_CLIENTS, *client_names(workloads, query.workload)]
        st.selectbox("Client", clients, key=_KEY.format("client"), width=180, on_change=_write)
        st.date_input("From", key=_KEY.format("since"), value=None, format="YYYY-MM-DD", width=168, on_change=_write)
        st.date_input("To", key=_KEY.format("until"), value=None, format="YYYY-MM-DD", width=168, on_change=_write)
        if query.is_filtered:
            st.button("Clear", icon=":material/filter_alt_off:", type="tertiary", key="clear_filters", on_click=clear)
    if query.text:
        _point_at_problem(query.text)


def clear() -> None:
    """Take every filter out of the URL."""
    url.write(**dict.fromkeys((*PARAMETERS, "cursor", "record")))


def _point_at_problem(text: str) -> None:
    """Show where a search text is wrong; what is wrong is told by the page's error state below it."""
    try:
        parse_query(text)
    except QueryError as error:
        if error.position is not None:
            st.code(f"{text}\n{' ' * error.position}^", language=None)


def _seed(query: LogQuery) -> None:
    values = {name: getattr(query, name) for name in PARAMETERS}
    defaults = {"workload": ALL_WORKLOADS, "client": ALL_CLIENTS, "text": ""}
    for name, value in values.items():
        st.session_state[_KEY.format(name)] = value if value is not None else defaults.get(name)


def _write() -> None:
    values = {name: st.session_state[_KEY.format(name)] for name in PARAMETERS}
    values["workload"] = None if values["workload"] == ALL_WORKLOADS else values["workload"]
    values["client"] = None if values["client"] == ALL_CLIENTS else values["client"]
    url.write(**values, cursor=None, record=None)


def _change_workload() -> None:
    st.session_state[_KEY.format("client")] = ALL_CLIENTS  # another workload may not know this client
    _write()
