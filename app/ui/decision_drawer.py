"""The drawer with one act: who, when, why, on which results, what came before and after, and the next act."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

import streamlit as st

from app.ui import (
    decision_dialog,
    decision_grounds,
    decision_table,
    frame,
    identity,
    markup,
    numbers,
    review_view,
    url,
    verdicts,
)
from app.ui.decision_dialog import Subject
from app.ui.identity import Duty
from core.promotion import Decision, Grounds, Verdict

WIDTH_PX = 620
TEACHER = "the teacher"
HASHES = ("Results hash", "Decision")

MEANINGS = {
    Verdict.APPROVED: "{who} may replace the teacher for {workload}.",
    Verdict.REJECTED: "{who} may not replace the teacher for {workload}.",
    Verdict.CHANGES_REQUESTED: "{who} waits for changes before it can be decided on for {workload}.",
    Verdict.WITHDRAWN: "The decision on {who} for {workload} no longer stands.",
}
# An approval is given on the Review page only, where gates and records stand beside it.
NEXT_ACTS = {
    Verdict.REJECTED: ("Reject…", ":material/close:"),
    Verdict.CHANGES_REQUESTED: ("Ask for changes…", ":material/edit_note:"),
    Verdict.WITHDRAWN: ("Withdraw…", ":material/undo:"),
}


def open_act(decision_id: str) -> None:
    """Put an act into the URL; the next run opens its drawer."""
    url.write(decision=decision_id)


@st.dialog(
    "Decision",
    position="right",
    width=WIDTH_PX,
    icon=":material/gavel:",
    on_dismiss=lambda: url.write(decision=None),
)
def show_decision(decision: Decision, history: Sequence[Decision], *, now: datetime) -> None:
    """Open the drawer; `history` are all acts on the candidate, newest first."""
    _draw_badges(decision)
    who = markup.strong(review_view.name_candidate(decision.candidate))
    st.markdown(MEANINGS[decision.verdict].format(who=who, workload=markup.strong(decision.workload_id)))
    st.html(render_reason(decision, now))
    if decision.grounds.override_reason:
        st.error(
            markup.literal(decision.grounds.override_reason),
            title="Failing gates were overridden",
            icon=":material/warning:",
        )
    st.html(render_facts(decision))
    parameters = {"run": decision.run_id, "candidate": str(decision.candidate)}
    frame.draw_link("review", "Evidence in Review", icon=":material/compare_arrows:", parameters=parameters)
    _draw_grounds(decision.grounds)
    if len(history) > 1:
        st.markdown("**Acts on this candidate**")
        decision_table.draw_history(history, decision, now=now, on_open=_step_to)
    if decision.is_current:
        _draw_next_acts(decision)


def render_reason(decision: Decision, now: datetime) -> str:
    """Return the reason under the name of who gave it and when."""
    when = f"{numbers.moment(decision.decided_at, now=now)}, {numbers.age(decision.decided_at, now)}"
    who = verdicts.name_person(decision.decided_by)
    return (
        f'<div class="fw-turn"><div class="fw-role">{escape(who)} · {escape(when)}</div>'
        f'<div class="fw-text">{escape(decision.reason)}</div></div>'
    )


def render_facts(decision: Decision) -> str:
    """Return what the act binds to as a list of terms."""
    facts = {
        "Decided by": decision.decided_by,
        "Run": decision.run_id,
        "Candidate": str(decision.candidate),
        "Workload": decision.workload_id,
        **decision_grounds.list_facts(decision.grounds),
        "Results hash": decision.results_hash,
        "Decision": decision.id,
    }
    rows = "".join(_render_fact(term, value) for term, value in facts.items())
    return f'<dl class="fw-facts">{rows}</dl>'


def _render_fact(term: str, value: str) -> str:
    look = ' class="fw-json"' if term in HASHES else ""
    return f"<dt>{escape(term)}</dt><dd{look}>{escape(value)}</dd>"


def _draw_badges(decision: Decision) -> None:
    word, icon, color = verdicts.LOOKS[decision.verdict]
    with st.container(horizontal=True, gap="xsmall"):
        st.badge(word, icon=icon, color=color if decision.is_current else "gray")
        if not decision.is_current:
            st.badge("Superseded", icon=":material/history:", color="gray")
        elif verdicts.is_standing(decision):
            st.badge("Stands now", icon=":material/push_pin:", color="blue")


def _draw_grounds(grounds: Grounds) -> None:
    """Draw what the act rested on, folded until asked for."""
    if not grounds.gates and not grounds.sentence:
        return
    folded = st.expander("What it rested on", icon=":material/fact_check:", on_change="rerun", key="grounds")
    if folded.open:
        with folded:
            st.markdown(markup.literal(grounds.sentence))
            st.html(decision_grounds.render_gates(grounds.gates))


def _draw_next_acts(decision: Decision) -> None:
    account = identity.current_account()
    may_approve = account.may(Duty.APPROVER)
    may_review = may_approve or account.may(Duty.REVIEWER)
    why_not = f"{account.name} is signed in as {account.title.lower()}; switch to the approver in the side bar."
    st.markdown("**A new act**")
    st.caption(
        "A decision is never edited: a new act, with a reason of its own, supersedes it on record. An approval is given"
        " in Review, beside its evidence."
    )
    with st.container(horizontal=True, gap="small", key="next_acts"):
        for verdict, (label, icon) in NEXT_ACTS.items():
            if verdict is decision.verdict:
                continue
            is_allowed = may_approve if verdict is Verdict.WITHDRAWN else may_review
            st.button(
                label,
                icon=icon,
                key=f"next_{verdict}",
                disabled=not is_allowed,
                help=None if is_allowed else why_not,
                on_click=_begin,
                args=(decision, verdict),
            )


def _begin(decision: Decision, verdict: Verdict) -> None:
    subject = Subject(
        run_id=decision.run_id,
        workload_id=decision.workload_id,
        candidate=decision.candidate,
        name=review_view.name_candidate(decision.candidate),
        teacher=TEACHER,
        results_hash=decision.results_hash,
        basis=decision.grounds.basis,
        sequence=decision.sequence,
        is_decided=verdicts.is_standing(decision),
    )
    decision_dialog.begin(subject, verdict)
    st.rerun()  # a click in a drawer reruns the drawer alone; the page must open the dialog in its place


def _step_to(decision_id: str) -> None:
    open_act(decision_id)
    st.rerun()
