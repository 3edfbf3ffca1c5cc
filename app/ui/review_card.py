"""The decision card: what would replace what, the verdict, headline figures, gates, reading progress, the decision."""

from datetime import datetime

import streamlit as st

from app.ui import decision_dialog, frame, identity, markup, numbers, review_gates, review_view, url, verdicts
from app.ui.decision_dialog import Subject
from app.ui.identity import Account, Duty
from app.ui.review_view import CandidateView, ReviewView
from core.evaluation import GateStatus
from core.promotion import Decision, MustSeeProgress, Verdict


def draw_card(review: ReviewView, view: CandidateView, *, must_see: MustSeeProgress, now: datetime) -> None:
    """Draw the card; its buttons begin an act that `decision_dialog` asks about."""
    with st.container(border=True, key="decision_card"):
        left, right = st.columns([0.5, 0.5], gap="medium")
        with left:
            _draw_badges(view, must_see)
            st.markdown(
                f"Replace {markup.strong(review.teacher)} with {markup.strong(view.name)}"
                f" for {markup.strong(review.workload_id)}"
            )
            st.markdown(markup.literal(view.assessed.verdict.sentence))
            _draw_figures(view)
            if view.standing_decision:
                _draw_decision(view.standing_decision, now)
            _draw_buttons(review, view, must_see, identity.current_account())
        with right:
            st.html(review_gates.render_gates(view.assessed.gates))
            if view.assessed.verdict.training:
                st.caption(markup.literal(view.assessed.verdict.training))


def choose_candidate(review: ReviewView, chosen: CandidateView) -> None:
    """Draw the choice of the candidate; it goes into the URL."""
    names = {view.id: view.name for view in review.candidates}
    st.session_state["candidate"] = chosen.id
    st.selectbox(
        "Candidate",
        list(names),
        format_func=names.__getitem__,
        key="candidate",
        label_visibility="collapsed",
        width=300,
        on_change=lambda: url.write(
            candidate=st.session_state["candidate"], record=None, show=None, page=None, against=None
        ),
    )


def _draw_badges(view: CandidateView, must_see: MustSeeProgress) -> None:
    with st.container(horizontal=True, gap="xsmall", key="card_badges"):
        decision = view.standing_decision
        if decision is None:
            st.badge("Awaiting decision", icon=":material/hourglass_top:", color="orange")
        else:
            label, icon, color = verdicts.LOOKS[decision.verdict]
            st.badge(label, icon=icon, color=color)
        if decision is not None and decision.grounds.override_reason:
            st.badge("Failing gates overridden", icon=":material/warning:", color="red")
        for status, count in review_view.count_statuses(view).items():
            _, color, icon = review_gates.LOOKS[status]
            text = review_gates.describe_count(status, count, len(view.assessed.gates))
            st.badge(text, icon=icon, color=color)
        st.badge(
            f"{must_see.seen} of {must_see.total} must-see read",
            icon=":material/visibility:",
            color="green" if must_see.is_complete else "red" if must_see.is_required else "gray",
        )


def _draw_figures(view: CandidateView) -> None:
    with st.grid(3, min_column_width=140, gap="small"):
        for figure in review_view.list_figures(view):
            st.metric(
                figure.title,
                figure.value,
                delta=figure.note,
                delta_color="off",
                delta_arrow="off",
                help=figure.help,
            )


def _draw_decision(decision: Decision, now: datetime) -> None:
    label, icon, _ = verdicts.LOOKS[decision.verdict]
    draw = {Verdict.APPROVED: st.success, Verdict.REJECTED: st.error}.get(decision.verdict, st.warning)
    draw(verdicts.describe_act(decision, now), title=label, icon=icon)
    if decision.grounds.override_reason:
        st.error(
            f"Failing gates were overridden: {markup.literal(decision.grounds.override_reason)}",
            icon=":material/warning:",
        )
    frame.draw_link("decisions", "On record", icon=":material/gavel:", parameters={"decision": decision.id})


def _draw_buttons(review: ReviewView, view: CandidateView, must_see: MustSeeProgress, account: Account) -> None:
    approval = view.assessed.approval
    why_not = _why_no_approval(view, must_see)
    may_approve = account.may(Duty.APPROVER)
    may_review = may_approve or account.may(Duty.REVIEWER)
    role = f"{account.name} is signed in as {account.title.lower()}; switch to the approver in the side bar."
    approve = "Override and approve…" if approval.may_override else "Approve…"
    buttons = [
        (approve, ":material/check:", Verdict.APPROVED, may_approve and why_not is None, why_not or role),
        ("Reject…", ":material/close:", Verdict.REJECTED, may_review, role),
        ("Ask for changes…", ":material/edit_note:", Verdict.CHANGES_REQUESTED, may_review, role),
    ]
    if view.standing_decision:
        buttons.append(("Withdraw…", ":material/undo:", Verdict.WITHDRAWN, may_approve, role))
    with st.container(horizontal=True, gap="small", key="decision_buttons"):
        for label, icon, verdict, is_allowed, reason in buttons:
            st.button(
                label,
                icon=icon,
                key=f"act_{verdict}",
                type="primary" if verdict is Verdict.APPROVED and not approval.may_override else "secondary",
                disabled=not is_allowed,
                help=None if is_allowed else reason,
                on_click=_begin,
                args=(review, view, verdict),
            )
    if why_not is not None:
        st.markdown(f":orange[:material/block:] {markup.literal(why_not)}")
    elif approval.may_override:
        failing = ", ".join(review_gates.name_gate(gate) for gate in view.list_gates(GateStatus.FAILS))
        st.markdown(f":red[:material/warning: **Approving overrides what fails: {markup.literal(failing)}.**]")


def _why_no_approval(view: CandidateView, must_see: MustSeeProgress) -> str | None:
    """Return what forbids an approval whoever asks, None when nothing does."""
    failing = [review_gates.name_gate(gate) for gate in view.list_gates(GateStatus.FAILS)]
    if view.assessed.approval.is_blocked:
        return f"Approve is blocked by what fails: {', '.join(failing)}."
    if must_see.is_required and not must_see.is_complete:
        left = numbers.quantity(must_see.total - must_see.seen, "must-see record")
        return f"Approve waits until {left} more {'is' if must_see.total - must_see.seen == 1 else 'are'} read."
    return None


def _begin(review: ReviewView, view: CandidateView, verdict: Verdict) -> None:
    url.write(candidate=view.id, record=None)  # stay with this candidate whatever becomes of it
    failing = view.list_gates(GateStatus.FAILS) if verdict is Verdict.APPROVED else ()
    open_gates = view.list_gates(GateStatus.NEEDS_JUDGEMENT, GateStatus.UNKNOWN) if verdict is Verdict.APPROVED else ()
    subject = Subject(
        run_id=review.run_id,
        workload_id=review.workload_id,
        candidate=view.candidate,
        name=view.name,
        teacher=review.teacher,
        results_hash=view.basis.hash,
        basis=view.basis.parts(),
        sequence=view.sequence,
        is_decided=view.standing_decision is not None,
        failing=tuple(f"{gate.title}: {gate.observed_text}, limit {gate.limit_text}" for gate in failing),
        open=tuple(f"{gate.title}: {gate.reason}" for gate in open_gates),
    )
    decision_dialog.begin(subject, verdict)
