"""The results hash: canonical JSON of everything a decision rests on, and whatever an answer may hold."""

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from core.evaluation import ResultsBasis, Sample, hash_gold, hash_samples
from tests.evaluation.made import candidate, sample, samples

BASIS = ResultsBasis(
    candidate=candidate(), evaluation_set="e" * 64, scorer_version="1", policy="p" * 64, gold="g" * 64, samples="s" * 64
)


def test_the_hash_is_the_canonical_json_that_anybody_can_write_again() -> None:
    # Keys sorted, no blanks, UTF-8: for ASCII texts the standard library writes the same as RFC 8785.
    evidence = {
        "candidate": {"student": "local/linear-large", "variant": "customized"},
        "evaluation_set": "e" * 64,
        "scorer_version": "1",
        "policy": "p" * 64,
        "gold": "g" * 64,
        "samples": "s" * 64,
    }
    text = json.dumps(evidence, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == BASIS.hash


def test_samples_are_hashed_one_line_of_canonical_json_each() -> None:
    made = samples(2, 1)
    lines = [
        json.dumps(
            {**asdict(each), "token_overlap": int(each.token_overlap or 0)}, sort_keys=True, separators=(",", ":")
        )
        for each in made
    ]
    assert hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest() == hash_samples(made)


@pytest.mark.parametrize("name", ["evaluation_set", "scorer_version", "policy", "gold", "samples"])
def test_every_part_changes_the_hash_and_is_named(name: str) -> None:
    values: dict[str, Any] = {name: "0" * 64}
    changed = replace(BASIS, **values)
    assert changed.hash != BASIS.hash
    (named,) = changed.changes_since(BASIS.parts())
    assert named.replace("the ", "").split()[0] in name.replace("_", " ")
    assert BASIS.changes_since(BASIS.parts()) == ()
    assert BASIS.changes_since({}) == ()


def test_the_order_of_samples_counts() -> None:
    made = samples(2, 1)
    assert hash_samples(made) != hash_samples(made[::-1])


@pytest.mark.parametrize(
    "values",
    [
        {"output_text": "half a surrogate pair: \ud83d"},
        {"output_tool": {"name": "f", "arguments": {"n": 2**70, "x": float("nan"), "\ud83d": [1e400, True, None]}}},
        {"service_scores": {"f1": 0.1}, "latency_ms": 1e-7},
    ],
    ids=["surrogate", "numbers", "floats"],
)
def test_whatever_an_answer_holds_can_be_hashed(values: dict[str, Any]) -> None:
    made = sample(0, **values)
    assert len(hash_samples([made])) == 64
    assert hash_samples([made]) != hash_samples([sample(0)])


@pytest.mark.parametrize("name", [name for name in Sample.__dataclass_fields__ if name not in {"outcome"}])
def test_no_field_of_a_sample_is_left_out(name: str) -> None:
    values: dict[str, Any] = {name: "changed"}
    assert hash_samples([replace(sample(0), **values)]) != hash_samples([sample(0)])


def test_gold_is_hashed_by_record_whatever_its_order() -> None:
    assert hash_gold({"a": "1", "b": "2"}) == hash_gold({"b": "2", "a": "1"}) != hash_gold({"a": "2", "b": "2"})
