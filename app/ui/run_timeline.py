"""The stage timeline of a run as HTML: one lane a student, one stage a step, each with its state in words and its time.

A list for screen readers, a row of stages on wide screens, a column on a phone (`run.css`).
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from app.ui import numbers
from app.ui.run_view import STEP_WORDS, Lane, Stage
from core.runs import StepStatus

STYLE = Path(__file__).parent / "run.css"

SIGNS = {
    StepStatus.PENDING: "\N{WHITE CIRCLE}",
    StepStatus.RUNNING: "\N{CIRCLE WITH LEFT HALF BLACK}",
    StepStatus.COMPLETED: "\N{CHECK MARK}",
    StepStatus.FAILED: "\N{MULTIPLICATION X}",
    StepStatus.CANCELLED: "\N{WHITE SQUARE}",
    StepStatus.SKIPPED: "\N{EN DASH}",
}


def render_timeline(lanes: Sequence[Lane]) -> str:
    """Return all lanes."""
    return f'<div class="fw-timeline">{"".join(_render_lane(lane) for lane in lanes)}</div>'


def render_facts(facts: Sequence[tuple[str, str]]) -> str:
    """Return terms with their values as a list."""
    rows = "".join(f"<dt>{escape(term)}</dt><dd>{escape(value)}</dd>" for term, value in facts)
    return f'<dl class="fw-facts">{rows}</dl>'


def _render_lane(lane: Lane) -> str:
    stages = "".join(_render_stage(stage) for stage in lane.stages)
    error = f'<div class="fw-lane-error">{escape(lane.error)}</div>' if lane.error else ""
    return (
        f'<div class="fw-lane"><div class="fw-lane-title">{escape(lane.title)}</div>'
        f'<ol class="fw-stages" aria-label="Steps of {escape(lane.title)}">{stages}</ol>{error}</div>'
    )


def _render_stage(stage: Stage) -> str:
    word = "no answer" if stage.has_outage else STEP_WORDS[stage.status]
    look = "outage" if stage.has_outage else str(stage.status)
    done = f"{numbers.NBSP}{numbers.share(stage.progress, decimals=0)}" if stage.progress is not None else ""
    time = (
        f'<span class="fw-number fw-stage-time">{numbers.duration(stage.time_s)}</span>'
        if stage.time_s is not None
        else ""
    )
    bar = f'<span class="fw-stage-fill" style="width:{_fill(stage):.0f}%"></span>'
    return (
        f'<li class="fw-stage fw-stage-{look}"><span class="fw-stage-bar">{bar}</span>'
        f'<span class="fw-stage-name">{escape(stage.name)}</span>'
        f'<span class="fw-stage-state"><span aria-hidden="true">{SIGNS[stage.status]}</span> {word}{done}</span>'
        f"{time}</li>"
    )


def _fill(stage: Stage) -> float:
    if stage.status is StepStatus.RUNNING:
        return max(4.0, (stage.progress or 0.0) * 100)
    return 0.0 if stage.status in {StepStatus.PENDING, StepStatus.SKIPPED} else 100.0
