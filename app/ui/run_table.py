"""The Runs page: filters and paging in the URL, and one row a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from app.ui import navigation, numbers, rows, run_queries, run_view, url, verdicts
from app.ui.rows import Cell, Column, Row
from core.database import utc_now
from core.runs import RunStatus, RunSummary

ALL_STATES, ALL_WORKLOADS = "All states", "All workloads"
OPEN_STATE = "open"
"""Stands in a link for every state that has not ended."""
STATE_OPTIONS: Mapping[str, str] = {
    OPEN_STATE: "Not ended",
    **{str(status): look[0] for status, look in run_view.STATE_LOOK.items()},
}
CAME_TO = {
    RunStatus.COMPLETED: "all steps",
    RunStatus.COMPLETED_WITH_ERRORS: "partly",
    RunStatus.FAILED: "stopped",
    RunStatus.CANCELLED: "stopped",
}
PAGE_SIZE = 50


@dataclass(frozen=True, kw_only=True)
class RunFilter:
    """What the URL asks for; None means all."""

    state: str | None
    workload: str | None
    before: str | None

    @property
    def is_filtered(self) -> bool:
        """Tell whether anything narrows the list."""
        return self.state is not None or self.workload is not None

    @property
    def statuses(self) -> tuple[RunStatus, ...] | None:
        """The states to list."""
        if self.state is None:
            return None
        return run_queries.OPEN if self.state == OPEN_STATE else (RunStatus(self.state),)


def read_filter(parameters: Mapping[str, str], workloads: Sequence[str]) -> RunFilter:
    """Return what the URL asks for. Raises `InputError` with the near miss."""
    return RunFilter(
        state=url.read_choice(parameters, "state", list(STATE_OPTIONS)),
        workload=url.read_choice(parameters, "workload", workloads),
        before=url.read_id(parameters, "before"),
    )


def draw_filters(chosen: RunFilter, workloads: Sequence[str]) -> None:
    """Draw the two filters; a change writes the URL and starts at the newest run."""
    st.session_state["runs_state"] = chosen.state or ALL_STATES
    st.session_state["runs_workload"] = chosen.workload or ALL_WORKLOADS
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="run_filters"):
        st.selectbox(
            "State",
            [ALL_STATES, *STATE_OPTIONS],
            format_func=lambda state: STATE_OPTIONS.get(state, state),
            key="runs_state",
            width=200,
            on_change=_write,
        )
        st.selectbox("Workload", [ALL_WORKLOADS, *workloads], key="runs_workload", width=240, on_change=_write)
        if chosen.is_filtered:
            st.button("Clear", icon=":material/filter_alt_off:", type="tertiary", key="clear_filters", on_click=clear)


def clear() -> None:
    """Take every filter out of the URL."""
    url.write(state=None, workload=None, before=None)


def draw_page(chosen: RunFilter) -> Sequence[RunSummary]:
    """Draw the runs as they stand now, and the way to older ones; return them."""
    page = load(chosen)
    draw_runs(page.runs, name="Runs, newest first", key="runs", now=utc_now())
    with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        if chosen.before:
            st.button("Newest", icon=":material/first_page:", type="tertiary", key="newest", on_click=_go, args=(None,))
        if page.next_before:
            st.button(
                "Older",
                icon=":material/chevron_right:",
                icon_position="right",
                key="older",
                on_click=_go,
                args=(page.next_before,),
            )
    return page.runs


def load(chosen: RunFilter) -> run_queries.RunPage:
    """Return the runs that the filters ask for."""
    return run_queries.list_runs(
        workload_id=chosen.workload, statuses=chosen.statuses, before=chosen.before, limit=PAGE_SIZE
    )


def draw_runs(runs: Sequence[RunSummary], *, name: str, key: str, now: datetime) -> None:
    """Draw one row a run; it leads to its page."""
    columns = (
        Column(title="Workload", keep=True),
        Column(title="State", keep=True),
        Column(title="Progress", width="120px"),
        Column(title="Students"),
        Column(title="Time", align="right"),
        Column(title="Started by"),
        Column(title="Age", align="right"),
    )
    rows.draw_rows(columns, [_row(run, now=now) for run in runs], name=name, key=key, on_open=_open)


def _row(run: RunSummary, *, now: datetime) -> Row:
    label, _, color = run_view.STATE_LOOK[run.status]
    time_s = run_view.measure_time_s(run, now=now)
    age = numbers.age(run.created_at, now)
    took = "not begun" if time_s is None else numbers.duration(time_s)
    return Row(
        id=run.id,
        href=url.link("run", id=run.id),
        cells=(
            Cell(
                text=run.workload_id,
                note=f"{run.id} · {run.client_id or 'all clients'}",
                phone_note=f"{took} · {age}",
                tone="name",
            ),
            Cell(html=rows.badge(label, color)),
            Cell(html=render_progress(run)),
            Cell(text=", ".join(run_view.name_student(name) for name in run.students), tone="quiet"),
            Cell(text=took),
            Cell(text=verdicts.name_person(run.requested_by), tone="quiet"),
            Cell(text=age, tone="quiet"),
        ),
    )


def render_progress(run: RunSummary) -> str:
    """Return a bar with its per cent while the run is open, and in a word how far it came afterwards."""
    if run.status.is_final:
        return f'<span class="fw-note">{CAME_TO[run.status]}</span>'
    done = numbers.share(run.progress, decimals=0)
    return (
        f'<span class="fw-run-progress"><span class="fw-run-track"><span style="width:{run.progress * 100:.0f}%">'
        f'</span></span><span class="fw-number">{done}</span></span>'
    )


def _write() -> None:
    state, workload = st.session_state["runs_state"], st.session_state["runs_workload"]
    url.write(
        state=None if state == ALL_STATES else state,
        workload=None if workload == ALL_WORKLOADS else workload,
        before=None,
    )


def _go(before: str | None) -> None:
    url.write(before=before)
    st.rerun()  # the list follows open runs in a part of its own


def _open(run_id: str) -> None:
    navigation.go("run", id=run_id)
    st.rerun()
