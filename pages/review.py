"""Review: may this student replace the teacher? One candidate's verdict, its evidence, and the decision."""

import streamlit as st

from app.ui import (
    decision_dialog,
    frame,
    queries,
    review_card,
    review_drawer,
    review_evidence,
    review_view,
    states,
    url,
)
from core.database import utc_now

run_id = url.read_id(st.query_params, "run")
if run_id is None:
    frame.draw_header("Review", trail=[frame.Crumb(label="Runs", page="runs")])
    with states.empty("No run was chosen", "Open a finished run to review its candidates.", icon=":material/rule:"):
        frame.draw_link("runs", "Choose a run", icon=":material/cycle:")
    st.stop()

with states.loading(height=420):
    review = queries.get_review(run_id)
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

samples = queries.load_samples(run_id, chosen.id, chosen.results_hash)
base_view = review.find_base(chosen)
base = queries.load_samples(run_id, base_view.id, base_view.results_hash) if base_view else ()

gain = review_view.measure_gain(samples, base) if base else None
review_card.draw_card(review, chosen, gain=gain, now=utc_now())

quality, errors, cost, records = st.tabs(review_evidence.TABS, key="tab", on_change="rerun", bind="query-params")
if quality.open:
    with quality:
        review_evidence.draw_quality(review, chosen)
if errors.open:
    with errors:
        review_evidence.draw_errors(samples, chosen)
if cost.open:
    with cost:
        review_evidence.draw_cost(review, chosen)
if records.open:
    with records:
        requests = queries.load_evaluation_set(review.evaluation_set).requests
        review_evidence.draw_records(review, chosen, samples, base, requests)

record = url.read_id(st.query_params, "record")
if record is not None:
    review_drawer.show_record(review, chosen, record, samples=samples, base=base)
else:
    decision_dialog.draw_pending(run_id)
