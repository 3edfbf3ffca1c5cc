"""Stepping from one record to the next inside a drawer. The record on show is the URL's `record`."""

import streamlit as st

from app.ui import url


def draw_steps(back: str, forward: str, steps: tuple[object | None, object | None]) -> None:
    """Draw the two steps; `steps` are the records they lead to, None where there is nothing."""
    looks = ((back, ":material/chevron_left:", "left"), (forward, ":material/chevron_right:", "right"))
    with st.container(horizontal=True, gap="xsmall", width="content"):
        for (label, icon, side), record in zip(looks, steps, strict=True):
            st.button(
                label,
                icon=icon,
                icon_position="left" if side == "left" else "right",
                type="tertiary",
                key=f"step_{side}",
                disabled=record is None,
                on_click=_step,
                args=(record,),
            )


def _step(record: object) -> None:
    url.write(record=record)
    st.rerun()  # a click in a dialog reruns the dialog alone; the page must open the other record
