"""A launch's plan in words: how the records are divided, which way each student goes. Pure."""

from collections.abc import Sequence
from html import escape

from app.ui import numbers
from app.ui.review_view import VARIANT_NAMES
from app.ui.run_view import STEP_NAMES
from core.runs import LaunchPlan, StepKind


def describe_division(plan: LaunchPlan) -> tuple[tuple[str, str], ...]:
    """Return how many records are judged on and trained on; duplicates and bad records make it less later."""
    request = plan.request
    rest = max(0, min(plan.records, request.limit or plan.records) - request.evaluation_size)
    validation = numbers.share(request.validation_ratio, decimals=0)
    return (
        ("Logged", numbers.quantity(plan.records, "record")),
        ("Judged on", numbers.quantity(request.evaluation_size, "record")),
        ("Trained on", f"up to {numbers.quantity(rest, 'record')}, {validation} of them to validate with"),
    )


def count_candidates(steps: Sequence[str]) -> int:
    """Return how many candidates the steps measure."""
    return sum(step.partition(":")[0] == StepKind.EVALUATE for step in steps)


def list_routes(steps: Sequence[str]) -> dict[str, list[str]]:
    """Return by student what happens to it, in order; deploying and undeploying go without saying."""
    routes: dict[str, list[str]] = {}
    for step in steps:
        kind, _, rest = step.partition(":")
        if kind == StepKind.CUSTOMIZE:
            routes.setdefault(rest, []).append(STEP_NAMES[StepKind.CUSTOMIZE].lower())
        elif kind == StepKind.EVALUATE:
            student, _, variant = rest.rpartition(":")
            routes.setdefault(student, []).append(f"evaluate {VARIANT_NAMES.get(variant, variant)}")
    return routes


def render_routes(steps: Sequence[str]) -> str:
    """Return one line a student: its name and what happens to it."""
    lines = "".join(
        f"<li><strong>{escape(student)}</strong>: {escape(', '.join(acts))}</li>"
        for student, acts in list_routes(steps).items()
    )
    return f'<ul class="fw-routes" aria-label="What happens to each student">{lines}</ul>'
