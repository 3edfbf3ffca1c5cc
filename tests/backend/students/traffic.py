"""Real traffic for the students' tests: records of ../shared/traffic, split with a seed as a run splits them."""

import gzip
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from tests.machine import TRAFFIC

EVALUATION_SIZE = 500
VALIDATION_SHARE = 0.1

Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Split:
    """Evaluation records, and the rows of a training and a validation file."""

    evaluation: list[Record]
    train: list[dict[str, object]]
    validation: list[dict[str, object]]


def read_records(name: str) -> list[Record]:
    """Return the records of a file of the shared traffic; the test is skipped where it is absent."""
    path = TRAFFIC / f"{name}.train.jsonl.gz"
    if not path.exists():
        pytest.skip(f"real traffic is not here: ../shared/traffic/{path.name} beside the repository")
    return list(_read(path))


def split_records(records: list[Record], *, seed: int, evaluation_size: int = EVALUATION_SIZE) -> Split:
    """Return a seeded split; the order of `records` matters."""
    shuffled = random.Random(seed).sample(records, len(records))
    evaluation, rest = shuffled[:evaluation_size], shuffled[evaluation_size:]
    count = round(len(rest) * VALIDATION_SHARE)
    return Split(
        evaluation=evaluation,
        train=[as_row(record) for record in rest[count:]],
        validation=[as_row(record) for record in rest[:count]],
    )


def as_row(record: Record) -> dict[str, object]:
    """Return the training row of a record: its messages and the answer, with the tools where there are any."""
    request, message = record["request"], record["response"]["choices"][0]["message"]
    row: dict[str, object] = {"messages": [*request["messages"], message]}
    if "tools" in request:
        row["tools"] = request["tools"]
    return row


@lru_cache(maxsize=2)
def _read(path: Path) -> tuple[Record, ...]:
    records: list[Record] = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            if records and record["request"].get("tools") == records[0]["request"].get("tools"):
                # Equal tools are one object: millions of small ones take seconds and gigabytes.
                record["request"] |= {key: records[0]["request"][key] for key in ("tools",) if key in record["request"]}
            records.append(record)
    return tuple(records)
