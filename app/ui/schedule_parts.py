"""One card a schedule, with what can be done to it. Each act is one call into `core` in a callback."""

import streamlit as st

from app.ui import boundary, identity, markup, schedule_queries, schedule_view
from app.ui.identity import Duty
from core.database import utc_now
from core.runs import Schedule


def draw_schedule(schedule: Schedule) -> None:
    """Draw a schedule's card."""
    now = utc_now()
    with st.container(border=True, key=f"schedule_{schedule.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(markup.literal(schedule.name), anchor=False)
            if schedule.is_enabled:
                st.badge("On", color="green", icon=":material/event_repeat:")
            else:
                st.badge("Paused", color="gray", icon=":material/pause:")
        if schedule.last_error:
            st.warning(markup.literal(schedule.last_error), title="The last firing met a problem")
        st.html(schedule_view.render_facts(schedule, now=now))
        _draw_acts(schedule)


def _draw_acts(schedule: Schedule) -> None:
    account = identity.current_account()
    may = account.may(Duty.LAUNCHER)
    with st.container(horizontal=True, gap="small"):
        label, icon, act = PAUSE if schedule.is_enabled else RESUME
        st.button(label, icon=icon, key=f"toggle_{schedule.id}", disabled=not may, on_click=act, args=(schedule.id,))
        st.button(
            "Run now",
            icon=":material/rocket_launch:",
            key=f"now_{schedule.id}",
            disabled=not may,
            on_click=_run_now,
            args=(schedule.id, account.id),
        )
        with st.popover("Delete", icon=":material/delete:", disabled=not may, key=f"more_{schedule.id}"):
            st.caption("The runs it has launched stay.")
            st.button(
                "Delete the schedule",
                key=f"delete_{schedule.id}",
                type="primary",
                on_click=_delete,
                args=(schedule.id,),
            )


def _pause(schedule_id: str) -> None:
    boundary.act(lambda: schedule_queries.pause(schedule_id), told="Paused: it launches nothing until it is resumed.")


def _resume(schedule_id: str) -> None:
    boundary.act(lambda: schedule_queries.resume(schedule_id), told="Resumed from now on.")


def _run_now(schedule_id: str, actor: str) -> None:
    boundary.act(lambda: schedule_queries.run_now(schedule_id, actor=actor), told="A run is queued; see Runs.")


def _delete(schedule_id: str) -> None:
    boundary.act(lambda: schedule_queries.delete(schedule_id), told="The schedule is gone.")


PAUSE = ("Pause", ":material/pause:", _pause)
RESUME = ("Resume", ":material/play_arrow:", _resume)
