"""What can go wrong when results are compared.

FlywheelError
└── InputError
    └── ComparisonError   the results given cannot be set side by side: the same one twice, or a record twice in one
"""

from core.errors import InputError


class ComparisonError(InputError):
    """The results handed in do not describe different candidates record by record."""
