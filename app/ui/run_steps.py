"""Every step of a run with its attempts, its remote id and its time, as a table. Pure."""

from collections.abc import Sequence
from html import escape

from app.ui import numbers, rows
from app.ui.run_view import STEP_WORDS
from core.runs import StepView


def render_steps(steps: Sequence[StepView]) -> str:
    """Return the steps in their order."""
    body = "".join(_render_step(step) for step in steps)
    return rows.render_evidence("Steps", ("Step", "State", "Attempts", "Remote id", "Took"), body)


def _render_step(step: StepView) -> str:
    took = ""
    if step.started_at is not None and step.finished_at is not None:
        took = numbers.duration((step.finished_at - step.started_at).total_seconds())
    error = f'<div class="fw-note">{escape(step.error)}</div>' if step.error else ""
    return (
        f'<tr><th scope="row">{rows.breakable(step.key)}{error}</th><td>{STEP_WORDS[step.status]}</td>'
        f'<td class="fw-number">{step.attempts}</td><td class="fw-json">{rows.breakable(step.remote_id or "")}</td>'
        f'<td class="fw-number fw-nowrap">{took}</td></tr>'
    )
