"""What a person may do to a run on its page: cancel it with a reason, or try again what failed.

Each act is one call into `core` in a callback, and clicking it again changes nothing: `core` takes a second cancel as
the first, and a retry is asked for once for each end of a run.
"""

import streamlit as st

from app.ui import boundary, identity, launch_form, markup, navigation, run_queries, run_view, states
from app.ui.identity import Account, Duty
from core.runs import RunView

ASKED, REASON, PROBLEM = "cancel_asked", "cancel_reason", "cancel_problem"
RETRIED = "retried"
MAX_REASON = 500


def draw_buttons(run: RunView) -> None:
    """Draw what the signed-in person can do with the run as it stands."""
    account = identity.current_account()
    may = account.may(Duty.LAUNCHER)
    why_not = explain_refusal(account)
    if run_view.can_cancel(run):
        st.button(
            "Cancel run…",
            icon=":material/cancel:",
            key="cancel_run",
            disabled=not may,
            help=None if may else why_not,
            on_click=_ask,
            args=(run.summary.id,),
        )
    if run_view.can_retry(run):
        st.button(
            "Try again what failed",
            icon=":material/refresh:",
            key="retry_run",
            disabled=not may,
            help=None if may else why_not,
            on_click=_retry,
            args=(run, account.id),
        )
    if run.summary.status.is_final:
        if run_view.count_measured(run):
            st.button(
                "Review candidates",
                icon=":material/compare_arrows:",
                key="review_run",
                type="primary",
                on_click=navigation.go,
                args=("review",),
                kwargs={"run": run.summary.id},
            )
        st.button(
            "Launch again…",
            icon=":material/rocket_launch:",
            key="launch_again",
            help="Opens the form with what this run was asked for.",
            on_click=_launch_again,
            args=(run,),
        )


def draw_launch_button() -> None:
    """Draw the way to a new run."""
    st.button(
        "Launch a run",
        icon=":material/rocket_launch:",
        key="launch_run",
        type="primary",
        on_click=navigation.go,
        args=("launch",),
    )


def explain_refusal(account: Account) -> str:
    """Return why this person's buttons are out of reach."""
    return f"{account.name} is signed in as {account.title.lower()}, who may not start or stop runs."


def is_asking() -> bool:
    """Tell whether the cancel dialog is open, so that nothing redraws the page under it."""
    return ASKED in st.session_state


def draw_pending(run: RunView) -> None:
    """Open the dialog while a cancel of this run is asked about."""
    if st.session_state.get(ASKED) != run.summary.id:
        return
    if not run_view.can_cancel(run):
        _forget()
        return
    st.dialog("Cancel this run?", width="medium", icon=":material/cancel:", on_dismiss=_forget)(_draw_dialog)(run)


def _draw_dialog(run: RunView) -> None:
    st.markdown(
        f"Run {markup.strong(run.summary.id)} stops within seconds. Its remote jobs are cancelled and its deployments"
        " removed; what was measured stays."
    )
    if problem := st.session_state.get(PROBLEM):
        states.show_problem(problem)
    st.text_area(
        "Why?",
        key=REASON,
        max_chars=MAX_REASON,
        height=90,
        placeholder="Stands on the run's page for those who wonder. May stay empty.",
    )
    account = identity.current_account()
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.button("Keep it running", key="keep_running", type="tertiary", on_click=_close)
        st.button(
            "Cancel run", key="confirm_cancel", type="primary", on_click=_cancel, args=(run.summary.id, account.id)
        )


def _ask(run_id: str) -> None:
    st.session_state[ASKED] = run_id
    st.session_state[REASON] = ""
    st.session_state.pop(PROBLEM, None)


def _cancel(run_id: str, actor: str) -> None:
    reason = " ".join(str(st.session_state.get(REASON) or "").split())
    problem = boundary.attempt(lambda: run_queries.cancel(run_id, actor=actor, reason=reason))
    if problem:
        st.session_state[PROBLEM] = problem
        return
    _forget()
    st.session_state[boundary.NOTICE_KEY] = "The run is being stopped."
    st.rerun()  # a click in a dialog reruns the dialog alone; the page behind it has changed


def _retry(run: RunView, actor: str) -> None:
    end = (run.summary.id, run.summary.finished_at)
    if st.session_state.get(RETRIED) == end:
        return
    st.session_state[RETRIED] = end
    if not boundary.act(lambda: run_queries.retry(run.summary.id, actor=actor), told="The run is queued again."):
        st.session_state.pop(RETRIED, None)


def _launch_again(run: RunView) -> None:
    navigation.go("launch", **launch_form.describe_run(run))


def _close() -> None:
    _forget()
    st.rerun()


def _forget() -> None:
    for key in (ASKED, PROBLEM):
        st.session_state.pop(key, None)
