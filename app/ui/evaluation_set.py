"""The records a review is about, read from the frozen evaluation file: requests and the teacher's answers. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True)
class EvaluationSet:
    """Requests and responses by position, and the models that gave the responses."""

    requests: tuple[Mapping[str, object], ...] = ()
    responses: tuple[Mapping[str, object], ...] = ()
    teachers: tuple[str, ...] = ()

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read a file of one log record a line, as `core.datasets` writes it."""
        records = [json.loads(line) for line in content.splitlines() if line.strip()]
        models = {record["response"].get("model") or record["request"].get("model") for record in records}
        return cls(
            requests=tuple(record["request"] for record in records),
            responses=tuple(record["response"] for record in records),
            teachers=tuple(sorted(str(model) for model in models if model)),
        )
