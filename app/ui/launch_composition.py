"""The Launch page's composer: what the datasets of the planned run will hold, followed while a worker computes it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.ui import composition_view, launch_queries, markup, run_queries, run_timeline
from core.runs import LaunchPlan, PreviewStatus, PreviewView

EVERY_S = 1.0
STAGES = {
    "reading": "Reading records",
    "judging": "Reading answers",
    "comparing": "Comparing prompts with the evaluation set",
    "writing": "Putting files together",
    "examples": "Choosing examples",
}


def draw_composition(plan: LaunchPlan) -> None:
    """Draw the composer of a plan; only this part is drawn again while a worker is at it."""
    asked = launch_queries.ask_for_preview(plan)
    is_open = _is_open(asked)

    def follow() -> None:
        view = launch_queries.find_preview(asked.id)
        _draw(view, plan)
        if _is_open(view) is not is_open:
            st.rerun()

    with st.container(border=True, key="launch_composition"):
        st.subheader("What the datasets will hold", anchor=False)
        st.fragment(follow, run_every=EVERY_S if is_open else None)()


def _is_open(view: PreviewView | None) -> bool:
    return view is None or view.status in (PreviewStatus.PENDING, PreviewStatus.RUNNING)


def _draw(view: PreviewView | None, plan: LaunchPlan) -> None:
    if view is not None and view.status is PreviewStatus.COMPLETED and view.result is not None:
        _draw_result(view.result, plan)
    elif view is not None and view.status is PreviewStatus.FAILED:
        st.markdown(f":red[:material/error: {markup.literal(view.error or 'It could not be computed.')}]")
        st.button(
            "Look again",
            icon=":material/refresh:",
            key="preview_again",
            on_click=launch_queries.ask_again,
            args=(view.id, plan.request),
        )
    else:
        _draw_progress(view)


def _draw_progress(view: PreviewView | None) -> None:
    if view is None or view.status is PreviewStatus.PENDING:
        has_worker = bool(run_queries.list_workers())
        st.progress(0.0, "Waiting for a worker" if has_worker else "No worker is running; start one: flywheel worker")
        return
    share = view.done / view.total if view.total else 0.0
    st.progress(min(1.0, share), STAGES.get(view.stage or "", "Reading records"))


def _draw_result(composed: Mapping[str, Any], plan: LaunchPlan) -> None:
    datasets = composed["datasets"]
    st.html(run_timeline.render_facts(composition_view.list_facts(datasets, _name_set(plan))))
    st.markdown("**What to know**")
    st.html(composition_view.render_findings(composed))
    if conflicts := composition_view.render_conflicts(datasets):
        st.markdown("**Answered in several ways**")
        st.html(conflicts)
    st.markdown("**Records**")
    st.html(composition_view.render_counts(datasets))
    if classes := composition_view.render_classes(datasets):
        st.markdown("**Classes**")
        st.html(classes)
    st.markdown("**First rows, as they will be sent**")
    st.html(composition_view.render_files(composed))


def _name_set(plan: LaunchPlan) -> str:
    chosen = plan.evaluation_set
    if chosen is None:
        return "a new one, frozen when the run builds it"
    return f"{chosen.name}, frozen {chosen.frozen_at:%Y-%m-%d} by {chosen.frozen_by}"
