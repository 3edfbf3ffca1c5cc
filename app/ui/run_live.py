"""Parts of pages that follow what happens: redrawn every few seconds while a run is open, still otherwise.

A change of a run's state redraws the whole page, because what can be done with the run stands outside the part.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from app.ui import run_acts, run_parts, run_queries
from core.database import utc_now
from core.runs import RunSummary, all_steps, estimate_left_s

EVERY_S = 2.0


def watch(draw: Callable[[], Sequence[RunSummary]], *, seen: Sequence[RunSummary]) -> None:
    """Draw a part of the page, and again every few seconds while one of the runs it shows is open.

    `draw` returns the runs it has drawn; `seen` are those that the rest of the page was drawn with.
    """
    drawn_with = {run.id: run.status for run in seen}

    def follow() -> None:
        now_drawn = draw()
        if {run.id: run.status for run in now_drawn} != drawn_with and not run_acts.is_asking():
            st.rerun()

    is_open = any(not run.status.is_final for run in seen)
    st.fragment(follow, run_every=EVERY_S if is_open else None)()


def draw_run(run_id: str) -> Sequence[RunSummary]:
    """Draw a run as it stands now."""
    run, now = run_queries.get_run(run_id), utc_now()
    events = run_queries.list_events(run_id)
    is_open = not run.summary.status.is_final
    pace = run_queries.learn_pace(run.summary.workload_id) if is_open else {}
    left_s = estimate_left_s(all_steps(run), pace, now=now)
    run_parts.draw_state(run, left_s=left_s, now=now)
    run_parts.draw_notices(run, events, now=now)
    run_parts.draw_timeline(run, now=now)
    run_parts.draw_results(run, run_queries.list_results(run_id), run_queries.list_run_decisions(run_id))
    left, right = st.columns(2, gap="large")
    with left:
        run_parts.draw_training(run)
    with right:
        run_parts.draw_log(run, events)
    run_parts.draw_steps(run)
    run_parts.draw_data(run)
    return [run.summary]
