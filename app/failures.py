"""What each class of error means to whoever asked: a sentence, an HTTP status, an exit code.

The one place where classes of `core.errors` become page text, status and exit code; pages, API and command line all
come here. Expected errors carry their own sentence. Anything else is logged with its traceback under a reference and
shown without a word of its own, since it may hold what nobody outside should read.
"""

import logging
import secrets
from dataclasses import dataclass
from typing import Any

from core.errors import ConflictError, FlywheelError, InputError, NotFoundError, UnavailableError

logger = logging.getLogger("flywheel")

EXIT_FAILED = 1
EXIT_WRONG_INPUT = 2


@dataclass(frozen=True, kw_only=True)
class FailureKind:
    """How one class of error appears: heading of a page, HTTP status, exit code of a command."""

    title: str
    status: int
    exit_code: int


NOT_FOUND = FailureKind(title="Not found", status=404, exit_code=EXIT_WRONG_INPUT)
WRONG_INPUT = FailureKind(title="This cannot be used", status=422, exit_code=EXIT_WRONG_INPUT)
CONFLICT = FailureKind(title="The state has moved on", status=409, exit_code=EXIT_FAILED)
UNAVAILABLE = FailureKind(title="Something needed does not answer", status=503, exit_code=EXIT_FAILED)
FAILED = FailureKind(title="This did not work", status=500, exit_code=EXIT_FAILED)
UNEXPECTED = FailureKind(title="Something went wrong here", status=500, exit_code=EXIT_FAILED)

KINDS: tuple[tuple[type[FlywheelError], FailureKind], ...] = (
    (NotFoundError, NOT_FOUND),
    (InputError, WRONG_INPUT),
    (ConflictError, CONFLICT),
    (UnavailableError, UNAVAILABLE),
    (FlywheelError, FAILED),
)
"""Children stand before their parents; the first class that fits decides."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One error as it is shown. `reference` finds it in the log of the process, where it was logged."""

    kind: FailureKind
    message: str
    field: str | None = None
    line: int | None = None
    reference: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the one shape of every error in JSON; `line` and `reference` only where there is one."""
        facts = {"message": self.message, "field": self.field}
        further = {"line": self.line, "reference": self.reference}
        return {"error": facts | {name: value for name, value in further.items() if value is not None}}


def explain(error: BaseException) -> Failure:
    """Return how an error is shown; what nobody expected is logged under a new reference first."""
    if isinstance(error, FlywheelError):
        kind = next(kind for cls, kind in KINDS if isinstance(error, cls))
        field, line = (error.field, error.line) if isinstance(error, InputError) else (None, None)
        return Failure(kind=kind, message=str(error), field=field, line=line)
    reference = log_error(error)
    if _is_database_down(error):
        return Failure(
            kind=UNAVAILABLE,
            message="the state database does not answer; nothing was changed, try again when it is back",
            reference=reference,
        )
    return Failure(
        kind=UNEXPECTED,
        message=f"something went wrong here; the log of this process has the details under reference {reference}",
        reference=reference,
    )


def log_error(error: BaseException) -> str:
    """Log an error with its traceback and return the reference it can be found under."""
    reference = f"e-{secrets.token_hex(4)}"
    logger.error("unexpected error, reference %s", reference, exc_info=error)
    return reference


def _is_database_down(error: BaseException) -> bool:
    from core.database import DATABASE_DOWN  # SQL is loaded by those who use it, not by every command

    return isinstance(error, DATABASE_DOWN)
