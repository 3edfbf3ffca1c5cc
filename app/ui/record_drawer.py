"""The drawer with one logged record: where it comes from, the conversation, and the JSON as it was logged."""

import json
from html import escape

import streamlit as st

from app.ui import conversation, drawer, numbers, url
from core.logs import LogRecord

WIDTH_PX = 620


def close() -> None:
    """Take the record out of the URL, so that a reload does not open it again."""
    url.write(record=None)


@st.dialog("Logged record", position="right", width=WIDTH_PX, icon=":material/forum:", on_dismiss=close)
def show_record(record: LogRecord, *, newer: str | None, older: str | None) -> None:
    """Open the drawer; `newer` and `older` are the ids to step to, None where there is nothing."""
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
