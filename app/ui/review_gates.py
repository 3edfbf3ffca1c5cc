"""The gates of the policy as a table: how each stands, what was observed, the limit, and why it does not pass. Pure."""

from collections.abc import Sequence
from html import escape
from typing import Literal

from app.ui import numbers
from core.evaluation import Gate, GateStatus

Color = Literal["green", "orange", "red", "gray"]

LOOKS: dict[GateStatus, tuple[str, Color, str]] = {
    GateStatus.PASSES: ("\N{CHECK MARK}", "green", ":material/check_circle:"),
    GateStatus.NEEDS_JUDGEMENT: ("\N{CIRCLE WITH LEFT HALF BLACK}", "orange", ":material/contrast:"),
    GateStatus.FAILS: ("\N{MULTIPLICATION X}", "red", ":material/cancel:"),
    GateStatus.UNKNOWN: ("?", "gray", ":material/help:"),
}
"""Sign, colour and icon of each status; the word always comes with them."""

PHRASES = {
    GateStatus.PASSES: ("gate passes", "gates pass"),
    GateStatus.NEEDS_JUDGEMENT: ("gate needs judgement", "gates need judgement"),
    GateStatus.FAILS: ("gate fails", "gates fail"),
    GateStatus.UNKNOWN: ("gate unknown", "gates unknown"),
}
TITLES = {
    "gold": "Correctness on gold, against teacher",
    "cost": "Cost of a request, against teacher",
    "latency": "p95 answer time, against teacher",
}
"""Shorter words for the narrow table; the full ones are those of `core.evaluation`."""


def render_gates(gates: Sequence[Gate]) -> str:
    """Return the gates as a table, in their order."""
    head = '<tr><th scope="col">Gate</th><th scope="col">Observed</th><th scope="col">Limit</th></tr>'
    body = "".join(_render_gate(gate) for gate in gates)
    return (
        f'<table class="fw-evidence fw-gates" aria-label="Gates of the policy"><thead>{head}</thead>'
        f"<tbody>{body}</tbody></table>"
    )


def describe_count(status: GateStatus, count: int, total: int) -> str:
    """Return "7 of 9 gates pass", "1 gate fails", "2 gates need judgement" or "3 gates unknown"."""
    one, many = PHRASES[status]
    if status is GateStatus.PASSES:
        return f"{count}{numbers.NBSP}of{numbers.NBSP}{total} gates pass"
    return f"{count}{numbers.NBSP}{one if count == 1 else many}"


def name_gate(gate: Gate) -> str:
    """Return a gate's title as the narrow table has it."""
    return TITLES.get(gate.key, gate.title)


def _render_gate(gate: Gate) -> str:
    sign, color, _ = LOOKS[gate.status]
    note = ""
    if gate.status is not GateStatus.PASSES:
        reason = gate.reason.split(";")[0]
        note = f'<div class="fw-note">{escape(reason)}</div>'
    observed = escape(gate.observed_text)
    quiet = " fw-quiet" if gate.observed is None else ""
    return (
        f'<tr><th scope="row"><span class="fw-sign fw-sign-{color}" aria-hidden="true">{sign}</span>'
        f'<span class="fw-spoken">{gate.status}: </span>{escape(name_gate(gate))}{note}</th>'
        f'<td class="fw-number fw-observed{quiet}">{observed}</td>'
        f'<td class="fw-number fw-limit">{escape(gate.limit_text)}</td></tr>'
    )
