"""What can go wrong with a student.

    StudentError(FlywheelError)
    ├── TrainingError       these rows or settings cannot be trained with; the sentence says what to change
    ├── TrainingStopped     the caller asked for the end; nothing was kept
    └── AdapterError        a saved adapter cannot be read, or belongs to another student

An unknown student is a `core.errors.NotFoundError` with the near miss.
"""

from core.errors import FlywheelError


class StudentError(FlywheelError):
    """Base of everything that the local students refuse."""


class TrainingError(StudentError):
    """The training rows or hyperparameters cannot be used; correct what the sentence names."""


class TrainingStopped(StudentError):
    """Training ended early because `should_stop` said so."""


class AdapterError(StudentError):
    """A saved adapter is missing, damaged, of a newer release, or made for another student."""
