"""The dialog for a new schedule: what it launches, and when."""

from collections.abc import Mapping
from zoneinfo import available_timezones

import streamlit as st

from app.ui import boundary, identity, queries, schedule_queries, states, url
from app.ui.identity import Duty
from core.runs import AVAILABLE_VARIANTS, LaunchRequest, Timing, TimingKind

OPEN = "new"
HOURS = 3600
ALL_CLIENTS = "All clients"
KIND_WORDS: Mapping[TimingKind, str] = {
    TimingKind.CRON: "Calendar",
    TimingKind.INTERVAL: "Interval",
    TimingKind.RECORDS: "New records",
}
_PROBLEM = "schedule_problem"
_CREATED = "schedule_created"
"""What this dialog created last: a second click on Create creates no other."""


def draw_entry() -> None:
    """Draw the way in."""
    may = identity.current_account().may(Duty.LAUNCHER)
    st.button(
        "New schedule…",
        icon=":material/add:",
        key="schedule_new",
        type="primary",
        disabled=not may,
        help=None if may else "Schedules are made by those who may launch runs; switch in the side bar.",
        on_click=_open,
    )


def draw_asked(asked: str | None) -> None:
    """Open the dialog if the URL asks for it."""
    if asked:
        _ask()


def _open() -> None:
    for key in (_PROBLEM, _CREATED):
        st.session_state.pop(key, None)
    url.write(**{OPEN: "schedule"})


def _close() -> None:
    url.write(**{OPEN: None})


@st.dialog("New schedule", width="medium", icon=":material/event_repeat:", on_dismiss=_close)
def _ask() -> None:
    st.text_input("Name", key="schedule_name", placeholder="Nightly triage", max_chars=120)
    summaries = queries.list_workloads()
    workloads = sorted({summary.workload_id for summary in summaries})
    workload = st.selectbox("Workload", workloads, key="schedule_workload")
    clients = sorted({each.client_id for each in summaries if each.workload_id == workload})
    st.selectbox("Client", [ALL_CLIENTS, *clients], key="schedule_client")
    names = [student.name for student in queries.settings().students]
    st.multiselect("Students", names, key="schedule_students", placeholder="All of them")
    st.multiselect("Variants", list(AVAILABLE_VARIANTS), key="schedule_variants", placeholder="All of them")
    kind = st.segmented_control(
        "Fires by", list(KIND_WORDS), format_func=KIND_WORDS.__getitem__, default=TimingKind.CRON, key="schedule_kind"
    )
    _draw_timing(kind or TimingKind.CRON)
    if problem := st.session_state.get(_PROBLEM):
        states.show_problem(problem)
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button("Create", key="schedule_create", type="primary", on_click=_create)


def _draw_timing(kind: TimingKind) -> None:
    if kind is TimingKind.CRON:
        st.text_input(
            "Cron",
            value="30 2 * * *",
            key="schedule_cron",
            help="Minute, hour, day of month, month, day of week; or a word such as @daily.",
        )
        st.selectbox("Time zone", ["UTC", *sorted(available_timezones() - {"UTC"})], key="schedule_zone")
    elif kind is TimingKind.INTERVAL:
        st.number_input("Hours after the last firing", min_value=0.1, value=24.0, step=1.0, key="schedule_hours")
    else:
        st.number_input("New records", min_value=1, value=1000, step=100, key="schedule_records")


def _create() -> None:
    state = st.session_state
    name = str(state.get("schedule_name") or "")
    request = LaunchRequest(
        workload_id=str(state.get("schedule_workload") or ""),
        client_id=None if state.get("schedule_client") in (None, ALL_CLIENTS) else state["schedule_client"],
        students=tuple(state.get("schedule_students") or ()) or None,
        variants=tuple(map(str, state.get("schedule_variants") or ())) or None,
        requested_by=identity.current_account().id,
    )
    timing = _read_timing(state.get("schedule_kind") or TimingKind.CRON)
    if state.get(_CREATED) != (name, timing, request):
        state[_PROBLEM] = boundary.attempt(lambda: schedule_queries.add(name, timing, request))
        if state[_PROBLEM]:
            return
        state[_CREATED] = name, timing, request
    state[boundary.NOTICE_KEY] = "The schedule is on."
    _close()
    st.rerun()  # a click in a dialog reruns the dialog alone


def _read_timing(kind: TimingKind) -> Timing:
    state = st.session_state
    return Timing(
        kind=kind,
        cron=str(state.get("schedule_cron") or "") if kind is TimingKind.CRON else None,
        timezone=str(state.get("schedule_zone") or "UTC"),
        interval_s=round(float(state.get("schedule_hours") or 0) * HOURS) if kind is TimingKind.INTERVAL else None,
        every_records=int(state.get("schedule_records") or 0) if kind is TimingKind.RECORDS else None,
    )
