"""The manifest: complete, canonical, and equal only for equal builds."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import rfc8785

from core.datasets import BuildOptions, BuiltDatasets, build_datasets, hash_manifest
from tests.datasets.logged import asked, body_of, labelled, record_of, says

OPTIONS = BuildOptions(workload_id="router", evaluation_size=20)


def build(**changes: Any) -> BuiltDatasets:
    return build_datasets(labelled(["a", "b"] * 50), replace(OPTIONS, **changes), name_suffix="run")


def test_files_are_listed_with_their_names_sizes_and_hashes() -> None:
    built = build()

    files: Any = built.manifest["files"]
    assert [(file["dataset"], file["path"]) for file in files] == [
        ("flywheel-eval-router-run", "eval_data.jsonl"),
        ("flywheel-train-router-run", "training/train_data.jsonl"),
        ("flywheel-train-router-run", "validation/val_data.jsonl"),
    ]
    for listed, file in zip(files, (built.evaluation, built.training, built.validation), strict=True):
        assert listed["sha256"] == file.sha256 == hashlib.sha256(file.content).hexdigest()
        assert listed["size_bytes"] == len(file.content)
        assert listed["records"] == file.content.count(b"\n")


def test_evaluation_set_is_the_hash_of_the_evaluation_file() -> None:
    built = build()

    assert built.manifest["evaluation_set"] == built.evaluation_set == built.evaluation.sha256


def test_every_option_is_in_the_manifest() -> None:
    window = {"since": datetime(2020, 1, 1, tzinfo=UTC), "until": datetime(2030, 1, 1, tzinfo=UTC)}
    manifest: Any = build(seed=7, limit=90, stratify=False, client_id="app", **window).manifest

    stated = manifest["selection"] | manifest["options"]
    named_elsewhere = {"answer_format", "workload_type"}
    assert set(stated) == set(BuildOptions.__dataclass_fields__) - named_elsewhere
    assert named_elsewhere < set(manifest)
    assert (stated["seed"], stated["limit"], stated["stratify"], stated["client_id"]) == (7, 90, False, "app")
    assert stated["since"] == "2020-01-01T00:00:00+00:00"


def test_counts_classes_draws_and_evidence_are_in_the_manifest() -> None:
    manifest: Any = build().manifest

    assert manifest["counts"]["total"] == 100
    assert manifest["counts"]["classes"]["a"] == {"evaluation": 10, "training": 36, "validation": 4}
    assert manifest["draws"]["evaluation"]["method"] == "stratified"
    assert manifest["answer_format"]["kind"] == "double_brackets"
    assert manifest["answer_evidence"][0]["readable"] == 100
    assert (manifest["workload_type"], manifest["workload_type_given"]) == ("classification", False)


def test_manifest_is_canonical_json_with_a_hash_that_survives_storing() -> None:
    built = build()

    stored = json.loads(json.dumps(built.manifest))

    assert stored == built.manifest
    assert hash_manifest(stored) == built.manifest_hash
    assert built.manifest_hash == hashlib.sha256(rfc8785.dumps(stored)).hexdigest()


def test_any_changed_option_changes_the_hash() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"seed": 43},
        {"evaluation_size": 21},
        {"validation_ratio": 0.2},
        {"minimum_records": 51},
        {"stratify": False},
        {"rare_class_threshold": 2},
        {"parse_function_arguments": False},
        {"limit": 100},
        {"client_id": "app"},
    ]

    assert len({build(**change).manifest_hash for change in changes}) == len(changes)


def test_labels_that_canonical_json_cannot_hold_are_escaped() -> None:
    strange = [
        record_of(body_of(asked(f"text {n}"), says("[[half \ud800]]" if n % 2 else "[[b]]"), timestamp=n + 1))
        for n in range(60)
    ]

    built = build_datasets(strange, OPTIONS, name_suffix="run")

    counts: Any = built.manifest["counts"]
    assert set(counts["classes"]) == {"b", "half \\ud800"}
    assert len(built.manifest_hash) == 64


def test_record_ids_of_the_store_are_not_in_the_manifest() -> None:
    bodies = [body_of(asked(f"text {n // 2}"), says(f"[[{n % 2}]]"), timestamp=n + 1) for n in range(200)]

    first = build_datasets([record_of(b, record_id=f"x{n}") for n, b in enumerate(bodies)], OPTIONS, name_suffix="r")
    second = build_datasets([record_of(b, record_id=f"y{n}") for n, b in enumerate(bodies)], OPTIONS, name_suffix="r")

    assert first.counts.conflicting_requests == 100
    assert first.manifest == second.manifest
