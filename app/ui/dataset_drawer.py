"""The drawer with one frozen evaluation set: facts, classes, the runs judged on it, what changed since another."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from app.ui import dataset_queries, dataset_view, frame, run_timeline, url
from core.datasets import EvaluationSet, RunOnSet

WIDTH_PX = 620
_AGAINST = "set_against"


def open_set(set_id: str) -> None:
    """Put a set into the URL; the next run opens its drawer."""
    url.write(set=set_id)


def _close() -> None:
    url.write(set=None)


@st.dialog("Evaluation set", position="right", width=WIDTH_PX, icon=":material/dataset:", on_dismiss=_close)
def show_set(each: EvaluationSet, others: Sequence[EvaluationSet], runs: Sequence[RunOnSet], *, now: datetime) -> None:
    """Open the drawer; `others` are the other versions of its workload and client."""
    st.html(run_timeline.render_facts(dataset_view.list_facts(each, now=now)))
    asked = {"workload": each.workload_id, "client": each.client_id or "", "evaluation_set": each.name}
    frame.draw_link("launch", "Launch a run on it", icon=":material/rocket_launch:", parameters=url.present(**asked))
    if classes := dataset_view.render_classes(each.classes):
        st.markdown("**Records by class**")
        st.html(classes)
    st.markdown("**Runs judged on it**")
    st.html(dataset_view.render_runs(runs, now=now))
    if others:
        _draw_diff(each, others)


def _draw_diff(each: EvaluationSet, others: Sequence[EvaluationSet]) -> None:
    older = [other for other in others if other.version < each.version]
    by_name = {other.name: other for other in others}
    name = st.selectbox(
        "What changed, compared with",
        list(by_name),
        index=list(by_name).index(older[0].name) if older else 0,
        key=_AGAINST,
    )
    other = by_name[name]
    before, after = sorted((each, other), key=lambda one: one.version)
    found = dataset_queries.diff(before.sha256, after.sha256)
    st.markdown(f"From {before.name} to {after.name}: {dataset_view.describe_diff(found)}")
    st.html(dataset_view.render_diff(found))
