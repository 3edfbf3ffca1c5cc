"""A small workload of three topics, the specs that evaluate and train on it, and following their jobs."""

import json
import random
from typing import Any

from core.nemo import (
    CustomizationSpec,
    CustomizationStatus,
    DatasetReference,
    EvaluationKind,
    EvaluationSpec,
    EvaluationStatus,
    Hyperparameters,
    ModelOps,
)
from tests.waiting import wait_until

STUDENT = "local/linear-small"
TARGET = "local/linear-small@1.0"
TOPICS = {
    "metals": ["gold", "silver", "copper", "bullion", "ore"],
    "weather": ["rain", "storm", "sunny", "frost", "wind"],
    "sport": ["goal", "match", "league", "coach", "score"],
}
EVERY_WORD = [word for words in TOPICS.values() for word in words]
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("book_flight", "check_weather")
]
TRAINING_FILES = ("training/train_data.jsonl", "validation/val_data.jsonl")


def ask(text: str) -> dict[str, Any]:
    labels = ", ".join(TOPICS)
    system = f"Classify the text. Answer with one of these labels in double brackets: {labels}."
    return {
        "model": "teacher",
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}],
        "temperature": 0.2,
    }


def make_records(count: int, seed: int) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    records = []
    for number in range(count):
        topic = list(TOPICS)[number % len(TOPICS)]
        words = [*rng.choices(TOPICS[topic], k=3), *rng.choices(EVERY_WORD, k=2)]
        text = f"No {number}: {' '.join(words)} ü"
        message = {"role": "assistant", "content": f"[[{topic}]]"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        records.append({"request": ask(text), "response": {"choices": [choice]}, "workload_id": "topics"})
    return records


def make_lines(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def make_training_rows(records: list[dict[str, Any]]) -> bytes:
    return make_lines(
        [
            {"messages": [*record["request"]["messages"], record["response"]["choices"][0]["message"]]}
            for record in records
        ]
    )


EVALUATION_RECORDS = make_records(30, seed=2)
EVALUATION_FILE = {"eval_data.jsonl": make_lines(EVALUATION_RECORDS)}


def customization(dataset: DatasetReference, key: str, *, epochs: int = 4) -> CustomizationSpec:
    return CustomizationSpec(
        key=key,
        run_id="run1",
        model=STUDENT,
        target=TARGET,
        dataset=dataset,
        output_model=f"flywheel/{key}",
        gpus=0,
        max_seq_length=8192,
        hyperparameters=Hyperparameters(
            epochs=epochs, batch_size=16, learning_rate=0.03, adapter_dim=8, adapter_dropout=0.1, seed=42
        ),
    )


def evaluation(dataset: DatasetReference, key: str, model: str = STUDENT) -> EvaluationSpec:
    return EvaluationSpec(
        key=key,
        run_id="run1",
        model=model,
        dataset=dataset,
        path="eval_data.jsonl",
        kind=EvaluationKind.CLASSIFICATION,
        limit=len(EVALUATION_RECORDS),
    )


def follow_customization(operations: ModelOps, job_id: str) -> list[CustomizationStatus]:
    seen: list[CustomizationStatus] = []

    def is_final() -> bool:
        seen.append(operations.get_customization(job_id))
        return seen[-1].state.is_final

    wait_until(is_final, f"{job_id} to end", timeout_s=60)
    return seen


def follow_evaluation(operations: ModelOps, job_id: str) -> EvaluationStatus:
    def final() -> EvaluationStatus | None:
        status = operations.get_evaluation(job_id)
        return status if status.state.is_final else None

    status = wait_until(final, f"{job_id} to end", timeout_s=60)
    assert status is not None
    return status
