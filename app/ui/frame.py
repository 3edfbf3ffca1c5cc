"""The frame around every page: side bar with the person, trail, title, and the demo-mode mark.

On a phone, which hides the side bar, the mark stands above the title instead (style.css).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.ui import identity, markup, navigation

_HEADER = "header_drawn"

STYLE = Path(__file__).parent / "style.css"
ASSETS = Path(__file__).resolve().parents[2] / "assets"


@dataclass(frozen=True, kw_only=True)
class Crumb:
    """One step of the trail above a title; `page` None is where the reader stands."""

    label: str
    page: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


def draw_side_bar() -> None:
    """Draw what stands in the side bar below the menu."""
    st.logo(ASSETS / "logo.svg", icon_image=ASSETS / "mark.svg", size="large")
    with st.sidebar:
        identity.choose_account()
        st.badge("Demo mode, no sign-in", icon=":material/science:", color="orange")


def draw_header(title: str, *, trail: Sequence[Crumb] = (), summary: str | None = None) -> DeltaGenerator:
    """Draw trail, title and one line of summary; return the container at the title's right for the page's controls."""
    st.session_state[_HEADER] = True
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="trail"):
        _draw_trail(trail)
        with st.container(width="content", key="demo_mark"):
            st.badge(f"Demo mode · {identity.current_account().title}", icon=":material/science:", color="orange")
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", gap="small", key="heading"
    ):
        st.title(markup.literal(title), anchor=False, width="content")
        controls = st.container(horizontal=True, vertical_alignment="bottom", gap="small", width="content")
    if summary:
        st.caption(markup.literal(summary))
    return controls


def forget_header() -> None:
    """Begin a script run: no header has been drawn."""
    st.session_state[_HEADER] = False


def ensure_header(title: str) -> None:
    """Draw a plain header unless the page has drawn its own: a page without a title has no name."""
    if not st.session_state.get(_HEADER):
        draw_header(title)


def draw_link(page: str, label: str, *, icon: str | None = None, parameters: Mapping[str, str] | None = None) -> None:
    """Draw a link to a page of ours, followed without a reload."""
    st.page_link(
        navigation.page_path(page),
        label=markup.literal(label),
        icon=icon,
        query_params=dict(parameters or {}),
        width="content",
    )


def _draw_trail(trail: Sequence[Crumb]) -> None:
    for position, crumb in enumerate(trail):
        if position:
            st.caption("/", width="content")
        if crumb.page and navigation.exists(crumb.page):
            draw_link(crumb.page, crumb.label, parameters=crumb.parameters)
        else:
            st.caption(markup.literal(crumb.label), width="content")
