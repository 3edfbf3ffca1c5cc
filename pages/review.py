"""Review: may this student replace the teacher? One candidate's verdict, its evidence, and the decision."""

import streamlit as st

from app.ui import (
    decision_dialog,
    frame,
    review_card,
    review_cost,
    review_drawer,
    review_errors,
    review_history,
    review_quality,
    review_queries,
    review_selection,
    review_view,
    states,
    url,
)
from core.database import utc_now

TABS = ("Quality", "Errors", "Cost and latency", "Records", "History")

run_id = url.read_id(st.query_params, "run")
if run_id is None:
    frame.draw_header("Review", trail=[frame.Crumb(label="Runs", page="runs")])
    with states.empty("No run was chosen", "Open a finished run to review its candidates.", icon=":material/rule:"):
        frame.draw_link("runs", "Choose a run", icon=":material/cycle:")
    st.stop()

with states.loading(height=420):
    review = review_queries.get_review(run_id)
controls = frame.draw_header(
    f"Promotion review: {review.workload_id}",
    trail=[
        frame.Crumb(label="Runs", page="runs"),
        frame.Crumb(label=run_id, page="run", parameters={"id": run_id}),
        frame.Crumb(label="Review"),
    ],
    summary=review_view.describe_provenance(review),
)
asked = url.read_choice(st.query_params, "candidate", [view.id for view in review.candidates])
chosen = review.find(asked) if asked else review_view.choose_candidate(review.candidates)
if chosen is None:
    with states.empty(
        "Nothing to review yet",
        "A candidate appears here when its evaluation has ended.",
        icon=":material/hourglass_top:",
    ):
        frame.draw_link("run", "See how the run goes", icon=":material/cycle:", parameters={"id": run_id})
    st.stop()
with controls:
    review_card.choose_candidate(review, chosen)

must_see = review_queries.get_must_see(review, chosen)
review_card.draw_card(review, chosen, must_see=must_see.progress, now=utc_now())

quality, errors, cost, records, history = st.tabs(TABS, key="tab", on_change="rerun", bind="query-params")
if quality.open:
    with quality:
        review_quality.draw(review, chosen)
if errors.open:
    with errors:
        review_errors.draw(review, chosen, review.evidence.samples[chosen.candidate])
if cost.open:
    with cost:
        review_cost.draw(review, chosen)
record = url.read_id(st.query_params, "record")
if records.open or record is not None:
    selection = review_selection.select(review, chosen, must_see)
    if records.open:
        with records:
            review_selection.draw(review, chosen, selection, must_see)
    if record is not None:
        review_drawer.show_record(review_selection.to_reading(review, chosen, selection, must_see), record)
if history.open:
    with history:
        review_history.draw(review, chosen, now=utc_now())

if record is None:
    decision_dialog.draw_pending(run_id)
