"""What a decision on a candidate rests on, bound into one hash: a later change of any part is noticed and named.

The results hash is the SHA-256 of the canonical JSON (RFC 8785) of the evaluation set, the candidate, the scorer
version, the policy, the gold of its records and its ordered samples; gold and samples enter by a hash of their own.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

from core.evaluation.samples import Candidate, Sample

PARTS = ("evaluation_set", "scorer_version", "policy", "gold", "samples")
NAMES = {
    "evaluation_set": "the evaluation set",
    "scorer_version": "the scorer version",
    "policy": "the policy",
    "gold": "the gold answers",
    "samples": "the samples",
}


@dataclass(frozen=True, kw_only=True)
class ResultsBasis:
    """The parts of a results hash: `evaluation_set`, `policy`, `gold` and `samples` are SHA-256 in hexadecimal."""

    candidate: Candidate
    evaluation_set: str
    scorer_version: str
    policy: str
    gold: str
    samples: str

    @property
    def hash(self) -> str:
        """The results hash."""
        student, variant = self.candidate.student, self.candidate.variant
        return _digest({"candidate": {"student": student, "variant": variant}, **self.parts()})

    def parts(self) -> dict[str, str]:
        """Return every part but the candidate, by name."""
        return {name: getattr(self, name) for name in PARTS}

    def changes_since(self, seen: Mapping[str, str]) -> tuple[str, ...]:
        """Return in words which of the parts somebody saw are others now; parts that `seen` lacks are not asked."""
        return tuple(NAMES[name] for name, value in self.parts().items() if seen.get(name, value) != value)


def hash_samples(samples: Sequence[Sample]) -> str:
    """Return the SHA-256 of the samples in their order, one line of canonical JSON each, every field included."""
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(rfc8785.dumps(_hashable(vars(sample))))
        digest.update(b"\n")
    return digest.hexdigest()


def hash_gold(gold: Mapping[str, str]) -> str:
    """Return the SHA-256 of gold answers by record key."""
    return _digest(dict(gold))


def _digest(value: Any) -> str:
    return hashlib.sha256(rfc8785.dumps(_hashable(value))).hexdigest()


def _hashable(value: Any) -> Any:
    """Write what RFC 8785 refuses (NaN, huge integers, half surrogate pairs) as text; answers can hold anything."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {_hashable(str(key)): _hashable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hashable(inner) for inner in value]
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    return str(value)
