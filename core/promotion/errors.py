"""What can go wrong when somebody decides, or marks a record.

FlywheelError
├── DecisionRefused (InputError)     the reason is missing, or the candidate cannot be decided on
├── MarkRefused (InputError)         the mark on a record lacks what it needs, such as the gold answer
└── DecisionConflict (ConflictError) somebody else decided first, or the results changed since the page was opened
"""

from core.errors import ConflictError, InputError


class DecisionRefused(InputError):
    """The decision is incomplete or the candidate has no result; nothing was stored."""


class MarkRefused(InputError):
    """The mark is incomplete or its gold cannot be read; nothing was stored."""


class DecisionConflict(ConflictError):
    """The state is not the one the person saw; nothing was stored, and the message says what changed."""
