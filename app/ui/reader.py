"""Reading records one after another: a component that holds the neighbours of the record on show, keys and marks.

The component shows a neighbour at once and tells Python afterwards; Python answers with the new neighbours. What is
stored is checked in `core`, whatever the browser sends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from core.promotion import Mark, MarkKind

KINDS = {
    MarkKind.ACCEPTABLE: "Acceptable difference",
    MarkKind.REGRESSION: "Real regression",
    MarkKind.TEACHER_WRONG: "Teacher was wrong",
    MarkKind.EXCLUDED: "Exclude record",
}
KEYS = (
    ("\N{RIGHTWARDS ARROW} or j", "next record"),
    ("\N{LEFTWARDS ARROW} or k", "previous record"),
    ("1 to 4", "choose a mark; Enter in its note saves it"),
    ("?", "show or hide this list"),
    ("Esc", "close the record"),
)


def _kind_buttons() -> str:
    return "".join(
        f'<button type="button" class="fw-button" data-kind="{kind}" aria-pressed="false">'
        f'<span class="fw-key" aria-hidden="true">{number}</span>{escape(name)}</button>'
        for number, (kind, name) in enumerate(KINDS.items(), start=1)
    )


def _key_list() -> str:
    rows = "".join(f"<dt>{escape(key)}</dt><dd>{escape(meaning)}</dd>" for key, meaning in KEYS)
    return f'<dl class="fw-facts">{rows}</dl>'


HTML = f"""<div class="fw-reader">
  <div class="fw-reader-bar">
    <button type="button" class="fw-button" data-part="previous">Previous</button>
    <span data-part="label" role="status"></span>
    <button type="button" class="fw-button" data-part="next">Next</button>
    <button type="button" class="fw-button fw-button-keys" data-part="keys" aria-expanded="false">? Keys</button>
  </div>
  <div class="fw-reader-help" data-part="help" hidden>
    {_key_list()}
    <p class="fw-note">No key approves or rejects anything.</p>
    <button type="button" class="fw-button" data-part="switch"></button>
  </div>
  <form data-part="form">
    <fieldset class="fw-marks" data-part="marks">
      <legend>Your mark</legend>
      <div class="fw-mark-kinds">{_kind_buttons()}</div>
      <div class="fw-mark-details" data-part="details" hidden>
        <label data-part="gold" hidden>The right answer, which becomes gold
          <input name="gold" type="text" autocomplete="off" maxlength="10000"></label>
        <label><span data-part="note-title">Note</span>
          <input name="note" type="text" autocomplete="off" maxlength="2000"></label>
        <button type="submit" class="fw-button fw-button-primary">Save mark</button>
      </div>
      <p class="fw-problem" data-part="problem" role="alert"></p>
      <p class="fw-note" data-part="why-not"></p>
    </fieldset>
  </form>
  <div data-part="mark"></div>
  <button type="button" class="fw-button" data-part="clear" hidden>Take the mark back</button>
  <div data-part="body"></div>
</div>"""

_COMPONENT = st.components.v2.component(
    "flywheel_reader", html=HTML, js=(Path(__file__).parent / "reader.js").read_text(), isolate_styles=False
)


@dataclass(frozen=True, kw_only=True)
class ReaderPage:
    """One record: `html` is everything to read, `mark_html` what others said, `label` where it stands."""

    position: int
    label: str
    html: str
    mark_html: str
    mark: Mark | None

    def to_dict(self) -> dict[str, Any]:
        """Return the page as the component takes it."""
        mark = None
        if self.mark is not None:
            mark = {"kind": self.mark.kind.value, "note": self.mark.note, "gold": self.mark.gold}
        return {
            "id": self.position,
            "label": self.label,
            "html": self.html,
            "mark_html": self.mark_html,
            "mark": mark,
        }


@dataclass(frozen=True, kw_only=True)
class MarkEntry:
    """What a person entered: plain values from the browser, to be checked by `core`."""

    position: int
    kind: MarkKind
    note: str
    gold: str | None


@dataclass(frozen=True, kw_only=True)
class ReaderState:
    """The record on show with its neighbours. `why_not` says why this person may not mark, None when they may.

    `problem` says why the mark `refused` was not stored; what was entered stays in the form.
    """

    current: ReaderPage
    previous: ReaderPage | None
    following: ReaderPage | None
    problem: str | None
    refused: MarkEntry | None
    why_not: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the state as the component takes it."""
        entry = self.refused
        tried = None if entry is None else {"kind": entry.kind.value, "note": entry.note, "gold": entry.gold}
        return {
            "current": {**self.current.to_dict(), "problem": self.problem, "tried": tried},
            "previous": self.previous.to_dict() if self.previous else None,
            "next": self.following.to_dict() if self.following else None,
            "may_mark": self.why_not is None,
            "why_not": self.why_not,
        }


def draw_reader(
    state: ReaderState,
    *,
    on_step: Callable[[int], None],
    on_mark: Callable[[MarkEntry], None],
    key: str = "reader",
) -> None:
    """Draw the reader; the callbacks get checked values."""

    def stepped() -> None:
        position = st.session_state[key].stepped
        if isinstance(position, int):
            on_step(position)

    def marked() -> None:
        entry = read_entry(st.session_state[key].marked)
        if entry is not None:
            on_mark(entry)

    _COMPONENT(data=state.to_dict(), key=key, on_stepped_change=stepped, on_marked_change=marked)


def read_entry(value: object) -> MarkEntry | None:
    """Return what the browser sent as an entry, None for anything else."""
    if not isinstance(value, Mapping):
        return None
    position, kind = value.get("id"), value.get("kind")
    if not isinstance(position, int) or kind not in {each.value for each in MarkKind}:
        return None
    note, gold = (value.get(name) for name in ("note", "gold"))
    return MarkEntry(
        position=position,
        kind=MarkKind(kind),
        note=note if isinstance(note, str) else "",
        gold=gold if isinstance(gold, str) and gold.strip() else None,
    )
