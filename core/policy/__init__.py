"""The promotion policy: the rules a candidate is held to, read from `policy.toml`, checked and hashed.

Rules only: `core.evaluation` checks candidates against them, `core.promotion` enforces must-see records and overrides.
"""

from core.policy.errors import PolicyError
from core.policy.loading import load_policy, parse_policy, rule_names
from core.policy.model import CriticalClass, Policy

__all__ = ["CriticalClass", "Policy", "PolicyError", "load_policy", "parse_policy", "rule_names"]
