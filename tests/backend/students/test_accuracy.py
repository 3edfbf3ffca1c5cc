"""How well the students do on real traffic, by a plain seeded split; the promises are those of the product's issues."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest

from core.backend.students import Adapter, TrainingParameters, TrainingProgress, answer_many, train_adapter
from core.backend.students.features import fit_features
from core.backend.students.ngrams import NgramPlan
from core.backend.students.request_reading import read_request
from core.scoring import label_of
from tests.backend.students.traffic import Record, Split, read_records, split_records

LARGE = "local/linear-large"
SEEDS = (42, 43, 44, 45, 46)


class Accuracies(NamedTuple):
    base: float
    customized: float


def train(split: Split, *, student: str, seed: int) -> Adapter:
    return train_adapter(
        split.train,
        split.validation,
        student=student,
        hyperparameters=TrainingParameters(seed=seed),
        on_progress=list[TrainingProgress]().append,
        should_stop=lambda: False,
    )


def measure(records: Sequence[Record], requests: Sequence[dict[str, object]], *, adapter: Adapter | None) -> float:
    """Return the share of `requests` that the large student answers as the record of the same place does."""
    completions = answer_many(LARGE, adapter, requests)
    return statistics.fmean(
        label_of({"choices": [{"message": completion.message}]}) == label_of(record["response"])
        for completion, record in zip(completions, records, strict=True)
    )


def measure_both(name: str, *, seed: int) -> Accuracies:
    split = split_records(read_records(name), seed=seed)
    requests = [record["request"] for record in split.evaluation]
    return Accuracies(
        base=measure(split.evaluation, requests, adapter=None),
        customized=measure(split.evaluation, requests, adapter=train(split, student=LARGE, seed=seed)),
    )


@pytest.mark.parametrize(("name", "least"), [("twitter-fin-topic", 0.78), ("banking77", 0.86)])
def test_the_large_student_learns_real_traffic(name: str, least: float) -> None:
    found = measure_both(name, seed=42)

    assert found.base < 0.45
    assert found.customized >= least


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "least_mean", "least"), [("twitter-fin-topic", 0.78, 0.75), ("banking77", 0.86, 0.83)]
)
def test_the_large_student_learns_real_traffic_whatever_the_seed(name: str, least_mean: float, least: float) -> None:
    found = [measure_both(name, seed=seed) for seed in SEEDS]

    assert max(accuracy.base for accuracy in found) < 0.45
    assert statistics.fmean(accuracy.customized for accuracy in found) >= least_mean
    assert min(accuracy.customized for accuracy in found) >= least


def test_similar_examples_in_the_prompt_help_by_fifteen_points() -> None:
    split = split_records(read_records("twitter-fin-topic"), seed=42)
    requests = [record["request"] for record in split.evaluation]

    base = measure(split.evaluation, requests, adapter=None)
    in_context = measure(split.evaluation, with_similar_examples(split, count=3), adapter=None)

    assert in_context >= base + 0.15


def with_similar_examples(split: Split, *, count: int) -> list[dict[str, object]]:
    """Return the requests of the evaluation records with the most similar training rows in the blueprint's format."""
    texts = [read_request({"messages": row["messages"][:-1]}).text for row in split.train]  # type: ignore[index]
    fitted = fit_features(texts, [NgramPlan(unit="character", shortest=3, longest=5, bits=18)])
    asked = fitted.features.rows_of([read_request(record["request"]).text for record in split.evaluation])
    nearest = np.argsort(-(asked @ fitted.rows.T).toarray(), axis=1)[:, :count]
    return [
        with_examples(record, [split.train[place] for place in places])
        for record, places in zip(split.evaluation, nearest, strict=True)
    ]


def with_examples(record: Record, rows: Sequence[dict[str, object]]) -> dict[str, object]:
    shown = []
    for row in rows:
        messages = row["messages"]
        assert isinstance(messages, list)
        conversation = "\n\n".join(f"{message['role']}: {message['content']}" for message in messages[:-1])
        shown.append(
            f"For example, if the conversation looks like this:\n{conversation}\n\n"
            f"Then you'll respond with:\nassistant: {messages[-1]['content']}"
        )
    system, user = record["request"]["messages"]
    head = "You are a helpful assistant. Here are some examples of how you should respond:"
    return {"messages": [{"role": "system", "content": "\n\n".join([head, *shown, system["content"]])}, user]}
