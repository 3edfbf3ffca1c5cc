"""The rarer acts on a finished run: one student again, and deletion; behind one button, each said before it is done."""

import streamlit as st

from app.ui import boundary, identity, markup, navigation, run_acts, run_queries
from app.ui.identity import Duty
from core.runs import RunView


def draw_more(run: RunView) -> None:
    """Draw the button and what is behind it; nothing for a run that has not ended."""
    if not run.summary.status.is_final:
        return
    account = identity.current_account()
    may = account.may(Duty.LAUNCHER)
    with st.popover("More", icon=":material/more_horiz:", disabled=not may, key="run_more"):
        if not may:
            st.caption(run_acts.explain_refusal(account))
            return
        _draw_rerun(run, actor=account.id)
        st.divider()
        _draw_delete(run, actor=account.id)


def _draw_rerun(run: RunView, *, actor: str) -> None:
    names = [student.name for student in run.students]
    st.markdown("**One student again**")
    st.caption("From its deployment to its last evaluation, on the same datasets. New results replace its old ones.")
    st.selectbox("Student", names, key="rerun_student")
    st.button("Run it again", icon=":material/replay:", key="rerun", on_click=_rerun, args=(run.summary.id, actor))


def _draw_delete(run: RunView, *, actor: str) -> None:
    st.markdown("**Delete this run**")
    st.caption(
        "Its datasets and models are removed outside, then its rows here. What a decision rests on stays provable."
    )
    st.checkbox(f"Yes, delete {markup.literal(run.summary.id)}", key="delete_sure")
    st.button(
        "Delete",
        icon=":material/delete:",
        key="delete_run",
        disabled=not st.session_state.get("delete_sure"),
        on_click=_delete,
        args=(run.summary.id, actor),
    )


def _rerun(run_id: str, actor: str) -> None:
    student = str(st.session_state["rerun_student"])
    boundary.act(
        lambda: run_queries.rerun_student(run_id, student, actor=actor), told=f"{student} is queued again in this run."
    )


def _delete(run_id: str, actor: str) -> None:
    if boundary.act(lambda: run_queries.delete(run_id, actor=actor), told="A worker deletes the run within a minute."):
        navigation.go("runs")
