"""Deciding: a dialog that asks for the reason, says what will be recorded, and makes one `core` call.

What the person saw (results hash, number of acts) and one idempotency key are fixed when the dialog opens, so that a
triple click is one decision and a decision somebody else made meanwhile is noticed. The dialog stays open with the
reason kept when the act is refused.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import streamlit as st

from app.ui import boundary, identity, markup, numbers, queries, states, url
from core.evaluation import Candidate
from core.promotion import DecisionRequest, Verdict

PENDING, REASON, PROBLEM = "pending_act", "decision_reason", "decision_problem"
OVERRIDE_REASON = "override_reason"
MAX_REASON = 2_000
DECISION = "decision"
"""The URL's parameter of a page that shows one act."""

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


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What an act is about, as the person saw it when the dialog opened.

    `basis` are the parts of the results hash; `failing` and `open` say how the gates stand that do not pass, for an
    approval on a page that shows them.
    """

    run_id: str
    workload_id: str
    candidate: Candidate
    name: str
    teacher: str
    results_hash: str
    sequence: int  # how many acts on the candidate there were
    is_decided: bool  # whether one of them stands
    basis: Mapping[str, str] = field(default_factory=dict)
    failing: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PendingAct:
    """An act that the dialog asks about."""

    subject: Subject
    request: DecisionRequest


def begin(subject: Subject, verdict: Verdict) -> None:
    """Remember an act to ask about; for callbacks. The next run opens the dialog."""
    request = DecisionRequest(
        run_id=subject.run_id,
        candidate=subject.candidate,
        verdict=verdict,
        reason="",
        decided_by="",
        expected_sequence=subject.sequence,
        expected_results_hash=subject.results_hash,
        expected_basis=subject.basis,
        idempotency_key=uuid.uuid4().hex,
    )
    st.session_state[PENDING] = PendingAct(subject=subject, request=request)
    st.session_state[REASON] = st.session_state[OVERRIDE_REASON] = ""
    st.session_state.pop(PROBLEM, None)


def draw_pending(run_id: str) -> bool:
    """Open the dialog while an act on a candidate of this run is under way, and tell whether it is open."""
    act: PendingAct | None = st.session_state.get(PENDING)
    if act is None or act.subject.run_id != run_id:
        return False
    opened = st.dialog(TITLES[act.request.verdict], width="medium", icon=":material/gavel:", on_dismiss=_forget)
    opened(_draw)(act)
    return True


def _draw(act: PendingAct) -> None:
    subject, verdict = act.subject, act.request.verdict
    st.markdown(_consequence(subject, verdict))
    problem = st.session_state.get(PROBLEM)
    if problem:
        states.show_problem(problem)
    _draw_gates(subject)
    question, hint = QUESTIONS[verdict]
    st.text_area(question, key=REASON, required=True, max_chars=MAX_REASON, height=110, placeholder=hint)
    account = identity.current_account()
    st.caption(
        f"Recorded for good: {markup.literal(account.name)} ({markup.literal(account.id)}), the time, your reason,"
        f" run {markup.literal(subject.run_id)}, {markup.literal(subject.name)},"
        f" results {numbers.short_hash(subject.results_hash)}."
    )
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.button("Cancel", key="cancel_act", type="tertiary", on_click=_cancel)
        st.button(TITLES[verdict], key="confirm_act", type="primary", on_click=_confirm, args=(act.request, account.id))


def _draw_gates(subject: Subject) -> None:
    """Say which gates do not pass; failing ones need a reason of their own."""
    if subject.failing:
        lines = "\n".join(f"- {markup.literal(line)}" for line in subject.failing)
        st.error(lines, title="This overrides failing gates", icon=":material/warning:")
        st.text_area(
            "Why do the failing gates not matter here?",
            key=OVERRIDE_REASON,
            required=True,
            max_chars=MAX_REASON,
            height=80,
            placeholder="Shown in red wherever this decision is.",
        )
    if subject.open:
        lines = "\n".join(f"- {markup.literal(line)}" for line in subject.open)
        st.warning(lines, title="These gates leave it to you", icon=":material/contrast:")


def _consequence(subject: Subject, verdict: Verdict) -> str:
    who, teacher, workload = (markup.strong(text) for text in (subject.name, subject.teacher, subject.workload_id))
    sentences = {
        Verdict.APPROVED: f"{who} may replace {teacher} for {workload}. Nothing is deployed by it.",
        Verdict.REJECTED: f"{who} may not replace {teacher} for {workload}.",
        Verdict.CHANGES_REQUESTED: f"{who} waits for changes before it can be decided on for {workload}.",
        Verdict.WITHDRAWN: f"The last decision on {who} for {workload} no longer stands. It stays on record.",
    }
    text = sentences[verdict]
    if subject.is_decided and verdict is not Verdict.WITHDRAWN:
        text += " This supersedes the decision before it, which stays on record."
    return text


def _confirm(act: DecisionRequest, decided_by: str) -> None:
    complete = replace(
        act,
        reason=st.session_state.get(REASON, ""),
        override_reason=st.session_state.get(OVERRIDE_REASON) or None,
        decided_by=decided_by,
    )
    problem = boundary.attempt(lambda: _store(complete))
    if problem:
        st.session_state[PROBLEM] = problem
        return
    _forget()
    st.session_state[boundary.NOTICE_KEY] = TOLD[act.verdict]
    st.rerun()  # a click in a dialog reruns the dialog alone; the page behind it has changed


def _store(request: DecisionRequest) -> None:
    decision = queries.decide(request)
    if DECISION in st.query_params:
        url.write(decision=decision.id)  # the page that showed the act before goes on with this one


def _cancel() -> None:
    _forget()
    st.rerun()


def _forget() -> None:
    for key in (PENDING, PROBLEM):
        st.session_state.pop(key, None)
