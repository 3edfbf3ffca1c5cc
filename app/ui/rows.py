"""Tables whose rows open something, as HTML with one small script.

Streamlit's own grid is drawn on a canvas: its text cannot wrap, be read aloud or follow a phone's width. Here a row is
a real link; a plain click is handed to the page's callback without a reload. All text is escaped here.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal

import streamlit as st

_JOINT = re.compile(r"([_/])(?=\w)")

_COMPONENT = st.components.v2.component(
    "flywheel_rows",
    html='<div class="fw-rows"></div>',
    js=(Path(__file__).parent / "rows.js").read_text(),
    isolate_styles=False,
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column; `keep` says whether it stays on a phone, where the main cell's `note` stands in for the others."""

    title: str
    align: Literal["left", "right"] = "left"
    keep: bool = False
    width: str | None = None  # CSS, for columns whose width should not follow their text; a phone ignores it


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What stands in a cell: text, or HTML made by a function of ours. `note` is a second, quiet line."""

    text: str = ""
    html: str | None = None
    note: str | None = None
    phone_note: str | None = None  # a quiet line that only a phone shows
    tone: Literal["plain", "name", "quiet"] = "plain"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row; its first cell carries the link `href`, and a click hands `id` to the callback."""

    id: str
    href: str
    cells: Sequence[Cell]


def draw_rows(
    columns: Sequence[Column], rows: Sequence[Row], *, name: str, key: str, on_open: Callable[[str], None]
) -> None:
    """Draw the table; `on_open` gets the id of the row that was clicked, in a callback."""

    def opened() -> None:
        row_id = st.session_state[key].opened
        if row_id in {row.id for row in rows}:  # the browser may send anything
            on_open(row_id)

    _COMPONENT(data={"html": render_table(columns, rows, name=name)}, key=key, on_opened_change=opened)


def render_table(columns: Sequence[Column], rows: Sequence[Row], *, name: str) -> str:
    """Return the table's HTML, named `name` for screen readers."""
    head = "".join(
        f'<th scope="col" class="{_classes(column)}"{_width(column)}>{escape(column.title)}</th>' for column in columns
    )
    body = "".join(_render_row(columns, row) for row in rows)
    table = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<table class="fw-table" aria-label="{escape(name)}">{table}</table>'


def breakable(text: str) -> str:
    """Return escaped text in which long names may wrap after their joints."""
    return _JOINT.sub(r"\1<wbr>", escape(text))


def badge(text: str, color: Literal["green", "orange", "red", "blue", "gray"]) -> str:
    """Return a small coloured label; the word carries the meaning, the colour only helps."""
    return f'<span class="fw-badge fw-badge-{color}">{escape(text)}</span>'


def spark_bars(values: Sequence[int], *, name: str) -> str:
    """Return a row of small bars, the highest value full height; zero shows as nothing."""
    top = max(values, default=0) or 1
    width = 100 / max(len(values), 1)
    marks = "".join(
        f'<rect x="{at * width:.2f}" y="{24 - 24 * value / top:.2f}" width="{width * 0.7:.2f}"'
        f' height="{24 * value / top:.2f}" rx="0.6"/>'
        for at, value in enumerate(values)
    )
    return (
        f'<svg class="fw-spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(name)}">{marks}</svg>'
    )


def _render_row(columns: Sequence[Column], row: Row) -> str:
    cells = "".join(
        _render_cell(column, cell, href=row.href if at == 0 else None)
        for at, (column, cell) in enumerate(zip(columns, row.cells, strict=True))
    )
    return f'<tr data-open="{escape(row.id)}">{cells}</tr>'


def _render_cell(column: Column, cell: Cell, *, href: str | None) -> str:
    inner = cell.html if cell.html is not None else breakable(cell.text)
    if href is not None:
        inner = f'<a href="{escape(href)}">{inner}</a>'
    if cell.note:
        inner += f'<div class="fw-note">{breakable(cell.note)}</div>'
    if cell.phone_note:
        inner += f'<div class="fw-note fw-phone">{breakable(cell.phone_note)}</div>'
    classes = f"{_classes(column)} fw-{cell.tone}"
    if href is not None:
        return f'<th scope="row" class="{classes}">{inner}</th>'
    return f'<td class="{classes}">{inner}</td>'


def _classes(column: Column) -> str:
    return f"fw-{column.align}" + ("" if column.keep else " fw-wide")


def _width(column: Column) -> str:
    return f' style="--fw-width:{column.width}"' if column.width else ""


def render_evidence(name: str, titles: Sequence[str], body: str) -> str:
    """Return a plain table named `name` whose rows open nothing; `body` is HTML made by a function of ours."""
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    return (
        f'<table class="fw-evidence" aria-label="{escape(name)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )
