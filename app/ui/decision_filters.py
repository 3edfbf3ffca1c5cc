"""The filters of the Decisions page: read from the URL, drawn as controls, written back by their callbacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from app.ui import url, verdicts
from core.promotion import Decision, Verdict

ALL_VERDICTS, ALL_WORKLOADS = "All verdicts", "All workloads"
CURRENT = "only"
"""What the URL's `current` says when superseded acts are left out."""
PARAMETERS = ("verdict", "workload", "current")
_KEY = "decisions_{}"


@dataclass(frozen=True, kw_only=True)
class DecisionQuery:
    """What the URL asks for; `decision` is the act that is open."""

    verdict: Verdict | None
    workload: str | None
    only_current: bool
    decision: str | None

    @property
    def is_filtered(self) -> bool:
        """Tell whether any filter narrows the list."""
        return self.verdict is not None or self.workload is not None or self.only_current


def read_query(parameters: Mapping[str, str], decisions: Sequence[Decision]) -> DecisionQuery:
    """Return what the URL asks for. Raises `InputError` for a verdict or workload that is not there, with near miss."""
    verdict = url.read_choice(parameters, "verdict", [verdict.value for verdict in Verdict])
    return DecisionQuery(
        verdict=Verdict(verdict) if verdict else None,
        workload=url.read_choice(parameters, "workload", workload_names(decisions)),
        only_current=url.read_choice(parameters, "current", [CURRENT]) is not None,
        decision=url.read_id(parameters, "decision"),
    )


def workload_names(decisions: Sequence[Decision]) -> list[str]:
    """Return the workloads that anybody decided on, by name."""
    return sorted({decision.workload_id for decision in decisions})


def select_decisions(decisions: Sequence[Decision], query: DecisionQuery) -> list[Decision]:
    """Return the acts that the filters leave, in order."""
    return [
        decision
        for decision in decisions
        if query.verdict in {None, decision.verdict}
        and query.workload in {None, decision.workload_id}
        and (decision.is_current or not query.only_current)
    ]


def draw_filters(query: DecisionQuery, decisions: Sequence[Decision]) -> None:
    """Draw one row of controls; a change writes the URL."""
    st.session_state[_KEY.format("verdict")] = query.verdict or ALL_VERDICTS
    st.session_state[_KEY.format("workload")] = query.workload or ALL_WORKLOADS
    st.session_state[_KEY.format("current")] = query.only_current
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="decision_filters"):
        st.selectbox(
            "Verdict",
            [ALL_VERDICTS, *Verdict],
            key=_KEY.format("verdict"),
            format_func=_name_verdict,
            width=200,
            on_change=_write,
        )
        names = [ALL_WORKLOADS, *workload_names(decisions)]
        st.selectbox("Workload", names, key=_KEY.format("workload"), width=240, on_change=_write)
        st.toggle(
            "Current only",
            key=_KEY.format("current"),
            help="Leave out what a later act on the same candidate superseded",
            on_change=_write,
        )
        if query.is_filtered:
            st.button("Clear", icon=":material/filter_alt_off:", type="tertiary", key="clear_filters", on_click=clear)


def clear() -> None:
    """Take every filter out of the URL."""
    url.write(**dict.fromkeys((*PARAMETERS, "decision")))


def _name_verdict(option: str) -> str:
    return verdicts.LOOKS[Verdict(option)][0] if option in set(Verdict) else option


def _write() -> None:
    verdict, workload = st.session_state[_KEY.format("verdict")], st.session_state[_KEY.format("workload")]
    url.write(
        verdict=None if verdict == ALL_VERDICTS else verdict,
        workload=None if workload == ALL_WORKLOADS else workload,
        current=CURRENT if st.session_state[_KEY.format("current")] else None,
        decision=None,
    )
