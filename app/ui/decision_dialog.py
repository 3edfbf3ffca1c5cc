"""Deciding: a dialog that asks for the reason, says what will be recorded, and makes one `core` call.

What the person saw (results hash, number of acts) and one idempotency key are fixed when the dialog opens, so that a
triple click is one decision and a decision somebody else made meanwhile is noticed. The dialog stays open with the
reason kept when the act is refused.
"""

import uuid
from dataclasses import replace

import streamlit as st

from app.ui import boundary, identity, markup, numbers, queries, states, url
from app.ui.review_view import CandidateView, ReviewView
from core.promotion import DecisionRequest, Verdict

PENDING, REASON, PROBLEM = "pending_act", "decision_reason", "decision_problem"
MAX_REASON = 2_000

TITLES = {
    Verdict.APPROVED: "Approve promotion",
    Verdict.REJECTED: "Reject candidate",
    Verdict.CHANGES_REQUESTED: "Ask for changes",
    Verdict.WITHDRAWN: "Withdraw decision",
}
QUESTIONS = {
    Verdict.APPROVED: ("Why is this acceptable?", "What you checked, and why the remaining differences are fine."),
    Verdict.REJECTED: ("Why is this not acceptable?", "What would go wrong, with an example if you can."),
    Verdict.CHANGES_REQUESTED: ("What has to change?", "What the next run must show before you look again."),
    Verdict.WITHDRAWN: ("Why does the decision no longer stand?", "What became known since."),
}
TOLD = {
    Verdict.APPROVED: "Approval recorded.",
    Verdict.REJECTED: "Rejection recorded.",
    Verdict.CHANGES_REQUESTED: "Request for changes recorded.",
    Verdict.WITHDRAWN: "Withdrawal recorded.",
}


def begin(review: ReviewView, view: CandidateView, verdict: Verdict) -> None:
    """Remember an act to ask about; for callbacks. The next run opens the dialog."""
    st.session_state[PENDING] = DecisionRequest(
        run_id=review.run_id,
        candidate=view.candidate,
        verdict=verdict,
        reason="",
        decided_by="",
        expected_sequence=view.sequence,
        expected_results_hash=view.results_hash,
        idempotency_key=uuid.uuid4().hex,
    )
    st.session_state[REASON] = ""
    url.write(candidate=view.id, record=None)  # stay with this candidate whatever becomes of it
    st.session_state.pop(PROBLEM, None)


def draw_pending(review: ReviewView) -> None:
    """Open the dialog while an act on this run is under way."""
    act = st.session_state.get(PENDING)
    view = review.find(str(act.candidate)) if act and act.run_id == review.run_id else None
    if act is None or view is None:
        return
    opened = st.dialog(TITLES[act.verdict], width="medium", icon=":material/gavel:", on_dismiss=_forget)
    opened(_draw)(review, view, act)


def _draw(review: ReviewView, view: CandidateView, act: DecisionRequest) -> None:
    st.markdown(_consequence(review, view, act.verdict))
    problem = st.session_state.get(PROBLEM)
    if problem:
        states.show_problem(problem)
    question, hint = QUESTIONS[act.verdict]
    st.text_area(question, key=REASON, required=True, max_chars=MAX_REASON, height=110, placeholder=hint)
    account = identity.current_account()
    st.caption(
        f"Recorded for good: {markup.literal(account.name)} ({markup.literal(account.id)}), the time, your reason,"
        f" run {act.run_id}, {markup.literal(view.name)}, results {numbers.short_hash(view.results_hash)}."
    )
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.button("Cancel", key="cancel_act", type="tertiary", on_click=_cancel)
        st.button(TITLES[act.verdict], key="confirm_act", type="primary", on_click=_confirm, args=(act, account.id))


def _consequence(review: ReviewView, view: CandidateView, verdict: Verdict) -> str:
    who, teacher, workload = (markup.strong(text) for text in (view.name, review.teacher, review.workload_id))
    sentences = {
        Verdict.APPROVED: f"{who} may replace {teacher} for {workload}. Nothing is deployed by it.",
        Verdict.REJECTED: f"{who} may not replace {teacher} for {workload}.",
        Verdict.CHANGES_REQUESTED: f"{who} waits for changes before it can be decided on for {workload}.",
        Verdict.WITHDRAWN: f"The last decision on {who} for {workload} no longer stands. It stays on record.",
    }
    text = sentences[verdict]
    if view.standing_decision and verdict is not Verdict.WITHDRAWN:
        text += " This supersedes the decision before it, which stays on record."
    return text


def _confirm(act: DecisionRequest, decided_by: str) -> None:
    complete = replace(act, reason=st.session_state.get(REASON, ""), decided_by=decided_by)
    problem = boundary.attempt(lambda: queries.decide(complete))
    if problem:
        st.session_state[PROBLEM] = problem
        return
    _forget()
    st.session_state[boundary.NOTICE_KEY] = TOLD[act.verdict]
    st.rerun()  # a click in a dialog reruns the dialog alone; the page behind it has changed


def _cancel() -> None:
    _forget()
    st.rerun()


def _forget() -> None:
    for key in (PENDING, PROBLEM):
        st.session_state.pop(key, None)
