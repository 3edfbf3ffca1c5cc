"""The plan of a run: which steps it has, in which order, and how each marks what it creates outside.

Pure: the rows are written by `launch`. Steps of one student stand together, so that a failing student can be skipped.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.runs.tables import StepKind, StepRow

DNS_LABEL_CHARACTERS = 63
"""Deployments are named after steps, and Kubernetes names are DNS labels (RFC 1123)."""


class Variant(StrEnum):
    """How a student is used."""

    BASE = "base"  # as it is
    ICL = "icl"  # with examples in the prompt
    CUSTOMIZED = "customized"  # fine-tuned on the workload


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """One step to come. `key` is unique in the run."""

    key: str
    kind: StepKind
    student: str | None = None
    variant: Variant | None = None


def plan_steps(
    students: Sequence[str],
    variants: Sequence[Variant],
    *,
    not_customizable: frozenset[str] = frozenset(),
    is_probed: bool = True,
) -> tuple[PlannedStep, ...]:
    """Return the steps of a run in the order in which they are executed; unless `is_probed`, no answer is timed."""
    steps = [PlannedStep(key="prepare", kind=StepKind.PREPARE), PlannedStep(key="upload", kind=StepKind.UPLOAD)]
    for student in students:
        steps.append(_step(StepKind.DEPLOY, student))
        for variant in (Variant.BASE, Variant.ICL, Variant.CUSTOMIZED):
            if variant not in variants or (variant is Variant.CUSTOMIZED and student in not_customizable):
                continue
            if variant is Variant.CUSTOMIZED:
                steps.append(_step(StepKind.CUSTOMIZE, student))
            steps.append(_step(StepKind.EVALUATE, student, variant))
            if is_probed:
                steps.append(_step(StepKind.PROBE, student, variant))
        steps.append(_step(StepKind.UNDEPLOY, student))
    return tuple(steps)


def arrange_stages(steps: Sequence[StepRow], *, overlap: bool) -> list[list[list[StepRow]]]:
    """Return one student's steps as stages that follow each other, each of lanes that run beside each other.

    With `overlap` the evaluations that need no training stand beside the customization; otherwise every stage is one
    step. A student without a customization has nothing to overlap.
    """
    training = [step for step in steps if step.kind == StepKind.CUSTOMIZE]
    beside = [step for step in steps if step.kind == StepKind.EVALUATE and step.variant in (Variant.BASE, Variant.ICL)]
    if not overlap or not training or not beside:
        return [[[step]] for step in steps]
    moved = {step.key for step in (*training, *beside)}
    deploy = [[[step]] for step in steps if step.kind == StepKind.DEPLOY]
    others = [[[step]] for step in steps if step.key not in moved and step.kind != StepKind.DEPLOY]
    return [*deploy, [beside, training], *others]


def resource_key(run_id: str, step_key: str, retry: int = 0) -> str:
    """Return the mark of what a step creates outside: a DNS label, the same after any restart.

    `retry` counts how often a finished run was retried, so that a repeated step does not adopt the failed job.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", step_key.lower()).strip("-")
    digest = hashlib.sha256(f"{run_id}/{step_key}/{retry}".encode()).hexdigest()[:8]
    room = DNS_LABEL_CHARACTERS - len(f"fw-{run_id}--{digest}")
    return f"fw-{run_id}-{slug[:room].strip('-')}-{digest}"


def _step(kind: StepKind, student: str, variant: Variant | None = None) -> PlannedStep:
    key = f"{kind}:{student}" + (f":{variant}" if variant else "")
    return PlannedStep(key=key, kind=kind, student=student, variant=variant)
