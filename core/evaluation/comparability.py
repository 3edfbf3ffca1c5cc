"""The guard: which results may be set side by side, what differs, and which records they share.

Results are comparable when evaluation set, scorer version, prompt template and decoding settings agree. What differs is
named one by one; what is unknown on one side differs from what is known on the other.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

UNKNOWN = "unknown"
NOT_SET = "not set"


@dataclass(frozen=True, kw_only=True)
class EvaluationInputs:
    """What a result depends on beside the model. None means that it was not recorded.

    `evaluation_set` is the SHA-256 of the records judged on, `prompt_template` a hash or name of what wraps each of
    them, `decoding` the settings sent with every request, such as temperature and max_tokens.
    """

    evaluation_set: str
    scorer_version: str
    prompt_template: str | None = None
    decoding: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class InputDifference:
    """One input that is not the same everywhere; `values` holds its text for each result by name."""

    name: str
    values: Mapping[str, str]

    def to_text(self) -> str:
        """Return "scorer version (1 for A, B; 2 for C)"."""
        owners: dict[str, list[str]] = {}
        for result, value in self.values.items():
            owners.setdefault(value, []).append(result)
        sides = [f"{value} for {', '.join(results)}" for value, results in owners.items()]
        return f"{self.name} ({'; '.join(sides)})"


def find_differences(
    inputs: Mapping[str, EvaluationInputs], *, keys: Mapping[str, Sequence[str]] | None = None
) -> tuple[InputDifference, ...]:
    """Return every input on which the named results differ; empty when they are comparable, or when there is one.

    `keys` are the records each result holds: results that name one evaluation set must hold the same ones.
    """
    decoding = sorted({setting for each in inputs.values() for setting in each.decoding})
    rows: list[tuple[str, dict[str, str]]] = [
        ("evaluation set", {name: each.evaluation_set for name, each in inputs.items()}),
        ("scorer version", {name: each.scorer_version for name, each in inputs.items()}),
        ("prompt template", {name: each.prompt_template or UNKNOWN for name, each in inputs.items()}),
        *(
            (f"decoding setting {setting}", {name: _setting(each, setting) for name, each in inputs.items()})
            for setting in decoding
        ),
    ]
    if keys and len({each.evaluation_set for each in inputs.values()}) == 1:
        rows.append(("records", {name: _fingerprint(held) for name, held in keys.items()}))
    return tuple(InputDifference(name=name, values=values) for name, values in rows if len(set(values.values())) > 1)


def find_common_keys(keys: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the record keys that all results hold, in the order of the first."""
    if not keys:
        return ()
    first, *others = keys
    shared = set(first).intersection(*others)
    return tuple(key for key in first if key in shared)


def _fingerprint(keys: Sequence[str]) -> str:
    digest = hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
    return f"{len(keys)} records, {digest[:8]}"


def _setting(inputs: EvaluationInputs, setting: str) -> str:
    return repr(inputs.decoding[setting]) if setting in inputs.decoding else NOT_SET
