"""What can go wrong between records and datasets.

InputError
├── DatasetError             no datasets can be built from these records with these options; `field` names which
│   └── GoldFileRefused      lines of a file of gold are wrong; `problems` lists them
└── NotFoundError
    └── EvaluationSetNotFound   there is no such version
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import InputError, NotFoundError


class DatasetError(InputError):
    """The records or the options do not allow datasets; nothing was written."""


class EvaluationSetNotFound(NotFoundError):
    """The workload has no evaluation set of this version or address."""


@dataclass(frozen=True, kw_only=True)
class LineProblem:
    """What is wrong with one line of a file, counted from 1; `reason` starts with the field."""

    line: int
    reason: str


class GoldFileRefused(DatasetError):
    """A file of gold has wrong lines, all of them in `problems`; nothing of it was stored."""

    def __init__(self, message: str, *, field: str, problems: Sequence[LineProblem]) -> None:
        super().__init__(message, field=field, line=problems[0].line if problems else None)
        self.problems = tuple(problems)
