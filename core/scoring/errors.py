"""What can go wrong in scoring.

FlywheelError
├── InputError
│   └── AnswerFormatError   a stored or given answer format cannot be used
└── ScoringError            scores were asked for where there are none; a mistake of the caller
"""

from core.errors import FlywheelError, InputError


class AnswerFormatError(InputError):
    """An answer format names an unknown kind, lacks its field, or was written by a later version."""


class ScoringError(FlywheelError):
    """There is nothing to score, or the two sides are not of the same length."""
