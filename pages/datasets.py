"""Datasets: frozen evaluation sets with their runs and differences, gold answers, and records kept out."""

import streamlit as st

from app.ui import (
    dataset_drawer,
    dataset_queries,
    dataset_view,
    frame,
    gold_dialog,
    queries,
    rows,
    run_timeline,
    states,
    url,
)
from core.database import utc_now
from core.errors import NotFoundError

ALL = "All workloads"

st.html(run_timeline.STYLE)
with frame.draw_header("Datasets"):
    gold_dialog.draw_entry()

with states.loading(height=420):
    sets = dataset_queries.list_sets()
    logged = sorted({summary.workload_id for summary in queries.list_workloads()})
workloads = sorted({each.workload_id for each in sets} | set(logged))
if not workloads:
    states.show_no_traffic()
    st.stop()

now = utc_now()
workload = url.read_choice(st.query_params, "workload", workloads)
st.session_state["datasets_workload"] = workload or ALL
st.selectbox(
    "Workload",
    [ALL, *workloads],
    key="datasets_workload",
    width=320,
    on_change=lambda: url.write(
        workload=None if st.session_state["datasets_workload"] == ALL else st.session_state["datasets_workload"]
    ),
)
shown = [each for each in sets if workload in (None, each.workload_id)]
runs = dataset_queries.list_runs(shown)

st.subheader("Evaluation sets", anchor=False)
if shown:
    rows.draw_rows(
        dataset_view.COLUMNS,
        dataset_view.list_rows(shown, runs, now=now),
        name="Frozen evaluation sets",
        key="evaluation_sets",
        on_open=dataset_drawer.open_set,
    )
else:
    with states.empty(
        "No evaluation set is frozen yet",
        "The first run of a workload draws one and freezes it; later runs are judged on it, so that they compare.",
        icon=":material/dataset:",
    ):
        frame.draw_link("launch", "Launch a run", icon=":material/rocket_launch:")

if workload is None:
    st.caption("Choose a workload to see its gold answers and excluded records.")
else:
    st.subheader("Gold answers", anchor=False)
    if gold := dataset_queries.list_gold(workload):
        st.html(dataset_view.render_gold(gold, now=now))
    else:
        st.caption("Nobody has given a gold answer yet.")
    st.subheader("Excluded records", anchor=False)
    if vetoes := dataset_queries.list_vetoes(workload):
        st.html(dataset_view.render_vetoes(vetoes, now=now))
    else:
        st.caption("No record is kept out.")

asked = url.read_id(st.query_params, "set")
if asked:
    chosen = next((each for each in sets if dataset_view.identify(each) == asked), None)
    if chosen is None:
        raise NotFoundError(f"no evaluation set {asked!r}; the table lists those there are", field="set")
    scope = (chosen.workload_id, chosen.client_id)
    others = [each for each in sets if each is not chosen and (each.workload_id, each.client_id) == scope]
    dataset_drawer.show_set(chosen, others, dataset_queries.list_runs([chosen])[chosen.sha256], now=now)
else:
    gold_dialog.draw_asked(url.read_id(st.query_params, gold_dialog.OPEN), workloads, workload)
