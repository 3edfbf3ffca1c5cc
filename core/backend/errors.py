"""What the local backend refuses, by the answer a caller gets.

    BackendError            an answer with a status and a sentence
    ├── MissingError        404: the resource named in the path is not there
    ├── TakenError          409: the name is in use, or the state forbids the act
    ├── InvalidError        422: a field of the request is wrong; `location` says which one
    └── HubError            an answer in the Hugging Face shape, with its `X-Error-Code`
    JobFailedError          a job cannot go on; the sentence becomes the job's reason
    TemplateProblem         a template is wrong or does not fit a record; that record fails, not the job

A server that cannot start raises `core.errors.InputError` or `ConflictError`.
"""

from collections.abc import Mapping

from core.errors import FlywheelError


class BackendError(FlywheelError):
    """Base of every refusal that becomes an HTTP answer; `status` is the HTTP status."""

    status = 400


class MissingError(BackendError):
    """The resource asked for is not there (any more)."""

    status = 404


class TakenError(BackendError):
    """A resource of that name exists, or the resource's state forbids the act; sending it again changes nothing."""

    status = 409


class InvalidError(BackendError):
    """One or more fields of the request are wrong.

    `problems` are the entries of the contract's 422 answer: `loc`, `msg` and `type`.
    """

    status = 422

    def __init__(self, problems: list[dict[str, object]]) -> None:
        super().__init__("; ".join(_as_sentence(problem) for problem in problems))
        self.problems = problems

    @classmethod
    def at(cls, *location: str | int, message: str, kind: str = "value_error") -> "InvalidError":
        """Return the error for one field: `at("body", "dataset", message="no dataset ...")`."""
        return cls([{"loc": list(location), "msg": message, "type": kind}])


class HubError(BackendError):
    """A refusal of the Hugging Face endpoint.

    `code` is one of its documented names, or empty; `facts` are further keys of the answer that clients read.
    """

    def __init__(self, message: str, *, status: int, code: str = "", facts: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.facts = facts or {}


class JobFailedError(FlywheelError):
    """The job ends as `failed`; the message is the reason that its status shows."""


class TemplateProblem(FlywheelError):
    """The template is wrong or does not fit the record; the message says how."""


def _as_sentence(problem: dict[str, object]) -> str:
    location = problem["loc"]
    named = [str(part) for part in location if part not in {"body", "query"}] if isinstance(location, list) else []
    return f"{'.'.join(named)}: {problem['msg']}" if named else str(problem["msg"])
