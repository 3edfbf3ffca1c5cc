"""Acts as tables: the list of the Decisions page, and the acts on one candidate."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from app.ui import numbers, review_view, rows, url, verdicts
from app.ui.rows import Cell, Column, Row
from core.promotion import Decision

REASON_CHARS = 160
OVERRIDDEN = "gates overridden"


def draw_decisions(decisions: Sequence[Decision], *, now: datetime, on_open: Callable[[str], None]) -> None:
    """Draw one row an act; a click hands its id to `on_open`."""
    columns = (
        Column(title="Candidate", keep=True, width="26%"),
        Column(title="Verdict", keep=True),
        Column(title="Reason", width="36%"),
        Column(title="Decided by"),
        Column(title="When", align="right"),
    )
    rows.draw_rows(
        columns,
        [_render_row(decision, now) for decision in decisions],
        name="Decisions, newest first",
        key="decisions",
        on_open=on_open,
    )


def draw_history(
    history: Sequence[Decision], opened: Decision, *, now: datetime, on_open: Callable[[str], None]
) -> None:
    """Draw every act on one candidate, the opened one marked; a click hands an act's id to `on_open`."""
    rows.draw_rows(
        (Column(title="Newest first", keep=True),),
        [_render_step(decision, "name" if decision.id == opened.id else "plain", now) for decision in history],
        name="Acts on this candidate, newest first",
        key="history",
        on_open=on_open,
    )


def verdict_badge(decision: Decision) -> str:
    """Return the verdict as a small label, grey once a later act superseded it, and whether it overrode gates."""
    word, _, color = verdicts.LOOKS[decision.verdict]
    label = rows.badge(word, color if decision.is_current else "gray")
    return f"{label} {rows.badge(OVERRIDDEN, 'red')}" if decision.grounds.override_reason else label


def describe_verdict(decision: Decision) -> str:
    """Return what the badge says, in words alone."""
    word = verdicts.LOOKS[decision.verdict][0]
    return f"{word}, {OVERRIDDEN}" if decision.grounds.override_reason else word


def summarise(decisions: Sequence[Decision]) -> str:
    """Return one line on how many decisions stand and how many acts are on record."""
    standing = sum(verdicts.is_standing(decision) for decision in decisions)
    verb = "stands" if standing == 1 else "stand"
    return f"{numbers.quantity(standing, 'decision')} {verb} now · {numbers.quantity(len(decisions), 'act')} on record"


def _render_row(decision: Decision, now: datetime) -> Row:
    who = verdicts.name_person(decision.decided_by)
    return Row(
        id=decision.id,
        href=url.link("decisions", decision=decision.id),
        cells=(
            Cell(
                text=review_view.name_candidate(decision.candidate),
                note=f"{decision.workload_id} · {decision.run_id}",
                phone_note=f"{who}, {numbers.moment(decision.decided_at, now=now)}: {_short(decision.reason)}",
                tone="name",
            ),
            Cell(html=verdict_badge(decision), note=None if decision.is_current else "superseded"),
            Cell(text=_short(decision.reason)),
            Cell(text=who),
            Cell(
                text=numbers.moment(decision.decided_at, now=now),
                note=numbers.age(decision.decided_at, now),
                tone="quiet",
            ),
        ),
    )


def _render_step(decision: Decision, tone: Literal["plain", "name"], now: datetime) -> Row:
    word, who = verdicts.LOOKS[decision.verdict][0], verdicts.name_person(decision.decided_by)
    when = numbers.moment(decision.decided_at, now=now)
    return Row(
        id=decision.id,
        href=url.link("decisions", decision=decision.id),
        cells=(Cell(text=f"{decision.sequence}. {word} by {who}, {when}", note=_short(decision.reason), tone=tone),),
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= REASON_CHARS else f"{line[:REASON_CHARS].rstrip()}…"
