"""Who is looking: in demo mode, one of four accounts that anyone at this browser may switch between.

Holds the demo's people and what each may do, until accounts and sign-in take over behind the same functions. What a
duty permits is decided in `core` for every surface; pages ask here only to hide or explain what would be refused. The
choice is kept in a cookie, so that a reload or a link keeps the person and a link never carries one.
"""

from dataclasses import dataclass
from enum import StrEnum

import streamlit as st

COOKIE = "flywheel_demo_account"
SESSION_KEY = "demo_account"


class Duty(StrEnum):
    """What a person may do."""

    LAUNCHER = "launcher"  # start and cancel runs
    REVIEWER = "reviewer"  # mark records, reject, ask for changes
    APPROVER = "approver"  # approve, withdraw and supersede
    AUDITOR = "auditor"  # read everything, change nothing


@dataclass(frozen=True, kw_only=True)
class Account:
    """A person; `id` is what decisions record."""

    id: str
    name: str
    title: str
    duties: frozenset[Duty]

    def may(self, duty: Duty) -> bool:
        """Tell whether this person holds the duty."""
        return duty in self.duties


DEMO_ACCOUNTS = (
    Account(
        id="priya.raman",
        name="Priya Raman",
        title="Approver",
        duties=frozenset({Duty.LAUNCHER, Duty.REVIEWER, Duty.APPROVER}),
    ),
    Account(id="jonas.reuter", name="Jonas Reuter", title="Reviewer", duties=frozenset({Duty.REVIEWER})),
    Account(id="maya.lindqvist", name="Maya Lindqvist", title="Engineer", duties=frozenset({Duty.LAUNCHER})),
    Account(id="teo.vargas", name="Teo Vargas", title="Auditor", duties=frozenset({Duty.AUDITOR})),
)
"""The first is who a fresh browser is, and may do everything the demo shows."""


def find_account(account_id: str | None) -> Account | None:
    """Return the demo account with this id, or None."""
    return next((account for account in DEMO_ACCOUNTS if account.id == account_id), None)


def current_account() -> Account:
    """Return the person of this session."""
    chosen = st.session_state.get(SESSION_KEY) or st.context.cookies.get(COOKIE)
    return find_account(chosen) or DEMO_ACCOUNTS[0]


def choose_account() -> None:
    """Draw the side bar's account switch; the choice holds for this browser."""
    account = current_account()
    by_id = {person.id: person for person in DEMO_ACCOUNTS}
    st.session_state[SESSION_KEY] = account.id
    st.selectbox(
        "Signed in as",
        list(by_id),
        format_func=lambda account_id: f"{by_id[account_id].name} · {by_id[account_id].title}",
        key=SESSION_KEY,
    )
    # The ids are this module's constants, so nothing from outside reaches the script.
    cookie = f"{COOKIE}={st.session_state[SESSION_KEY]}; path=/; SameSite=Lax; max-age=2592000"
    st.html(f"<script>document.cookie = '{cookie}'</script>", unsafe_allow_javascript=True)
