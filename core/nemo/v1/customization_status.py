"""What a customization job says about itself, read once for the list, the job and its status (contract section 1.3).

How a job ended comes from `status` alone: NVIDIA's own notebooks show a failed job at 100 per cent.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from core.nemo.operations import CustomizationStatus, JobState, LossPoint
from core.nemo.v1.fields import (
    describe_unknown,
    read_count,
    read_instant,
    read_list,
    read_mapping,
    read_number,
    read_state,
    read_text,
)

SERIES = ("train_loss", "val_loss")
NO_GPU_FREE = "NotEnoughResources"
EARLIEST = datetime.min.replace(tzinfo=UTC)


def read_customization(job: Mapping[str, object], status: Mapping[str, object]) -> CustomizationStatus:
    """Return the state of a job from its own document and, if not empty, the answer of its status call."""
    details = {**read_mapping(job.get("status_details")), **status}
    word = status.get("status") or job.get("status") or details.get("status")
    state = read_state(word)
    epochs = read_count(read_mapping(job.get("hyperparameters")).get("epochs"))
    logs = _sorted_logs(details)
    return CustomizationStatus(
        id=read_text(job.get("id")) or "",
        state=state,
        output_model=read_text(job.get("output_model")),
        progress=1.0 if state is JobState.COMPLETED else _read_progress(details, epochs),
        epochs_completed=read_count(details.get("epochs_completed")),
        steps_completed=read_count(details.get("steps_completed")),
        losses=_read_losses(details),
        log=tuple(line for log in logs if (line := _read_line(log))),
        detail=_explain(state, logs) or describe_unknown(word),
        created_at=read_instant(job.get("created_at")),
    )


def _read_progress(details: Mapping[str, object], epochs: int | None) -> float | None:
    """Prefer steps: the service's percentage counts whole epochs, so a job of one epoch stands at 0 until its end."""
    steps = read_count(details.get("steps_completed"))
    steps_per_epoch = read_count(details.get("steps_per_epoch"))
    percentage = read_number(details.get("percentage_done"))
    epochs_completed = read_count(details.get("epochs_completed"))
    if steps is not None and steps_per_epoch and epochs:
        share = steps / (steps_per_epoch * epochs)
    elif percentage is not None:
        share = percentage / 100
    elif epochs_completed is not None and epochs:
        share = epochs_completed / epochs
    else:
        return None
    return min(max(share, 0.0), 1.0)


def _read_losses(details: Mapping[str, object]) -> tuple[LossPoint, ...]:
    """A point without a step or with a value that is no number (a diverged loss is NaN) is left out."""
    series = read_mapping(read_mapping(details.get("metrics")).get("metrics"))
    points = [
        LossPoint(series=name, step=step, value=value)
        for name in SERIES
        for point in map(read_mapping, read_list(series.get(name)))
        if (step := read_count(point.get("step"))) is not None
        and (value := read_number(point.get("value"))) is not None
    ]
    return tuple(sorted(points, key=lambda point: (point.series, point.step)))


def _sorted_logs(details: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    logs = [read_mapping(log) for log in read_list(details.get("status_logs"))]
    return sorted(logs, key=lambda log: read_instant(log.get("updated_at")) or EARLIEST)


def _read_line(log: Mapping[str, object]) -> str:
    message, detail = read_text(log.get("message")), read_text(log.get("detail"))
    return ": ".join(part for part in (message, detail) if part)


def _explain(state: JobState, logs: Sequence[Mapping[str, object]]) -> str | None:
    newest = logs[-1] if logs else {}
    if not state.is_final and newest.get("message") == NO_GPU_FREE:
        return f"the service waits for a free GPU ({NO_GPU_FREE})"
    if state is not JobState.FAILED:
        return None
    details = [detail for log in logs if (detail := read_text(log.get("detail")))]
    return details[-1] if details else _read_line(newest) or None
