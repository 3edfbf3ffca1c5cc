"""What the Launch page asks before anything starts: frozen sets, the forecast, and previews that a worker computes."""

from collections.abc import Sequence

import streamlit as st

from app.ui import queries
from core import datasets, runs
from core.database import utc_now
from core.datasets import EvaluationSet
from core.runs import CompletedRequest, Forecast, LaunchPlan, PreviewView

COMPUTED_HERE = 500
"""Up to so many records a page computes the preview itself; more would hold up other people's clicks."""


def list_evaluation_sets(workload_id: str, client_id: str | None) -> Sequence[EvaluationSet]:
    """Return the sets a run of these records may be judged on, newest first."""
    return queries.read(
        lambda session: [
            each
            for each in datasets.list_evaluation_sets(session, workload_id=workload_id)
            if each.client_id == client_id
        ]
    )


def forecast(plan: LaunchPlan) -> Forecast:
    """Return what can be told about a planned launch, computed at most every few seconds."""
    return _forecast(plan.request.hash, _plan=plan)


@st.cache_data(ttl=10, max_entries=50, show_spinner=False)
def _forecast(request_hash: str, *, _plan: LaunchPlan) -> Forecast:  # noqa: ARG001 - cache key
    return queries.ask(
        queries.LOG_STORE,
        lambda: queries.read(
            lambda session: runs.forecast_launch(
                session,
                _plan,
                settings=queries.settings(),
                policy=queries.evidence_sources().policy,
                logs=queries.log_store(),
            )
        ),
    )


def ask_for_preview(plan: LaunchPlan) -> PreviewView:
    """Return a plan's preview, computed at once where there is little to read, else asked of a worker."""
    preview_id = queries.ask(
        queries.LOG_STORE,
        lambda: queries.read(lambda session: runs.identify_preview(session, plan.request, queries.log_store())),
    )
    if (known := find_preview(preview_id)) is not None:
        return known
    ask_again(preview_id, plan.request)
    if plan.records <= COMPUTED_HERE:
        compute_preview(preview_id)
    asked = find_preview(preview_id)
    assert asked is not None  # it was stored just now
    return asked


def compute_preview(preview_id: str) -> None:
    """Compute one preview now, unless a worker has taken it up already."""
    queries.ask(
        queries.DATABASE,
        lambda: runs.run_waiting_preview(
            queries.database(),
            settings=queries.settings(),
            logs=queries.log_store(),
            clock=utc_now,
            preview_id=preview_id,
        ),
    )


def ask_again(preview_id: str, request: CompletedRequest) -> None:
    """Ask a worker once more for a preview that failed."""
    queries.ask(queries.DATABASE, lambda: runs.request_preview(queries.database(), preview_id, request, now=utc_now()))


def find_preview(preview_id: str) -> PreviewView | None:
    """Return a preview as it stands."""
    return queries.read(lambda session: runs.find_preview(session, preview_id))
