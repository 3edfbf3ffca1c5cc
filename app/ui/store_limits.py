"""What the log store cannot do as others can, said where it matters, with the ways out of it."""

import streamlit as st

from app.ui import boundary, identity, import_queries, navigation, queries
from app.ui.identity import Duty
from core.errors import UnavailableError
from core.logs import StoreLimits


def is_read_only() -> bool:
    """Tell whether records can only be read; False while the store does not answer."""
    try:
        return find_limits() is not None
    except UnavailableError:
        return False


def find_limits() -> StoreLimits | None:
    """Return the limits of the store in use. Raises `UnavailableError`."""
    return queries.ask(queries.LOG_STORE, lambda: queries.log_store().limits)


def draw_limits() -> None:
    """Draw the limits of the store; nothing for one that keeps every promise."""
    limits = find_limits()
    if limits is None:
        return
    may = identity.current_account().may(Duty.LAUNCHER)
    with st.container(key="store_limits"):
        st.info(limits.reading, icon=":material/speed:")
        with st.popover("Make it fast…", icon=":material/content_copy:"):
            st.markdown(
                f"Copy its records into an index of Flywheel Review's own, `{limits.target}`. The index here is not"
                " changed, and a copy that is cut off goes on where it stopped."
            )
            st.button(
                "Copy it now",
                key="copy_index",
                type="primary",
                disabled=not may,
                help=None if may else "Copying is for engineers and approvers; switch in the side bar.",
                on_click=_copy,
            )
            st.caption("Or on the command line:")
            st.code(limits.way_out, language="shell")


def draw_next_step() -> None:
    """Draw what is to be done with a finished copy."""
    limits = find_limits()
    if limits is not None:
        st.markdown("Read the copy from now on by this setting, then start Flywheel Review again:")
        st.code(f'[logs.elasticsearch]\nindex = "{limits.target}"', language="toml")


def _copy() -> None:
    started: list[str] = []
    asked_by = identity.current_account().id
    if boundary.act(
        lambda: started.append(import_queries.request_copy(requested_by=asked_by)),
        told="A worker copies the index; this shows how far it is.",
    ):
        navigation.go("logs", **{"import": started[0]})
