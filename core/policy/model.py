"""The rules a candidate is held to, with their defaults, ranges and hash.

What each rule means to a reader stands in `docs/policy.md`; a test holds the two together. Checking a candidate against
the rules belongs to `core.evaluation`.
"""

import hashlib
from typing import Annotated, Any, Self

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(gt=0, lt=1)]
Ratio = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Label = Annotated[str, Field(min_length=1, max_length=256)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class CriticalClass(_Table):
    """A class that may not get lost: the recall its records need, with the teacher's answers as the truth."""

    label: Label
    minimum_recall: Share = 0.9


class Policy(_Table):
    """When a candidate may be approved. Shares and margins go from 0 to 1; `Policy()` holds the defaults."""

    minimum_agreement: Share = 0.9
    gold_margin: Share = 0.02
    minimum_gold_records: Count = 50
    require_gold: Flag = False
    critical_classes: tuple[CriticalClass, ...] = ()
    minimum_records: Count = 100
    maximum_invalid_rate: Share = 0.05
    maximum_cost_ratio: Ratio = 0.5
    maximum_latency_ratio: Ratio = 1.0
    require_no_leakage: Flag = True
    require_complete_samples: Flag = True
    require_must_see: Flag = False
    allow_override: Flag = False

    @model_validator(mode="after")
    def _check_classes(self) -> Self:
        labels = [entry.label for entry in self.critical_classes]
        if doubled := sorted({label for label in labels if labels.count(label) > 1}):
            raise ValueError(f"critical_classes: {doubled[0]!r} stands there twice; every class may stand there once")
        return self

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON (RFC 8785) of all rules; neither spelling nor order of a file change it."""
        rules = self.public()
        rules["critical_classes"].sort(key=lambda entry: entry["label"])
        return hashlib.sha256(rfc8785.dumps(rules)).hexdigest()

    def public(self) -> dict[str, Any]:
        """Return all rules as plain JSON values, as decisions and evidence store them."""
        return self.model_dump(mode="json")
