"""What the System page is drawn from. Each part asks for itself, so one that is down leaves the others readable."""

import streamlit as st

from app.ui import (
    boundary,
    frame,
    notice_parts,
    numbers,
    operation_parts,
    run_hindrances,
    run_queries,
    system_queries,
    system_view,
)
from core.database import utc_now

REFRESH_S = 5.0


@st.fragment(run_every=REFRESH_S)
def draw_live() -> None:
    """Draw workers, services and the queue; drawn anew every few seconds while the page is open."""
    with boundary.part():
        now = utc_now()
        workers, sightings = run_queries.list_workers(), run_queries.list_sightings()
        queue = system_queries.get_queue()
        run_hindrances.show_hindrances(run_hindrances.find_hindrances(workers, sightings, now=now))
        left, right = st.columns([0.62, 0.38], gap="large")
        with left:
            st.subheader("Workers and services", anchor=False)
            lines = system_view.list_workers(workers, now) + system_view.list_services(sightings, now)
            if lines:
                st.html(system_view.render_parts(lines, name="Workers and services"))
            else:
                st.caption("No worker has run on this installation yet, and only workers look at the services.")
        with right:
            st.subheader("Queue", anchor=False)
            with st.grid(3, min_column_width=80, gap="small"):
                st.metric("Runs running", numbers.count(queue.running_runs))
                st.metric("Runs waiting", numbers.count(queue.waiting_runs))
                st.metric("Imports open", numbers.count(queue.open_imports))
            frame.draw_link("runs", "See the runs", icon=":material/cycle:")
            operation_parts.draw_queue()
        operation_parts.draw_leftovers()
        notice_parts.draw_notices()


def draw_stores() -> None:
    """Draw where state and logs are kept, and how big they are."""
    st.subheader("State and logs", anchor=False)
    stores = {}
    with boundary.part():
        stores["State"] = system_queries.describe_database()
    with boundary.part():
        stores["Logs"] = system_queries.describe_log_store()
    st.html(system_view.render_stores(stores, free_bytes=system_queries.free_bytes()))


def draw_versions() -> None:
    """Draw what runs here."""
    st.subheader("Versions", anchor=False)
    st.html(system_view.render_terms(system_queries.list_versions()))


def draw_settings() -> None:
    """Draw the settings in force, secrets as references, folded until asked for."""
    lines = system_view.list_settings(*system_queries.list_settings())
    changed = [line for line in lines if not line.is_default]
    st.subheader("Settings", anchor=False)
    if changed:
        st.caption(f"{numbers.quantity(len(changed), 'setting')} set to something else than the default.")
        st.html(system_view.render_settings(changed))
    folded = st.expander("All settings in force", icon=":material/tune:", on_change="rerun", key="all_settings")
    if folded.open:
        with folded:
            st.html(system_view.render_settings(lines, marked={line.name for line in changed}))
            st.caption("From `flywheel.toml` and `FLYWHEEL_*`; `flywheel config check` tries every connection.")
