"""An evaluation set as a build needs it: the file, how its answers are read, and its records.

Whether the file was just drawn or frozen long ago makes no difference here. Storing sets and their versions belongs to
`core.datasets.evaluation_sets`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from core.datasets.options import WorkloadType
from core.logs import canonical_request_key, timestamp_ms
from core.scoring import Answer, AnswerFormat, answer_message, read_answer


@dataclass(frozen=True, kw_only=True)
class FrozenEvaluationSet:
    """A frozen set: its version among the sets of its workload, its file, and how its answers are read."""

    version: int
    content: bytes
    answer_format: AnswerFormat
    workload_type: WorkloadType

    @property
    def sha256(self) -> str:
        """The address of the set."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, kw_only=True)
class EvaluationRecord:
    """One record of an evaluation file, with the teacher's answer. `key` is its request's hash.

    `record_id` is None where the file was not drawn from the store at hand.
    """

    key: str
    record_id: str | None
    timestamp_ms: int
    request: Mapping[str, object]
    response: Mapping[str, object]
    answer: Answer


def read_evaluation_file(
    content: bytes, answer_format: AnswerFormat, *, record_ids: Sequence[str] | None = None
) -> tuple[EvaluationRecord, ...]:
    """Return the records of an evaluation file in its order; `record_ids` are those of its lines."""
    rows = [orjson.loads(line) for line in content.splitlines()]
    ids = record_ids if record_ids is not None else [None] * len(rows)
    return tuple(
        EvaluationRecord(
            key=canonical_request_key(row["request"]),
            record_id=record_id,
            timestamp_ms=timestamp_ms(row["timestamp"]),
            request=row["request"],
            response=row["response"],
            answer=read_answer(answer_message(row["response"]), answer_format),
        )
        for row, record_id in zip(rows, ids, strict=True)
    )
