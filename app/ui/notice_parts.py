"""The part of the System page about notices: what waits for a webhook, what was given up, and sending it again."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

import streamlit as st

from app.ui import boundary, identity, numbers, queries, rows
from app.ui.identity import Duty
from core import notify
from core.database import utc_now
from core.notify import Delivery, DeliveryStatus

SHOWN = 50


def draw_notices() -> None:
    """Draw what has not reached its webhook; nothing where no webhook is set."""
    if not queries.settings().webhooks:
        return
    st.subheader("Notices", anchor=False)
    with boundary.part():
        open_ones = queries.read(
            lambda session: notify.list_deliveries(
                session, statuses=(DeliveryStatus.WAITING, DeliveryStatus.DEAD), limit=SHOWN
            )
        )
        if not open_ones:
            st.caption("Every notice has reached its webhooks.")
            return
        st.html(render_deliveries(open_ones, now=utc_now()))
        if any(delivery.status is DeliveryStatus.DEAD for delivery in open_ones):
            st.button(
                "Send the dead ones again",
                icon=":material/send:",
                key="resend_dead",
                disabled=not identity.current_account().may(Duty.LAUNCHER),
                on_click=_resend,
            )


def render_deliveries(deliveries: Sequence[Delivery], *, now: datetime) -> str:
    """Return deliveries as a table."""
    body = "".join(_render(delivery, now) for delivery in deliveries)
    return rows.render_evidence("Notices", ("Notice", "State", "Attempts", "Next"), body)


def _render(delivery: Delivery, now: datetime) -> str:
    is_dead = delivery.status is DeliveryStatus.DEAD
    error = f'<div class="fw-note">{escape(delivery.last_error)}</div>' if delivery.last_error else ""
    after = "" if is_dead else numbers.moment(delivery.next_attempt_at, now=now)
    return (
        f'<tr><th scope="row">{escape(delivery.type)} of run {escape(delivery.run_id)} to {escape(delivery.webhook)}'
        f"{error}</th><td>{rows.badge('Dead', 'red') if is_dead else rows.badge('Waiting', 'orange')}</td>"
        f'<td class="fw-number">{delivery.attempts}</td><td class="fw-number fw-nowrap">{after}</td></tr>'
    )


def _resend() -> None:
    boundary.act(
        lambda: queries.ask(queries.DATABASE, lambda: notify.resend_dead(queries.database(), now=utc_now())),
        told="A worker sends them again.",
    )
