"""What can go wrong when somebody decides.

FlywheelError
├── DecisionRefused (InputError)     the reason is missing, or the candidate cannot be decided on
└── DecisionConflict (ConflictError) somebody else decided first, or the results changed since the page was opened
"""

from core.errors import ConflictError, InputError


class DecisionRefused(InputError):
    """The decision is incomplete or the candidate has no result; nothing was stored."""


class DecisionConflict(ConflictError):
    """The state is not the one the person saw; nothing was stored, and the message says what changed."""
