"""The parts of the System page about operations: the doctor's findings, the queue, slots, and what was left outside."""

import streamlit as st

from app.ui import boundary, identity, numbers, operation_queries, operation_view
from app.ui.identity import Duty
from core.database import utc_now


def draw_doctor() -> None:
    """Draw what is wrong with runs, or that nothing is."""
    st.subheader("Doctor", anchor=False)
    with boundary.part():
        findings = operation_queries.list_findings()
        if findings:
            st.html(operation_view.render_findings(findings, now=utc_now()))
            st.caption("`flywheel doctor` tells the same and asks the services too. Nothing is changed by looking.")
        else:
            st.caption("Nothing is stuck, drifted or orphaned.")


def draw_queue() -> None:
    """Draw the waiting runs with when they start, and the slots that deployments share."""
    with boundary.part():
        places, slots = operation_queries.list_queue(), operation_queries.list_slots()
        if places:
            st.html(operation_view.render_queue(places))
        if slots:
            free = sum(slot.run_id is None for slot in slots)
            st.caption(f"{numbers.count(free)} of {numbers.quantity(len(slots), 'slot')} free.")
            st.html(operation_view.render_slots(slots))


def draw_leftovers() -> None:
    """Draw what could not be removed outside, and the way to try again at once."""
    with boundary.part():
        leftovers = operation_queries.list_leftovers()
        if not leftovers:
            return
        st.subheader("To clean up", anchor=False)
        st.caption("Workers try again by themselves, with growing pauses.")
        st.html(operation_view.render_leftovers(leftovers, now=utc_now()))
        account = identity.current_account()
        st.button(
            "Try all again now",
            icon=":material/refresh:",
            key="retry_leftovers",
            disabled=not account.may(Duty.LAUNCHER),
            on_click=_retry,
        )


def _retry() -> None:
    boundary.act(operation_queries.retry_leftovers, told="A worker tries again within its next sweep.")
