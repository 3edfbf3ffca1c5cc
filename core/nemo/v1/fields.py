"""Reading JSON that may differ between releases: every reader takes anything and returns the wanted type or nothing.

Builds of the services leave fields out, send null or NaN, and expand a name into the object it names.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from core.nemo.errors import RequestRefused, ServiceUnavailable
from core.nemo.messages import Reply
from core.nemo.operations import JobState

RUN_MARK = "flywheel_run"
KEY_MARK = "flywheel_key"

STATES: Mapping[str, JobState] = {
    "created": JobState.WAITING,
    "pending": JobState.WAITING,
    "running": JobState.RUNNING,
    "cancelling": JobState.RUNNING,
    "ready": JobState.COMPLETED,
    "completed": JobState.COMPLETED,
    "failed": JobState.FAILED,
    "cancelled": JobState.CANCELLED,
    "unknown": JobState.RUNNING,
}
"""The whole vocabulary of contract section 1.3; anything else is followed until it ends or the step's time is up."""


def read_mapping(value: object) -> Mapping[str, object]:
    """Return the object, or an empty one."""
    return value if isinstance(value, dict) else {}


def read_list(value: object) -> Sequence[object]:
    """Return the list, or an empty one."""
    return value if isinstance(value, list) else ()


def read_text(value: object) -> str | None:
    """Return the text unless it is empty, missing or no text."""
    return value if isinstance(value, str) and value else None


def read_number(value: object) -> float | None:
    """Return the finite number; None for NaN, infinity, booleans and anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def read_count(value: object) -> int | None:
    """Return the number as a whole one if it is 0 or more."""
    number = read_number(value)
    return int(number) if number is not None and number >= 0 else None


def read_instant(value: object) -> datetime | None:
    """Return an ISO time as an aware one; the services write UTC without a zone."""
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def read_name(value: object) -> str | None:
    """Return `namespace/name` of a reference that may come as text or as the whole object."""
    if isinstance(value, dict):
        name, namespace = read_text(value.get("name")), read_text(value.get("namespace"))
        return f"{namespace}/{name}" if name and namespace and "/" not in name else name
    return read_text(value)


def read_state(status: object) -> JobState:
    """Return the state for a status; an unknown one is RUNNING."""
    return STATES.get(status.lower(), JobState.RUNNING) if isinstance(status, str) else JobState.RUNNING


def describe_unknown(status: object) -> str | None:
    """Return a sentence about a status outside the vocabulary, None for a known one."""
    if isinstance(status, str) and status.lower() in STATES:
        return None
    return f"the service reports the status {status!r}, which this version does not know; still following it"


def read_mark(resource: Mapping[str, object], mark: str) -> str | None:
    """Return what `custom_fields` holds under one of our marks."""
    return read_text(read_mapping(resource.get("custom_fields")).get(mark))


def read_created_id(reply: Reply) -> str:
    """Return the id of a job just created.

    Raises `ServiceUnavailable` (ambiguous) when a successful answer holds none: the job may exist all the same.
    """
    try:
        created_id = read_text(reply.document().get("id"))
    except RequestRefused:
        created_id = None
    if created_id is None:
        raise ServiceUnavailable(
            f"the {reply.service} took {reply.request} but named no id; looking the job up by its mark",
            service=reply.service,
            ambiguous=True,
            status=reply.status,
        )
    return created_id


def path_segment(name: str) -> str:
    """Return a name as one segment of a path; `@` and `+` stand literally, as the services expect."""
    return quote(name, safe="@+:")
