"""Staying with a run until it ends: its events as lines on standard error."""

import time
from typing import TYPE_CHECKING

from app.commands.terminal import note

if TYPE_CHECKING:
    from app.installation import Installation
    from core.runs import EventView, RunStatus

LOOK_EVERY_S = 0.5
NO_WORKER_AFTER_S = 5.0


def follow_run(parts: "Installation", run_id: str) -> "RunStatus":
    """Print what happens to a run and return its final status. Ctrl-C leaves the run to its worker."""
    from core.runs import get_run, list_events, list_workers

    seen, asks_for_worker_at = 0, time.monotonic() + NO_WORKER_AFTER_S
    try:
        while True:
            with parts.database.read() as session:
                events = list_events(session, run_id, after=seen)
                summary = get_run(session, run_id).summary
                has_worker = bool(list_workers(session, parts.database))
            for event in events:
                seen = event.seq
                _note_event(run_id, event)
            if summary.status.is_final:
                return summary.status
            if not has_worker and time.monotonic() > asks_for_worker_at:
                note("no worker is running; start one in another terminal: flywheel worker")
                asks_for_worker_at = float("inf")
            time.sleep(LOOK_EVERY_S)
    except KeyboardInterrupt:
        note(f"run {run_id} goes on without you; `flywheel runs cancel {run_id}` stops it")
        raise


def _note_event(run_id: str, event: "EventView") -> None:
    parts = [f"{event.at:%H:%M:%S}", event.type if event.step is None else f"{event.step}: {event.type}"]
    if isinstance(progress := event.data.get("progress"), float):
        parts.append(f"{progress:.0%}")
    parts += [str(event.data[name]) for name in ("error", "reason") if event.data.get(name)]
    note(f"{run_id}  {'  '.join(parts)}")
