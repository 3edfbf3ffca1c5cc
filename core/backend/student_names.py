"""Checks that a model named in a request is a student of this backend."""

from core.backend.errors import InvalidError
from core.backend.students import STUDENTS
from core.errors import near_miss


def require_student(name: object, *, location: tuple[str | int, ...]) -> str:
    """Return the student's name. Raises `InvalidError` at `location`, with the near miss or all students."""
    if isinstance(name, str) and name in STUDENTS:
        return name
    hint = near_miss(str(name), list(STUDENTS)) or f"; it has {', '.join(STUDENTS)}"
    raise InvalidError.at(*location, message=f"the local backend has no student {name!r}{hint}")
