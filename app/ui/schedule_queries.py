"""What the Schedules page asks `core`, and the acts on schedules."""

from collections.abc import Sequence

from app.ui import queries
from core import runs
from core.database import utc_now
from core.runs import LaunchRequest, Schedule, Timing


def list_schedules() -> Sequence[Schedule]:
    """Return all schedules by name."""
    return queries.read(runs.list_schedules)


def add(name: str, timing: Timing, request: LaunchRequest) -> str:
    """Store a schedule and return its id. Raises `InputError` with the field to correct."""
    return queries.ask(
        queries.DATABASE,
        lambda: runs.add_schedule(
            queries.database(),
            name,
            timing,
            request,
            settings=queries.settings(),
            logs=queries.log_store(),
            now=utc_now(),
        ),
    )


def pause(schedule_id: str) -> None:
    """Let a schedule fire no more until it is resumed."""
    queries.ask(queries.DATABASE, lambda: runs.pause_schedule(queries.database(), schedule_id))


def resume(schedule_id: str) -> None:
    """Let a schedule fire again from now on."""
    queries.ask(
        queries.DATABASE,
        lambda: runs.resume_schedule(queries.database(), schedule_id, logs=queries.log_store(), now=utc_now()),
    )


def run_now(schedule_id: str, *, actor: str) -> str:
    """Launch a schedule's run at once and return its id."""
    return queries.ask(
        queries.DATABASE,
        lambda: runs.run_schedule_now(
            queries.database(),
            schedule_id,
            actor=actor,
            settings=queries.settings(),
            logs=queries.log_store(),
            now=utc_now(),
        ),
    )


def delete(schedule_id: str) -> None:
    """Remove a schedule; its runs stay."""
    queries.ask(queries.DATABASE, lambda: runs.delete_schedule(queries.database(), schedule_id))
