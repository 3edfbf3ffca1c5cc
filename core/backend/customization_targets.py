"""Customization targets: the base models that can be trained.

The local students are targets from the start, as `local/linear-small@1.0` and so on. Others may be registered; only
those whose base model is a student are ever ready.
"""

from core.backend.answers import check_body
from core.backend.context import Context
from core.backend.customization_bodies import TargetBody
from core.backend.entities import EntityCalls, EntityKind, name_near_miss
from core.backend.errors import InvalidError
from core.backend.lists import ListRules
from core.backend.state import Document, State
from core.backend.students import STUDENTS

TARGET = "customization target"
TARGET_VERSION = "1.0"
TARGETS = EntityKind(
    title=TARGET, path="/v1/customization/targets", id_prefix="customization-target", body=TargetBody, rules=ListRules()
)


class TargetCalls(EntityCalls):
    """The calls on targets."""

    def complete(self, document: Document) -> Document:
        """Return the target with its base model and state."""
        return complete_target(document)


def complete_target(document: Document) -> Document:
    """Return the target with its base model; it is ready when that is a student of this backend."""
    base_model = document["base_model"] or f"{document['namespace']}/{str(document['name']).partition('@')[0]}"
    status = "ready" if base_model in STUDENTS else "failed"
    return document | {"base_model": base_model, "status": status, "model_type": "hf"}


def resolve_target(state: State, target: str | Document, *, location: tuple[str | int, ...]) -> Document:
    """Return the target that a name or an inline object means. Raises `InvalidError` at `location`."""
    if not isinstance(target, str):
        return complete_target(check_body(TargetBody, target, location=location).model_dump(mode="json"))
    namespace, _, name = target.partition("/")
    known = state.find(TARGET, namespace, name)
    if known is None:
        message = f"no {TARGET} {target!r}{name_near_miss(state, TARGET, target)}"
        raise InvalidError.at(*location, message=message)
    return known


def add_student_targets(context: Context) -> None:
    """Make sure that every student can be named as a target; safe to repeat."""
    calls = TargetCalls(context, TARGETS)
    for student in STUDENTS:
        namespace, _, name = student.partition("/")
        versioned = f"{name}@{TARGET_VERSION}"
        if context.state.find(TARGET, namespace, versioned) is None:
            # The contract wants a number of parameters; those of a linear model depend on what it is trained on.
            body = TargetBody(
                name=versioned, namespace=namespace, base_model=student, num_parameters=1_000_000, precision="fp32"
            )
            calls.add(body)
