"""Who answers: which models the NIM proxy knows now.

A student answers while it has a ready deployment; an adapter answers while its student does.
"""

from dataclasses import dataclass
from pathlib import Path

from core.backend.context import Context
from core.backend.deployments import find_ready_students
from core.backend.errors import MissingError
from core.backend.students import STUDENTS
from core.errors import near_miss


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """A model that answers now. `adapter` is where its adapter lies, None for a bare student."""

    id: str
    student: str
    adapter: Path | None


def list_served(context: Context) -> list[ServedModel]:
    """Return every model that answers now: deployed students first, then their adapters, oldest first."""
    ready = find_ready_students(context)
    students = [ServedModel(id=name, student=name, adapter=None) for name in STUDENTS if name in ready]
    adapters = [
        ServedModel(id=stored.model, student=stored.student, adapter=stored.location)
        for stored in context.adapters.all()
        if stored.student in ready
    ]
    return students + adapters


def find_served(context: Context, model: str) -> ServedModel:
    """Return the model of this id. Raises `MissingError` that says whether it is unknown or not deployed."""
    served = list_served(context)
    for known in served:
        if known.id == model:
            return known
    namespace, _, name = model.partition("/")
    adapter = context.adapters.find(namespace, name)
    student = adapter.student if adapter else model
    if student in STUDENTS:
        raise MissingError(
            f"the model {model!r} does not answer: its student {student!r} has no ready deployment; create one with"
            " POST /v1/deployment/model-deployments and wait until it is ready"
        )
    raise MissingError(f"the model {model!r} does not exist{near_miss(model, [known.id for known in served])}")
