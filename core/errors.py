"""The root of every error that Flywheel Review raises on purpose.

    FlywheelError
    ├── InputError          the caller can correct it (status 422, exit code 2)
    │   └── NotFoundError   the thing named does not exist (status 404, exit code 2)
    ├── ConflictError       the state has moved on or forbids the act (status 409, exit code 1)
    └── UnavailableError    something this product needs is down (status 503, exit code 1)

Packages add their own children in their `errors.py`. A message says what is wrong, where, and what to do; it never
holds a secret. `app` alone turns a class into page text, HTTP status and exit code.
"""

from rapidfuzz import fuzz, process


class FlywheelError(Exception):
    """Base of all deliberate errors; `str(error)` is a sentence for a person."""


class InputError(FlywheelError):
    """Something given is wrong and can be corrected.

    `field` names the setting, argument or body field; `line` is the 1-based line of a file where there is one.
    """

    def __init__(self, message: str, *, field: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.line = line


class NotFoundError(InputError):
    """The run, workload, student or other thing named does not exist."""


class ConflictError(FlywheelError):
    """The act was refused because the state is not the one the caller saw; look again, then decide."""


class UnavailableError(FlywheelError):
    """A store, service or database that is needed cannot be reached; `service` names it."""

    def __init__(self, message: str, *, service: str) -> None:
        super().__init__(message)
        self.service = service


def near_miss(wrong: str, known: list[str] | tuple[str, ...]) -> str:
    """Return "; did you mean 'x'?" for the closest of `known`, or an empty string when none is close."""
    close = process.extract(wrong, known, score_cutoff=65)
    best = max(close, key=lambda found: fuzz.ratio(wrong, found[0]), default=None)  # where a part fits several names
    return f"; did you mean {best[0]!r}?" if best else ""
