"""The life of a job's record: what states there are and which moves are allowed.

A record that is final never changes again, so that a result that arrives after a cancel is dropped. A job that was
alive when the server ended is failed at the next start: its work is gone.
"""

from collections.abc import Callable

from core.backend.errors import MissingError, TakenError
from core.backend.identity import Clock, write_time
from core.backend.state import Document, State

FINAL = frozenset({"completed", "failed", "cancelled"})
INTERRUPTED = "the local backend was restarted while this job ran"
INTERRUPTED_WAITING = "the local backend was restarted while this job waited for its turn"

Edit = Callable[[Document], Document]


def get_job(state: State, kind: str, job_id: str) -> Document:
    """Return a job's record. Raises `MissingError`."""
    job = state.find(kind, "", job_id)
    if job is None:
        raise MissingError(f"no {kind} {job_id!r}")
    return job


def move_job(state: State, kind: str, job_id: str, *, edit: Edit, clock: Clock) -> Document | None:
    """Apply `edit` to a job that has not ended and return the record; None when it has ended or is gone."""
    with state.transaction():
        job = state.find(kind, "", job_id)
        if job is None or job["status"] in FINAL:
            return None
        now = write_time(clock())
        return state.change(kind, "", job_id, change=lambda record: edit(record) | {"updated_at": now})


def refuse_ended(job: Document, kind: str) -> None:
    """Raise `TakenError` when the job has ended and cannot be cancelled any more."""
    if job["status"] in FINAL:
        raise TakenError(f"{kind} {job['id']!r} has ended as {job['status']}; only a living job can be cancelled")


def explain_interruption(job: Document) -> str | None:
    """Return why a job that was found at the start cannot go on; None when it has ended."""
    if job["status"] in FINAL:
        return None
    return INTERRUPTED if job["status"] == "running" else INTERRUPTED_WAITING
