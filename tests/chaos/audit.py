"""What must hold after any number of deaths: read from the database and the services' ledger, judged here.

Pure: the same rows and ledger give the same violations. A run is planned with the same steps for every student, so what
must have been made outside is known beforehand.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.runs import RunStatus
from core.runs.tables import EventRow, RunRow, StepKind, StepRow, StepStatus
from tests.chaos.faults import Entry, Remote

CREATED_BY = {
    StepKind.DEPLOY: "deployment",
    StepKind.EVALUATE: "evaluation",
    StepKind.CUSTOMIZE: "customization",
}


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """Everything there is to judge once all runs have ended."""

    runs: Sequence[RunRow]
    steps: Sequence[StepRow]
    events: Sequence[EventRow]
    ledger: Sequence[Entry]
    remote: Remote
    integrity: str
    logs: str
    may_double: bool = False


def find_violations(after: Aftermath) -> list[str]:
    """Return every broken promise in words; empty when all were kept."""
    return [
        *_unfinished(after),
        *_remote_doubles(after),
        *_leaks(after),
        *_late_removals(after),
        *_event_gaps(after),
        *([f"the database is damaged: {after.integrity}"] if after.integrity != "ok" else []),
        *(["a worker met an error that nobody expected"] if "failed unexpectedly" in after.logs else []),
    ]


def _unfinished(after: Aftermath) -> Iterator[str]:
    for run in after.runs:
        if run.status != RunStatus.COMPLETED:
            yield f"run {run.id} is {run.status}: {run.error}"
    for step in after.steps:
        if step.status != StepStatus.COMPLETED:
            yield f"step {step.key} of {step.run_id} is {step.status}: {step.error}"


def _remote_doubles(after: Aftermath) -> Iterator[str]:
    """Each step made one thing outside. Where workers were frozen a double may be made, but it must not live on."""
    created = Counter((entry.kind, entry.key) for entry in after.ledger if entry.operation == "create")
    marks = {(CREATED_BY.get(StepKind(step.kind), ""), step.idempotency_key): step for step in after.steps}
    for (kind, key), step in marks.items():
        if kind and created[kind, key] == 0:
            yield f"{step.key} of {step.run_id} created nothing outside"
        elif created[kind, key] > 1 and not after.may_double:
            yield f"{step.key} of {step.run_id} created {created[kind, key]} times"
    if unknown := created.keys() - marks.keys():
        yield f"created outside of any step: {sorted(unknown)[:5]}"


def _leaks(after: Aftermath) -> Iterator[str]:
    if after.remote.deployments:
        yield f"deployments left: {after.remote.deployments[:5]}"
    if after.remote.live_jobs:
        yield f"jobs still running: {after.remote.live_jobs[:5]}"
    counts = {
        operation: Counter(e.key for e in after.ledger if (e.operation, e.kind) == (operation, "deployment"))
        for operation in ("create", "delete")
    }
    for step in after.steps:
        if (
            step.kind == StepKind.DEPLOY
            and counts["create"][step.idempotency_key] != counts["delete"][step.idempotency_key]
        ):
            yield f"deployment {step.idempotency_key} was created and deleted a different number of times"


def _late_removals(after: Aftermath) -> Iterator[str]:
    """A run that ends has taken its deployments down before; a sweep that does it later heals a fault."""
    removed = {
        entry.key: entry.at for entry in after.ledger if (entry.operation, entry.kind) == ("delete", "deployment")
    }
    ended = {run.id: run.finished_at.timestamp() for run in after.runs if run.finished_at is not None}
    for step in after.steps:
        late_s = removed.get(step.idempotency_key, 0.0) - ended.get(step.run_id, float("inf"))
        if step.kind == StepKind.DEPLOY and late_s > 0:
            yield f"{step.key} of {step.run_id} was taken down {late_s:.1f} s after its run had ended"


def _event_gaps(after: Aftermath) -> Iterator[str]:
    by_run: dict[str, list[EventRow]] = defaultdict(list)
    for event in after.events:
        by_run[event.run_id].append(event)
    for run in after.runs:
        events = sorted(by_run[run.id], key=lambda event: event.seq)
        if [event.seq for event in events] != list(range(1, run.event_seq + 1)):
            yield f"run {run.id} has events {len(events)} and counts {run.event_seq}"
        told = Counter((event.type, event.step) for event in events)
        if told[(f"run.{RunStatus.COMPLETED}", None)] != 1:
            yield f"run {run.id} tells its end {told[(f'run.{RunStatus.COMPLETED}', None)]} times"
        for step in after.steps:
            if step.run_id == run.id:
                for type_ in ("step.started", "step.completed"):
                    if told[(type_, step.key)] != 1:
                        yield f"run {run.id} tells {type_} of {step.key} {told[(type_, step.key)]} times"
        progress = Counter((e.step, str(e.data)) for e in events if e.type == "step.progress")
        if doubled := [key for key, count in progress.items() if count > 1]:
            yield f"run {run.id} tells progress twice: {doubled[:3]}"
