"""Datasets are rebuilt from a manifest, byte by byte, and every difference is named."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.database import Database
from core.datasets import (
    BuildOptions,
    BuiltDatasets,
    Corrections,
    DatasetError,
    Difference,
    FrozenEvaluationSet,
    IclOptions,
    LimitMethod,
    WorkloadType,
    build_datasets,
    build_icl,
    freeze_evaluation_set,
    keep_corrections,
    open_evaluation_set,
    rebuild_and_verify,
    rebuild_icl,
    selection_filter,
)
from core.datasets.manifest import read_options
from core.errors import NotFoundError
from core.logs import LogStore, canonical_request_key, open_log_store
from core.scoring import AnswerFormat, AnswerKind
from core.settings import load_settings
from tests.datasets.logged import asked, body_of, says

NOW = datetime(2025, 6, 1, tzinfo=UTC)
OPTIONS = BuildOptions(workload_id="router", evaluation_size=20)
KEYS = [canonical_request_key(asked(f"text {n}")) for n in range(10)]


def ingest(store: LogStore, numbers: range) -> None:
    bodies = (body_of(asked(f"text {n}"), says(f"[[{'abc'[n % 3]}]]"), timestamp=n + 1) for n in numbers)
    list(store.ingest((number, json.dumps(body).encode()) for number, body in enumerate(bodies, start=1)))


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[LogStore]:
    store = open_log_store(load_settings(tmp_path / "logs", environ={}))
    ingest(store, range(200))
    yield store
    store.close()


def build(logs: LogStore, options: BuildOptions = OPTIONS, **facts: Any) -> BuiltDatasets:
    return build_datasets(logs.stream(selection_filter(options)), options, name_suffix="run-1", **facts)


def stored(built: BuiltDatasets) -> Any:
    """The manifest as it comes back from where it was kept."""
    return json.loads(json.dumps(built.manifest))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"limit": 90, "limit_method": LimitMethod.NEWEST, "seed": 0, "stratify": False, "client_id": "app"},
        {"since": datetime(1970, 1, 1, 0, 0, 10, tzinfo=UTC), "until": datetime(1970, 1, 1, 0, 3, tzinfo=UTC)},
        {"text": "text", "property_limit": 8, "near_duplicate_threshold": None, "validation_ratio": 0.25},
        {"answer_format": AnswerFormat(kind=AnswerKind.WHOLE_TEXT), "workload_type": WorkloadType.FREE_TEXT},
    ],
)
def test_manifest_rebuilds_identical_datasets(database: Database, logs: LogStore, changes: dict[str, Any]) -> None:
    options = replace(OPTIONS, **changes)
    built = build(logs, options)

    assert read_options(stored(built)) == options
    with database.read() as session:
        again = rebuild_and_verify(session, logs, stored(built))

    assert again.is_identical
    assert again.built == built


def test_frozen_set_gold_and_vetoes_of_that_time_are_used(database: Database, logs: LogStore) -> None:
    corrections = Corrections(gold={KEYS[0]: "c", KEYS[1]: "b"}, vetoed=KEYS[5:8])
    with database.write() as session:
        facts = {"workload_id": "router", "client_id": None, "actor": "ada", "now": NOW}
        frozen = open_evaluation_set(session, freeze_evaluation_set(session, build(logs), **facts))  # type: ignore[arg-type]
        keep_corrections(session, corrections, now=NOW)
    built = build(logs, replace(OPTIONS, seed=9), evaluation_set=frozen, corrections=corrections)

    with database.read() as session:
        again = rebuild_and_verify(session, logs, stored(built))

    assert again.differences == ()
    assert again.built.evaluation == built.evaluation
    assert again.built.counts.vetoed == 3


def test_records_that_came_since_are_a_difference_with_numbers(database: Database, logs: LogStore) -> None:
    manifest = stored(build(logs))
    ingest(logs, range(200, 230))

    with database.read() as session:
        again = rebuild_and_verify(session, logs, manifest)

    assert not again.is_identical
    assert Difference(path="counts.total", recorded=200, rebuilt=230) in again.differences
    assert any(each.path == "files[1].sha256" for each in again.differences)


def test_gold_of_that_time_that_is_gone_is_an_error(database: Database, logs: LogStore) -> None:
    manifest = stored(build(logs, corrections=Corrections(gold={KEYS[0]: "c"}, vetoed=())))

    with database.read() as session, pytest.raises(NotFoundError):
        rebuild_and_verify(session, logs, manifest)


def test_evaluation_set_of_that_time_that_is_gone_is_an_error(database: Database, logs: LogStore) -> None:
    first = build(logs)
    frozen = FrozenEvaluationSet(
        version=1,
        content=first.evaluation.content,
        answer_format=first.answer_format,
        workload_type=first.workload_type,
    )
    manifest = stored(build(logs, evaluation_set=frozen))

    with database.read() as session, pytest.raises(NotFoundError):
        rebuild_and_verify(session, logs, manifest)


@pytest.mark.parametrize("broken", ["selection", "options", "answer_format_given"])
def test_foreign_or_changed_manifest_is_refused(logs: LogStore, broken: str) -> None:
    manifest = stored(build(logs))
    del manifest[broken]

    with pytest.raises(DatasetError, match="The manifest cannot be read") as caught:
        read_options(manifest)

    assert caught.value.field == "manifest"


def test_in_context_datasets_are_rebuilt_from_their_section(logs: LogStore) -> None:
    built = build(logs)
    made = build_icl(
        built, {"a": 100_000, "b": 2_190, "none": 50}, IclOptions(seed=3), workload_id="router", name_suffix="run-1"
    )

    again = rebuild_icl(built, json.loads(json.dumps(made.to_dict())))

    assert again.datasets == made.datasets
    assert len(made.datasets) == 2


def test_examples_chosen_by_embeddings_need_their_endpoint_again(logs: LogStore) -> None:
    built = build(logs)
    section = build_icl(built, {"a": 100_000}, workload_id="router", name_suffix="run-1").to_dict()

    with pytest.raises(DatasetError, match="chosen by embeddings of m at http") as caught:
        rebuild_icl(built, {**section, "similarity": "embeddings of m at http://models.test"})

    assert caught.value.field == "icl.similarity"
