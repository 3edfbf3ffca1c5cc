"""What the form would start, worked out by `core` before anything does, and the button that starts it.

One idempotency key belongs to one form: it is kept until a run was started with it, and travels with the button, so
that three quick clicks are one run.
"""

import uuid

import streamlit as st

from app.ui import (
    boundary,
    identity,
    launch_fields,
    launch_forecast,
    launch_queries,
    launch_view,
    markup,
    navigation,
    numbers,
    run_acts,
    run_hindrances,
    run_queries,
    run_timeline,
    states,
)
from app.ui.identity import Duty
from app.ui.launch_form import LaunchForm
from core.database import utc_now
from core.errors import InputError
from core.runs import LaunchPlan, LaunchRequest

KEY, PROBLEM = "launch_key", "launch_problem"


def make_request(form: LaunchForm) -> LaunchRequest:
    """Return what the form asks for, in the name of the signed-in person and under the form's key."""
    key = st.session_state.setdefault(KEY, uuid.uuid4().hex)
    return form.to_request(requested_by=identity.current_account().id, idempotency_key=key)


def try_plan(request: LaunchRequest) -> LaunchPlan | InputError:
    """Return what the request would do, or what has to be corrected."""
    try:
        return run_queries.plan_launch(request)
    except InputError as problem:
        return problem


def draw_plan(request: LaunchRequest, outcome: LaunchPlan | InputError) -> None:
    """Draw what would run, what stands in its way, and the button."""
    with st.container(border=True, key="launch_plan"):
        st.subheader("What will run", anchor=False)
        if isinstance(outcome, InputError):
            st.caption("Known when the form can be used.")
            if launch_fields.find_place(outcome) is None:
                st.markdown(f":red[:material/error: {markup.literal(str(outcome))}]")
            else:
                st.markdown(":red[:material/error: Correct what is marked in the form.]")
        else:
            _draw_steps(outcome)
        hindrances = run_hindrances.find_hindrances(
            run_queries.list_workers(), run_queries.list_sightings(), now=utc_now()
        )
        run_hindrances.show_hindrances(hindrances)
        if problem := st.session_state.pop(PROBLEM, None):
            states.show_problem(problem)
        _draw_button(request, is_possible=isinstance(outcome, LaunchPlan))


def _draw_steps(plan: LaunchPlan) -> None:
    facts = (
        *launch_view.describe_division(plan),
        ("Candidates", numbers.count(launch_view.count_candidates(plan.steps))),
        ("Steps", numbers.count(len(plan.steps))),
        *launch_forecast.describe_forecast(launch_queries.forecast(plan)),
    )
    st.html(run_timeline.render_facts(facts))
    st.html(launch_view.render_routes(plan.steps))


def _draw_button(request: LaunchRequest, *, is_possible: bool) -> None:
    account = identity.current_account()
    may = account.may(Duty.LAUNCHER)
    st.button(
        "Start run",
        icon=":material/rocket_launch:",
        key="start_run",
        type="primary",
        width="stretch",
        disabled=not (may and is_possible),
        help=None if may else run_acts.explain_refusal(account),
        on_click=_start,
        args=(request,),
    )
    st.caption(f"Nothing starts before you click. Started by {markup.literal(account.name)}.")


def _start(request: LaunchRequest) -> None:
    def start() -> None:
        navigation.go("run", id=run_queries.launch(request))

    problem = boundary.attempt(start)
    if problem:
        st.session_state[PROBLEM] = problem
    else:
        st.session_state.pop(KEY, None)
