"""A page of logged records as a table, and moving between pages.

Pages follow the store's cursor, so records that arrive meanwhile shift nothing. The cursor is in the URL; the way back
to newer pages is the browser's back button, or "Newer" as long as this session knows the page before.
"""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from app.ui import conversation, numbers, rows, url
from app.ui.previews import preview_each
from app.ui.rows import Cell, Column, Row
from core.logs import LogPage, LogRecord, RecordCount

PAGE_SIZE = 50
ANSWER_CHARS = 120
_WAY_BACK = "logs_way_back"


def draw_pager(page: LogPage, *, cursor: str | None, count: RecordCount) -> None:
    """Draw how many records match and the steps to other pages."""
    shown = numbers.capped_count(count.value, is_exact=count.is_exact)
    noun = "record" if count.value == 1 and count.is_exact else "records"
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small", key="pager"
    ):
        st.caption(f"{shown}\N{NO-BREAK SPACE}{noun}, newest first", width="content")
        with st.container(horizontal=True, gap="xsmall", width="content"):
            if cursor:
                st.button("Newest", icon=":material/first_page:", type="tertiary", key="newest", on_click=_go_newest)
            st.button(
                "Newer",
                icon=":material/chevron_left:",
                key="newer",
                disabled=cursor is None or cursor not in st.session_state.get(_WAY_BACK, {}),
                on_click=_go_newer,
                args=(cursor,),
            )
            st.button(
                "Older",
                icon=":material/chevron_right:",
                icon_position="right",
                key="older",
                disabled=page.next_cursor is None,
                on_click=_go_older,
                args=(cursor, page.next_cursor),
            )


def draw_records(records: Sequence[LogRecord], *, with_workload: bool, with_client: bool) -> None:
    """Draw one row a record; a click puts the record into the URL."""
    shown = (True, with_workload or with_client, True, True, True)
    columns = (
        Column(title="Request", keep=True),
        Column(title="Workload" if with_workload else "Client", width="180px"),
        Column(title="Answer", width="26%"),
        Column(title="Tokens", align="right"),
        Column(title="Time, UTC", align="right"),
    )
    source = partial(_source, with_workload=with_workload, with_client=with_client)
    rows.draw_rows(
        [column for column, keep in zip(columns, shown, strict=True) if keep],
        [
            _table_row(record, preview, source(record), shown)
            for record, preview in zip(records, preview_by_workload(records), strict=True)
        ],
        name="Logged records, newest first",
        key="records",
        on_open=_open,
    )


def preview_by_workload(records: Sequence[LogRecord]) -> list[str]:
    """Return one line for each request, in order, without what the requests of its workload share."""
    texts: dict[str, list[str]] = {}
    for record in records:
        texts.setdefault(record.workload_id, []).append(conversation.last_user_text(record.request))
    previews = {workload: iter(preview_each(own)) for workload, own in texts.items()}
    return [next(previews[record.workload_id]) for record in records]


def _source(record: LogRecord, *, with_workload: bool, with_client: bool) -> Cell:
    if not with_workload:
        return Cell(text=record.client_id, tone="quiet")
    return Cell(text=record.workload_id, note=record.client_id if with_client else None)


def _table_row(record: LogRecord, preview: str, source: Cell, shown: Sequence[bool]) -> Row:
    when = numbers.instant(record.timestamp_ms)
    answer = conversation.describe_answer(record.response)
    short = answer if len(answer) <= ANSWER_CHARS else f"{answer[:ANSWER_CHARS]}…"
    cells = (
        Cell(text=preview or "empty request", phone_note=f"{short} · {when:%Y-%m-%d %H:%M:%S}"),
        source,
        Cell(text=short),
        Cell(text=numbers.count(_total_tokens(record)), tone="quiet"),
        Cell(text=f"{when:%Y-%m-%d %H:%M:%S}", tone="quiet"),
    )
    return Row(
        id=record.id,
        href=url.link("logs", record=record.id),
        cells=[cell for cell, keep in zip(cells, shown, strict=True) if keep],
    )


def _total_tokens(record: LogRecord) -> int | None:
    known = [tokens for tokens in (record.prompt_tokens, record.completion_tokens) if tokens is not None]
    return sum(known) if known else None


def _open(record_id: str) -> None:
    url.write(record=record_id)


def _go_newest() -> None:
    url.write(cursor=None, record=None)


def _go_newer(cursor: str) -> None:
    url.write(cursor=st.session_state.get(_WAY_BACK, {}).get(cursor), record=None)


def _go_older(cursor: str | None, next_cursor: str) -> None:
    st.session_state.setdefault(_WAY_BACK, {})[next_cursor] = cursor
    url.write(cursor=next_cursor, record=None)
