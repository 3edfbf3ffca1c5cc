"""The decision card: what would replace what, how well it does, what that rests on, and the decision itself."""

from datetime import datetime
from html import escape

import streamlit as st

from app.ui import decision_dialog, frame, identity, markup, numbers, review_view, url, verdicts
from app.ui.decision_dialog import Subject
from app.ui.identity import Account, Duty
from app.ui.review_view import CandidateView, EvidenceLine, Gain, ReviewView, Standing
from core.promotion import Decision, Verdict

SIGNS = {
    Standing.PASSES: ("\N{CHECK MARK}", "green"),
    Standing.NEEDS_JUDGEMENT: ("\N{CIRCLE WITH LEFT HALF BLACK}", "orange"),
    Standing.FAILS: ("\N{MULTIPLICATION X}", "red"),
    Standing.UNKNOWN: ("?", "gray"),
    Standing.STATED: ("", "gray"),
}


def draw_card(review: ReviewView, view: CandidateView, *, gain: Gain | None, now: datetime) -> None:
    """Draw the card; its buttons begin an act that `decision_dialog` asks about."""
    with st.container(border=True, key="decision_card"):
        left, right = st.columns([0.56, 0.44], gap="large")
        with left:
            _draw_badges(view)
            st.markdown(
                f"Replace {markup.strong(review.teacher)} with {markup.strong(view.name)}"
                f" for {markup.strong(review.workload_id)}"
            )
            st.markdown(review_view.state_verdict(view))
            _draw_figures(view, gain)
            if view.standing_decision:
                _draw_decision(view.standing_decision, now)
            _draw_buttons(review, view, identity.current_account())
        with right:
            st.html(render_evidence(review_view.list_evidence(view, gain)))


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
        on_change=lambda: url.write(candidate=st.session_state["candidate"], record=None, show=None),
    )


def render_evidence(lines: tuple[EvidenceLine, ...]) -> str:
    """Return the lines as a table; the limit's column appears when anything is demanded."""
    with_limits = any(line.limit for line in lines)
    rows = "".join(_render_line(line, with_limit=with_limits) for line in lines)
    limit = '<th scope="col">Limit</th>' if with_limits else ""
    head = f'<thead><tr><th scope="col">Evidence</th><th scope="col">Observed</th>{limit}</tr></thead>'
    return f'<table class="fw-evidence" aria-label="Evidence for the decision">{head}<tbody>{rows}</tbody></table>'


def _render_line(line: EvidenceLine, *, with_limit: bool) -> str:
    sign, color = SIGNS[line.standing]
    mark = f'<span class="fw-sign fw-sign-{color}" title="{line.standing}">{sign}</span> ' if sign else ""
    said = f'<span class="fw-spoken">{line.standing}: </span>' if sign else ""
    quiet = " fw-quiet" if line.observed == numbers.UNKNOWN else ""
    limit = f'<td class="fw-quiet">{escape(line.limit)}</td>' if with_limit else ""
    return (
        f'<tr><th scope="row">{mark}{said}{escape(line.title)}</th>'
        f'<td class="fw-number{quiet}">{escape(line.observed)}</td>{limit}</tr>'
    )


def _draw_badges(view: CandidateView) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        decision = view.standing_decision
        if decision is None:
            st.badge("Awaiting decision", icon=":material/hourglass_top:", color="orange")
        else:
            label, icon, color = verdicts.LOOKS[decision.verdict]
            st.badge(label, icon=icon, color=color)
        wrong = view.metrics.n - view.metrics.correct
        if wrong:
            st.badge(f"{numbers.quantity(wrong, 'record')} differ", icon=":material/difference:", color="gray")


def _draw_figures(view: CandidateView, gain: Gain | None) -> None:
    interval = view.agreement
    with st.grid(3, min_column_width=140, gap="small"):
        st.metric(
            "Agreement",
            numbers.share(view.metrics.accuracy if interval else None),
            delta=numbers.share_interval(interval.low, interval.high) if interval else None,
            delta_color="off",
            delta_arrow="off",
        )
        st.metric(
            "Gain over base",
            numbers.points(gain.value) if gain else "none",
            delta=_gain_interval(gain),
            delta_color="off",
            delta_arrow="off",
        )
        st.metric("Cost per 1k", numbers.money(view.cost_per_1k_usd))


def _gain_interval(gain: Gain | None) -> str | None:
    if gain is None or gain.interval is None:
        return None
    low, high = numbers.points(gain.interval.low), numbers.points(gain.interval.high)
    return f"{low.removesuffix(f'{numbers.NBSP}pp')}{numbers.NBSP}to{numbers.NBSP}{high}"


def _draw_decision(decision: Decision, now: datetime) -> None:
    label, icon, _ = verdicts.LOOKS[decision.verdict]
    draw = {Verdict.APPROVED: st.success, Verdict.REJECTED: st.error}.get(decision.verdict, st.warning)
    draw(verdicts.describe_act(decision, now), title=label, icon=icon)
    frame.draw_link("decisions", "On record", icon=":material/gavel:", parameters={"decision": decision.id})


def _draw_buttons(review: ReviewView, view: CandidateView, account: Account) -> None:
    may_approve = account.may(Duty.APPROVER)
    may_review = may_approve or account.may(Duty.REVIEWER)
    buttons = [
        ("Approve…", ":material/check:", Verdict.APPROVED, may_approve),
        ("Reject…", ":material/close:", Verdict.REJECTED, may_review),
        ("Ask for changes…", ":material/edit_note:", Verdict.CHANGES_REQUESTED, may_review),
    ]
    if view.standing_decision:
        buttons.append(("Withdraw…", ":material/undo:", Verdict.WITHDRAWN, may_approve))
    why_not = f"{account.name} is signed in as {account.title.lower()}; switch to the approver in the side bar."
    with st.container(horizontal=True, gap="small", key="decision_buttons"):
        for label, icon, verdict, is_allowed in buttons:
            st.button(
                label,
                icon=icon,
                key=f"act_{verdict}",
                type="primary" if verdict is Verdict.APPROVED else "secondary",
                disabled=not is_allowed,
                help=None if is_allowed else why_not,
                on_click=_begin,
                args=(review, view, verdict),
            )


def _begin(review: ReviewView, view: CandidateView, verdict: Verdict) -> None:
    url.write(candidate=view.id, record=None)  # stay with this candidate whatever becomes of it
    subject = Subject(
        run_id=review.run_id,
        workload_id=review.workload_id,
        candidate=view.candidate,
        name=view.name,
        teacher=review.teacher,
        results_hash=view.results_hash,
        sequence=view.sequence,
        is_decided=view.standing_decision is not None,
    )
    decision_dialog.begin(subject, verdict)
