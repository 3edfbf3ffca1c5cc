"""A run's events as lines of a log, newest first. Pure."""

from collections.abc import Mapping, Sequence
from html import escape

from core.runs import EventView

SHOWN_LINES = 200
QUIET = frozenset({"step.progress"})
"""Events that the timeline shows better."""

WORDS: Mapping[str, str] = {
    "run.queued": "queued by {by}",
    "run.claimed": "taken up by worker {worker}",
    "run.cancel_requested": "{by} asked to stop it: {reason}",
    "run.cleaning_up": "cleaning up: {reason}",
    "run.retried": "queued again by {by}",
    "run.rerun": "queued again for {student} by {by}",
    "run.delete_requested": "{by} asked to delete it",
    "run.created": "created {remote_id}",
    "run.attached": "attached to {remote_id}",
    "run.completed": "run completed",
    "run.completed_with_errors": "run completed with errors: {error}",
    "run.failed": "run failed: {error}",
    "run.cancelled": "run cancelled: {reason}",
    "step.started": "started",
    "step.completed": "done",
    "step.failed": "failed: {error}",
    "step.skipped": "skipped",
    "step.outage": "no answer: {error}",
    "step.outage_over": "the service answers again",
    "deployment.removed": "deployment removed",
}


def write_log(events: Sequence[EventView], *, limit: int = SHOWN_LINES) -> str:
    """Return the last events as lines, newest first: time, step, what happened."""
    told = [event for event in events if event.type not in QUIET]
    return "\n".join(write_line(event) for event in reversed(told[-limit:]))


def render_log(text: str, *, name: str) -> str:
    """Return lines as HTML of a fixed height that scrolls, by keyboard too."""
    return f'<pre class="fw-log" role="log" tabindex="0" aria-label="{escape(name)}">{escape(text)}</pre>'


def write_line(event: EventView) -> str:
    """Return one event: `12:04:03  deploy:local/linear-small  started`."""
    pattern = WORDS.get(event.type, event.type.replace(".", " ").replace("_", " "))
    facts = {name: _plain(value) for name, value in event.data.items()}
    text = pattern.format_map(_Facts(facts)).strip().removesuffix(":")
    parts = (f"{event.at:%H:%M:%S}", event.step or "", " ".join(text.split()))
    return "  ".join(part for part in parts if part)


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return self.get("reason", "") if key == "error" else ""


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
