"""What can go wrong with a policy.

FlywheelError
└── InputError
    └── PolicyError   the policy file cannot be read, or a rule is unknown or out of range
"""

from core.errors import InputError


class PolicyError(InputError):
    """The policy is not usable; `field` is the dotted name of the rule, `line` where TOML itself is wrong."""
