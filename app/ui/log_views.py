"""Saved views of the Logs page: open one, save the filters on show under a name, delete one's own."""

import streamlit as st

from app.ui import boundary, identity, log_filters, log_queries, markup, states, url
from app.ui.log_filters import LogQuery
from core.errors import UnavailableError
from core.logs import SavedView

NAME, PROBLEM = "view_name", "view_problem"
NAME_CHARACTERS = 80


def draw_views(query: LogQuery) -> None:
    """Draw the menu of saved views; without the state database there is none, and the logs still work."""
    try:
        views = log_queries.list_views()
    except UnavailableError:
        return
    with st.popover("Views", icon=":material/bookmark:", key="views"):
        if not views:
            st.caption("No view has been saved. Filter the logs, then save what you see under a name.")
        for view in views:
            _draw_view(view)
        if query.is_filtered:
            st.text_input("Save these filters as", key=NAME, max_chars=NAME_CHARACTERS, placeholder="a name")
            st.button("Save view", icon=":material/bookmark_add:", key="view_save", on_click=_save)
        problem = st.session_state.pop(PROBLEM, None)
        if problem:
            states.show_problem(problem)


def _draw_view(view: SavedView) -> None:
    mine = view.owner == identity.current_account().id
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        st.button(
            markup.literal(view.name),
            key=f"view_{view.id}",
            type="tertiary",
            help=markup.literal(f"{describe(view)}, saved by {view.owner}"),
            on_click=_open,
            args=(dict(view.parameters),),
        )
        if mine:
            st.button(
                "Delete", icon=":material/delete:", key=f"view_delete_{view.id}", on_click=_delete, args=(view.id,)
            )


def describe(view: SavedView) -> str:
    """Return what a view filters, in one line."""
    return ", ".join(f"{name} {value}" for name, value in view.parameters.items())


def _open(parameters: dict[str, str]) -> None:
    url.write(**{**dict.fromkeys((*log_filters.PARAMETERS, "cursor", "record")), **parameters})


def _save() -> None:
    name = st.session_state.get(NAME, "")
    parameters = {key: st.query_params[key] for key in log_filters.PARAMETERS if key in st.query_params}
    owner = identity.current_account().id
    problem = boundary.attempt(lambda: log_queries.save_view(name, parameters, owner=owner))
    if problem:
        st.session_state[PROBLEM] = problem
    else:
        st.session_state[NAME] = ""


def _delete(view_id: int) -> None:
    problem = boundary.attempt(lambda: log_queries.delete_view(view_id, owner=identity.current_account().id))
    if problem:
        st.session_state[PROBLEM] = problem
