"""The drawer with one logged record: where it comes from, the conversation, and the JSON as it was logged."""

import json
from html import escape

import streamlit as st

from app.ui import conversation, deletion_dialog, drawer, log_queries, numbers, rows, store_limits, url
from app.ui.log_table import preview_by_workload
from app.ui.rows import Cell, Column, Row
from core.logs import LogFilter, LogRecord, Neighbours

WIDTH_PX = 620
AROUND = 3


def close() -> None:
    """Take the record out of the URL, so that a reload does not open it again."""
    url.write(record=None)


@st.dialog("Logged record", position="right", width=WIDTH_PX, icon=":material/forum:", on_dismiss=close)
def show_record(record: LogRecord, *, steps: Neighbours) -> None:
    """Open the drawer; `steps` are the records of the list on either side of this one."""
    newer, older = (found[0].id if found else None for found in (steps.newer, steps.older))
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        when = numbers.instant(record.timestamp_ms)
        st.caption(f"{when:%Y-%m-%d %H:%M:%S}{numbers.NBSP}UTC", width="content")
        drawer.draw_steps("Newer", "Older", (newer, older))
    st.html(render_facts(record))
    tools = conversation.read_offered_tools(record.request)
    if tools:
        st.caption(f"{numbers.quantity(len(tools), 'tool')} offered: {', '.join(tools)}")
    st.html(
        conversation.render_turns(conversation.read_turns(record.request) + conversation.read_answers(record.response))
    )
    source = st.expander("JSON as logged", icon=":material/data_object:", on_change="rerun", key="record_json")
    if source.open:
        with source:
            body = json.dumps(record.body, ensure_ascii=False, indent=2)
            st.code(body, language=None, wrap_lines=True, height=420)
    around = st.expander("Around this time", icon=":material/schedule:", on_change="rerun", key="record_around")
    if around.open:
        with around:
            _draw_around(record)
    if not store_limits.is_read_only():
        deletion_dialog.draw_record_entry()


def _draw_around(record: LogRecord) -> None:
    """Draw what the same client sent just before and after, in whatever workload."""
    found = log_queries.find_neighbours(record, LogFilter(client_id=record.client_id), each=AROUND)
    listed = [*reversed(found.newer), record, *found.older]
    rows.draw_rows(
        (Column(title="Request", keep=True), Column(title="Workload"), Column(title="From this one", align="right")),
        [
            Row(
                id=one.id,
                href=url.link("logs", record=one.id),
                cells=(
                    Cell(text=preview or "empty request", tone="name" if one.id == record.id else "plain"),
                    Cell(text=one.workload_id, tone="quiet"),
                    Cell(text=describe_distance(one.timestamp_ms - record.timestamp_ms), tone="quiet"),
                ),
            )
            for one, preview in zip(listed, preview_by_workload(listed), strict=True)
        ],
        name=f"What {record.client_id} sent around this time, newest first",
        key="records_around",
        on_open=_open,
    )


def describe_distance(distance_ms: int) -> str:
    """Return how long before or after another record one was."""
    if not distance_ms:
        return "this instant"
    return f"{numbers.duration(abs(distance_ms) / 1000)} {'later' if distance_ms > 0 else 'earlier'}"


def _open(record_id: str) -> None:
    url.write(record=record_id)
    st.rerun()  # a click in a dialog reruns the dialog alone; the page must open the other record


def render_facts(record: LogRecord) -> str:
    """Return what is known about a record as a list of terms, unknown where the log does not say."""
    facts = {
        "Workload": record.workload_id,
        "Client": record.client_id,
        "Model": record.model or numbers.UNKNOWN,
        "Answer": record.label or "no short answer",
        "Tokens": f"{numbers.count(record.prompt_tokens)} in, {numbers.count(record.completion_tokens)} out",
        "Finish reason": record.finish_reason or numbers.UNKNOWN,
        "Record": record.id,
    }
    rows = "".join(f"<dt>{escape(term)}</dt><dd>{escape(value)}</dd>" for term, value in facts.items())
    return f'<dl class="fw-facts">{rows}</dl>'
