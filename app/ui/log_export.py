"""Files of what the Logs page filters: links to the API process, which streams them past this one."""

import streamlit as st

from app.ui import queries, url
from app.ui.log_filters import LogQuery

FORMATS = {"jsonl": "JSON lines", "csv": "CSV"}


def draw_export(query: LogQuery) -> None:
    """Draw the menu of files."""
    with st.popover("Export", icon=":material/download:", key="export"):
        st.caption(
            "All records that the filters select, oldest first. The API streams them; it must run: `flywheel api`."
        )
        for ending, name in FORMATS.items():
            st.link_button(name, address(query, ending), icon=":material/download:", key=f"export_{ending}")


def address(query: LogQuery, ending: str) -> str:
    """Return where the API serves these filters' records as a file."""
    api = queries.settings().api
    log_filter = query.to_filter()
    return f"http://{api.host}:{api.port}" + url.link(
        "api/logs/export",
        workload=query.workload,
        client=query.client,
        since=log_filter.since.isoformat() if log_filter.since else None,
        until=log_filter.until.isoformat() if log_filter.until else None,
        text=query.text,
        format=ending,
    )
