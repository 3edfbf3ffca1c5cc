"""What the log store cannot do as others can, said where it matters, with the way out of it."""

import streamlit as st

from app.ui import queries


def draw_limits() -> None:
    """Draw the limits of the store; nothing for one that keeps every promise."""
    limits = queries.log_store().limits
    if limits is None:
        return
    with st.container(key="store_limits"):
        st.info(limits.reading, icon=":material/speed:")
        with st.popover("Make it fast…", icon=":material/content_copy:"):
            st.markdown(
                "Copy it into an index of Flywheel Review's own. The command shows its progress, changes nothing in the"
                " index it reads, and goes on where it stopped when it is called again."
            )
            st.code(limits.way_out, language="shell")
