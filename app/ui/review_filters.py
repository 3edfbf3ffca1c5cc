"""The filters of the Records tab: read from the URL, drawn as controls, written back by them."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app.ui import url
from app.ui.review_records import Reading
from core.evaluation import Length, RecordFacts, RecordFilter

ANY = "any"
NARROWING = ("label", "text", "client", "length", "since", "until")
"""The URL's parameters that narrow a reading."""


@dataclass(frozen=True, kw_only=True)
class FilterOptions:
    """What can be chosen: the classes or tools and the clients that the evaluation set has."""

    labels: tuple[str, ...]
    clients: tuple[str, ...]
    label_name: str

    @classmethod
    def of(cls, labels: Sequence[str], facts: Sequence[RecordFacts], *, is_tool: bool) -> "FilterOptions":
        """Return the options of an evaluation set, sorted."""
        return cls(
            labels=tuple(sorted(set(labels))),
            clients=tuple(sorted({each.client_id for each in facts if each.client_id})),
            label_name="Tool" if is_tool else "Class",
        )


def read_filter(options: FilterOptions) -> RecordFilter:
    """Return the filter that the URL asks for. Raises `InputError` for what is no option."""
    parameters = st.query_params
    length = url.read_choice(parameters, "length", [str(each) for each in Length])
    since, until = (url.read_day(parameters, name) for name in ("since", "until"))
    start, end = url.day_start(since), url.day_end(until)
    return RecordFilter(
        label=url.read_choice(parameters, "label", options.labels),
        client_id=url.read_choice(parameters, "client", options.clients),
        length=Length(length) if length else None,
        since_ms=None if start is None else int(start.timestamp() * 1000),
        until_ms=None if end is None else int(end.timestamp() * 1000),
        text=url.read_text(parameters, "text"),
    )


def read_reading(options: Sequence[Reading], first: Reading) -> Reading:
    """Return the reading that the URL asks for, else `first`. Raises `InputError`."""
    asked = url.read_choice(st.query_params, "show", [str(reading) for reading in options])
    return Reading(asked) if asked else first


def draw_reading(options: Sequence[Reading], current: Reading) -> None:
    """Draw the choice of the reading."""
    st.session_state["show_records"] = current
    st.segmented_control(
        "Show",
        options,
        key="show_records",
        required=True,
        wrap=True,
        label_visibility="collapsed",
        on_change=lambda: _write(show=st.session_state["show_records"]),
    )


def draw_filters(options: FilterOptions) -> None:
    """Draw what narrows the reading: class and text at hand, client, length and time behind a button."""
    parameters = st.query_params
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="record_filters"):
        if options.labels:
            _draw_choice(options.label_name, "label", options.labels, width=220)
        st.session_state["filter_text"] = parameters.get("text", "")
        st.text_input(
            "Text",
            key="filter_text",
            placeholder="Search requests and answers",
            label_visibility="collapsed",
            icon=":material/search:",
            width=260,
            on_change=lambda: _write(text=st.session_state["filter_text"]),
        )
        with st.popover("More filters", icon=":material/tune:"):
            _draw_choice("Client", "client", options.clients)
            _draw_choice("Length of the prompt", "length", [str(each) for each in Length])
            _draw_day("Logged from", "since")
            _draw_day("Logged until", "until")
        if any(parameters.get(name) for name in NARROWING):
            st.button(
                "Clear filters",
                icon=":material/filter_alt_off:",
                type="tertiary",
                key="clear_filters",
                on_click=lambda: _write(**dict.fromkeys(NARROWING)),
            )


def _draw_choice(title: str, name: str, options: Sequence[str], *, width: int | None = None) -> None:
    key = f"filter_{name}"
    st.session_state[key] = st.query_params.get(name) or ANY
    st.selectbox(
        title,
        [ANY, *options],
        key=key,
        format_func=lambda option: f"Any {title.lower()}" if option == ANY else option,
        label_visibility="collapsed",
        width=width or "stretch",
        on_change=lambda: _write(**{name: None if st.session_state[key] == ANY else st.session_state[key]}),
    )


def _draw_day(title: str, name: str) -> None:
    key = f"filter_{name}"
    st.session_state[key] = url.read_day(st.query_params, name)
    st.date_input(title, key=key, on_change=lambda: _write(**{name: st.session_state[key]}))


def _write(**parameters: object) -> None:
    """Change the filter: the page and the opened record belong to the one before."""
    url.write(**parameters, page=None, record=None)
