"""The states every page has besides its content: loading, empty, and something went wrong.

Each says what to do next. Loading keeps the final geometry; empty says why in a line and offers the next act; an
error says what is wrong, since when, what still works, and a reference that the log can be searched for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.ui import markup, navigation, url


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error in words: `body` says what to do and what still works; `reference` is None for expected refusals.

    `parameter` names the part of the URL that caused it, so that it can be taken out.
    """

    title: str
    body: str
    icon: str = ":material/error:"
    severity: Literal["error", "warning"] = "error"
    reference: str | None = None
    can_retry: bool = False
    parameter: str | None = None


@contextmanager
def loading(height: int) -> Iterator[None]:
    """Show a skeleton of the content's height while the block runs, unless it is quick."""
    with st.skeleton(height=height):
        yield


@contextmanager
def empty(title: str, body: str, *, icon: str = ":material/inbox:") -> Iterator[DeltaGenerator]:
    """Draw an empty state; the block adds its actions below the text."""
    card = st.container(border=True, horizontal_alignment="center", gap="small", key=f"empty_{_key(title)}")
    with card:
        st.space("small")
        st.markdown(f"### :gray[{icon}]", text_alignment="center")
        st.markdown(f"**{title}**", text_alignment="center")
        st.caption(body, text_alignment="center")
        actions = st.container(horizontal=True, horizontal_alignment="center", gap="small")
        with actions:
            yield actions
        st.space("small")


def show_no_traffic() -> None:
    """Draw the empty state of an installation without a single record."""
    with empty(
        "No traffic yet",
        "Everything here starts from logged requests and answers. Import a file of them, one JSON record a line, here"
        " or on the command line.",
        icon=":material/forum:",
    ):
        st.button(
            "Import a file…",
            icon=":material/upload_file:",
            key="import_first",
            type="primary",
            on_click=navigation.go,
            args=("logs",),
            kwargs={"import": "new"},
        )
        st.code("flywheel logs import traffic.jsonl.gz", language=None, wrap_lines=True, width="content")


def show_problem(problem: Problem) -> None:
    """Draw an error state with its way out."""
    draw = st.error if problem.severity == "error" else st.warning
    draw(markup.literal_but_code(problem.body), title=problem.title, icon=problem.icon)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if problem.can_retry:
            st.button("Try again", icon=":material/refresh:", key=f"retry_{problem.reference}")
        if problem.parameter:
            st.button(
                f"Go on without this {problem.parameter}",
                icon=":material/backspace:",
                key=f"without_{problem.parameter}",
                on_click=_leave_out,
                args=(problem.parameter,),
            )
        if problem.reference:
            st.caption(f"Reference {problem.reference}")


def _leave_out(parameter: str) -> None:
    url.write(**{parameter: None})


def _key(title: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in title.lower())[:40]
