"""How long a run will still take, from its own finished steps and from earlier runs.

Steps of a run follow each other, so their times add up. A step's expected time is the median of earlier runs, scaled
by how this run has been going compared with them; without earlier runs, what the other students took for the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from statistics import fmean, median

from sqlmodel import Session

from core.runs.plan import Variant
from core.runs.tables import RunStatus, StepStatus
from core.runs.views import RunView, StepView, get_run, list_runs

TRUSTED_PROGRESS = 0.1
"""Below this share of a step, its own progress says too little about its end."""

RUNS_TO_LEARN_FROM = 12
_FINISHED = (RunStatus.COMPLETED, RunStatus.COMPLETED_WITH_ERRORS)
_VARIANTS = frozenset(str(variant) for variant in Variant)


def all_steps(run: RunView) -> tuple[StepView, ...]:
    """Return a run's steps in the order in which they are executed."""
    return (*run.shared_steps, *(step for student in run.students for step in student.steps))


def learn_pace(finished: Iterable[RunView]) -> Mapping[str, float]:
    """Return the median time of each step, in seconds by step key, over runs."""
    times: dict[str, list[float]] = {}
    for run in finished:
        for key, time_s in _measured(all_steps(run)).items():
            times.setdefault(key, []).append(time_s)
    return {key: median(values) for key, values in times.items()}


def load_pace(session: Session, workload_id: str) -> Mapping[str, float]:
    """Return the pace of the last finished runs of a workload, or of all where it has none yet."""
    for of_workload in (workload_id, None):
        found = list_runs(session, workload_id=of_workload, statuses=_FINISHED, limit=RUNS_TO_LEARN_FROM)
        if found:
            return learn_pace(get_run(session, run.id) for run in found)
    return {}


def estimate_left_s(steps: Sequence[StepView], pace: Mapping[str, float], *, now: datetime) -> float | None:
    """Return the seconds that the open steps will take, 0 when all ended; None when nothing is known about one."""
    own = _measured(steps)
    factor = _compare_pace(own, pace)
    left_s = 0.0
    for step in steps:
        if step.status.is_final:
            continue
        expected_s = _expect(step.key, own=own, pace=pace, factor=factor)
        step_left_s = _left_of(step, expected_s, now)
        if step_left_s is None:
            return None
        left_s += step_left_s
    return left_s


def estimate_total_s(keys: Sequence[str], pace: Mapping[str, float]) -> float | None:
    """Return the seconds that planned steps will take, going by earlier runs; None when one of them is new."""
    expected = [_expect(key, own={}, pace=pace, factor=1.0) for key in keys]
    known = [time_s for time_s in expected if time_s is not None]
    return sum(known) if expected and len(known) == len(expected) else None


def _measured(steps: Sequence[StepView]) -> dict[str, float]:
    return {
        step.key: (step.finished_at - step.started_at).total_seconds()
        for step in steps
        if step.status is StepStatus.COMPLETED and step.started_at is not None and step.finished_at is not None
    }


def _compare_pace(own: Mapping[str, float], pace: Mapping[str, float]) -> float:
    shared = own.keys() & pace.keys()
    earlier_s = sum(pace[key] for key in shared)
    return sum(own[key] for key in shared) / earlier_s if earlier_s > 0 else 1.0


def _expect(key: str, *, own: Mapping[str, float], pace: Mapping[str, float], factor: float) -> float | None:
    if key in pace:
        return pace[key] * factor
    for times, scale in ((own, 1.0), (pace, factor)):
        alike = [time_s for other, time_s in times.items() if _sort_of(other) == _sort_of(key)]
        if alike:
            return fmean(alike) * scale
    return None


def _sort_of(key: str) -> tuple[str, str]:
    """Return what a step does and with which variant, whichever the student."""
    variant = key.rpartition(":")[2]
    return key.partition(":")[0], variant if variant in _VARIANTS else ""


def _left_of(step: StepView, expected_s: float | None, now: datetime) -> float | None:
    if step.started_at is None:
        return expected_s
    elapsed_s = max(0.0, (now - step.started_at).total_seconds())
    if step.progress is not None and step.progress >= TRUSTED_PROGRESS:
        return elapsed_s * (1 - step.progress) / step.progress
    return None if expected_s is None else max(0.0, expected_s - elapsed_s)
