"""The pages, their URLs and their place in the menu. URLs are promises: mails and reports link to them.

A flat list, because a menu with sections fails accessibility checks in Streamlit 1.67. A page without a menu entry is
still found by its URL. Paths are absolute: `pages` lies beside `app`, not below it.
"""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from app.ui import url

_NEXT = "next_page"

PAGES = Path(__file__).resolve().parents[2] / "pages"
HISTORY = Path(__file__).parent / "history.js"


@dataclass(frozen=True, kw_only=True)
class PageEntry:
    """One page; `name` is its file and its URL."""

    name: str
    title: str
    icon: str
    in_menu: bool = True

    @property
    def path(self) -> Path:
        """The script."""
        return page_path(self.name)


ENTRIES = (
    PageEntry(name="overview", title="Overview", icon="space_dashboard"),
    PageEntry(name="workloads", title="Workloads", icon="category"),
    PageEntry(name="logs", title="Logs", icon="forum"),
    PageEntry(name="datasets", title="Datasets", icon="dataset"),
    PageEntry(name="launch", title="Launch", icon="rocket_launch"),
    PageEntry(name="runs", title="Runs", icon="cycle"),
    PageEntry(name="run", title="Run", icon="cycle", in_menu=False),
    PageEntry(name="review", title="Review", icon="compare_arrows", in_menu=False),
    PageEntry(name="decisions", title="Decisions", icon="gavel"),
    PageEntry(name="schedules", title="Schedules", icon="event_repeat"),
    PageEntry(name="system", title="System", icon="monitor_heart"),
)


def page_path(name: str) -> Path:
    """Return the script of a page, for links and switches."""
    return PAGES / f"{name}.py"


def exists(name: str) -> bool:
    """Tell whether a page has been built."""
    return page_path(name).exists()


def build_pages() -> list[Page]:
    """Return the pages that exist, in menu order, after a hidden one for the root URL.

    Streamlit serves the default page at the root only, so a default Overview would have no `/overview`.
    """
    root = st.Page(open_overview, title="Flywheel Review", url_path="home", default=True, visibility="hidden")
    return [root] + [
        st.Page(
            entry.path,
            title=entry.title,
            icon=f":material/{entry.icon}:",
            url_path=entry.name,
            visibility="visible" if entry.in_menu else "hidden",
        )
        for entry in ENTRIES
        if entry.path.exists()
    ]


def go(page: str, **parameters: object) -> None:
    """Lead to another page, from a callback; the next script run takes the step before it draws anything."""
    st.session_state[_NEXT] = (page, url.present(**parameters))


def follow() -> None:
    """Take the step that a callback asked for."""
    if _NEXT in st.session_state:
        page, parameters = st.session_state.pop(_NEXT)
        st.switch_page(page_path(page), query_params=parameters)


def mend_history() -> None:
    """Keep the browser's way back to one entry a step; see `history.js`. Draws nothing."""
    st.html(f"<script>{HISTORY.read_text()}</script>", unsafe_allow_javascript=True)


def open_overview() -> None:
    """Go where the root URL leads; the server redirects before this, except for URLs that name no page."""
    st.switch_page(page_path("overview"))
