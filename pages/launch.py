"""Launch: choose whose records, which students and how, see what would run, and start it."""

import streamlit as st

from app.ui import (
    frame,
    launch_composition,
    launch_fields,
    launch_form,
    launch_plan,
    launch_queries,
    queries,
    run_timeline,
    states,
)
from core.errors import InputError
from core.runs import LaunchPlan

frame.draw_header("Launch a run", trail=[frame.Crumb(label="Runs", page="runs"), frame.Crumb(label="Launch")])

with states.loading(height=640):
    workloads = queries.list_workloads()
if not workloads:
    states.show_no_traffic()
    st.stop()

settings = queries.settings()
form = launch_form.read_form(st.query_params, workloads, settings.students)
request = launch_plan.make_request(form)
outcome = launch_plan.try_plan(request)
problem = outcome if isinstance(outcome, InputError) else None
sets = launch_queries.list_evaluation_sets(form.workload, form.client)
chosen = launch_form.choose_students(form, settings.students)

st.html(run_timeline.STYLE)
left, right = st.columns([0.55, 0.45], gap="large")
with left:
    launch_fields.draw_data(form, workloads, problem)
    launch_fields.draw_candidates(form, settings.students, problem)
    launch_fields.draw_sizes(form, settings, sets, problem)
    launch_fields.draw_examples(form, settings, problem)
    launch_fields.draw_training(form, settings, chosen, problem)
with right:
    launch_plan.draw_plan(request, outcome)
    if isinstance(outcome, LaunchPlan):
        launch_composition.draw_composition(outcome)
