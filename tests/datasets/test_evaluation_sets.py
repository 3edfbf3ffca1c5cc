"""Evaluation sets are frozen in versions, found again, compared, and keep their prompts out of later training."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from core.artifacts import open_artifact
from core.database import Database
from core.datasets import (
    BuildOptions,
    BuiltDatasets,
    Corrections,
    DatasetError,
    EvaluationSet,
    EvaluationSetNotFound,
    FrozenEvaluationSet,
    LimitMethod,
    WarningCode,
    WorkloadType,
    build_datasets,
    choose_evaluation_set,
    diff_evaluation_sets,
    find_evaluation_set,
    find_newest_evaluation_set,
    freeze_evaluation_set,
    list_evaluation_sets,
    list_runs_on_sets,
    open_evaluation_set,
)
from core.datasets.leakage import prompt_key
from core.logs import LogRecord, canonical_request_key
from core.runs.tables import RunRow
from core.scoring import AnswerFormat, AnswerKind
from tests.datasets.logged import asked, body_of, called, labelled, lines_of, record_of, says

NOW = datetime(2025, 6, 1, tzinfo=UTC)
RECORDS = labelled(["a", "b", "c"] * 100)
OPTIONS = BuildOptions(workload_id="router", evaluation_size=30)


def build(
    records: Sequence[LogRecord] = RECORDS, *, on: FrozenEvaluationSet | None = None, **changes: Any
) -> BuiltDatasets:
    corrections = changes.pop("corrections", Corrections(gold={}, vetoed=()))
    options = replace(OPTIONS, **changes)
    return build_datasets(records, options, name_suffix="run", evaluation_set=on, corrections=corrections)


def frozen(built: BuiltDatasets, version: int = 1) -> FrozenEvaluationSet:
    return FrozenEvaluationSet(
        version=version,
        content=built.evaluation.content,
        answer_format=built.answer_format,
        workload_type=built.workload_type,
    )


def freeze(session: Session, built: BuiltDatasets, *, client_id: str | None = None, **facts: Any) -> EvaluationSet:
    return freeze_evaluation_set(
        session, built, workload_id="router", client_id=client_id, actor="ada", now=NOW, **facts
    )


def test_frozen_set_keeps_file_format_size_classes_and_times(database: Database) -> None:
    built = build()
    with database.write() as session:
        kept = freeze(session, built, note="first")

    with database.read() as session:
        (found,) = list_evaluation_sets(session)
        opened = open_evaluation_set(session, found)
        assert open_artifact(session, found.sha256) == built.evaluation.content
    assert found == kept
    assert (found.name, found.sha256, found.records) == ("v1", built.evaluation.sha256, 30)
    assert found.classes == {"a": 10, "b": 10, "c": 10}
    assert (found.workload_type, found.answer_format) == (WorkloadType.CLASSIFICATION, built.answer_format)
    assert (found.frozen_by, found.frozen_at, found.note) == ("ada", NOW, "first")
    times = [record.timestamp_ms / 1000 for record in built.evaluation_records]
    assert (found.first_record_at.timestamp(), found.last_record_at.timestamp()) == (min(times), max(times))
    assert found.age_days(found.last_record_at + timedelta(days=3)) == 3
    assert (opened.version, opened.sha256, opened.content) == (1, found.sha256, built.evaluation.content)


def test_another_file_is_the_next_version_and_the_same_file_the_same_one(database: Database) -> None:
    first, second = build(), build(seed=1)
    with database.write() as session:
        versions = [freeze(session, built).version for built in (first, second, first)]
        other_client = freeze(session, first, client_id="app")

    assert versions == [1, 2, 1]
    assert other_client.version == 1
    with database.read() as session:
        assert [found.name for found in list_evaluation_sets(session, workload_id="router")] == ["v2", "v1", "v1"]
        assert [found.client_id for found in list_evaluation_sets(session, client_id="app")] == ["app"]
        newest = find_newest_evaluation_set(session, "router", None)
        assert newest is not None
        assert newest.sha256 == second.evaluation_set
        assert find_newest_evaluation_set(session, "router", "nobody") is None
        assert find_evaluation_set(session, second.evaluation_set) == newest
        assert find_evaluation_set(session, "0" * 64) is None


def test_sets_frozen_at_the_same_moment_get_versions_of_their_own(database: Database) -> None:
    builds = [build(seed=seed) for seed in range(6)]
    versions: list[int] = []

    def freeze_one(built: BuiltDatasets) -> None:
        with database.write() as session:
            versions.append(freeze(session, built).version)

    threads = [threading.Thread(target=freeze_one, args=(built,)) for built in builds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(versions) == [1, 2, 3, 4, 5, 6]


def test_a_run_takes_the_newest_set_unless_it_asks_for_another(database: Database) -> None:
    with database.write() as session:
        first, second = (freeze(session, build(seed=seed)) for seed in (0, 1))

        def choose(wanted: str | None, size: int | None = None) -> EvaluationSet | None:
            return choose_evaluation_set(session, "router", None, wanted=wanted, evaluation_size=size)

        assert choose(None) == second
        assert choose(None, 30) == second
        assert choose(None, 31) is None
        assert choose("new") is None
        assert choose("v1") == choose("1") == choose(first.sha256) == choose(first.sha256[:12]) == first
        for wrong in ("v3", "3", first.sha256[:5], "latest", "v" + "1" * 30):
            with pytest.raises(EvaluationSetNotFound, match="frozen are: v2, v1") as caught:
                choose(wrong)
            assert caught.value.field == "evaluation_set"


def test_first_run_of_a_workload_draws_a_new_set(database: Database) -> None:
    with database.read() as session:
        assert choose_evaluation_set(session, "router", None, wanted=None) is None
        with pytest.raises(EvaluationSetNotFound, match="none yet"):
            choose_evaluation_set(session, "router", "app", wanted="v1")


def test_runs_judged_on_a_set_are_found_newest_first(database: Database) -> None:
    with database.write() as session:
        used, unused = (freeze(session, build(seed=seed)) for seed in (0, 1))
        for number in range(3):
            session.add(
                RunRow(
                    id=f"run-{number}",
                    workload_id="router",
                    requested_by="ada",
                    request={},
                    request_hash="0" * 64,
                    evaluation_set=used.sha256 if number < 2 else "f" * 64,
                    created_at=NOW + timedelta(hours=number),
                )
            )

    with database.read() as session:
        runs = list_runs_on_sets(session, [used.sha256, unused.sha256])
    assert [(run.run_id, run.status) for run in runs[used.sha256]] == [("run-1", "pending"), ("run-0", "pending")]
    assert runs[used.sha256][1].created_at == NOW
    assert runs[unused.sha256] == []


def test_diff_names_what_came_went_and_changed_its_answer() -> None:
    request = asked("text 7")
    one = [body_of(asked(f"text {n}"), says("[[a]]"), timestamp=n + 1) for n in range(60)]
    other = [*one[:59], body_of(asked("text 60"), says("[[b]]"), timestamp=99)]
    other[7] = body_of(request, says("[[b]]"), timestamp=8)
    sets = [frozen(build([record_of(body) for body in bodies], evaluation_size=58)) for bodies in (one, other)]
    texts = [{row["request"]["messages"][1]["content"] for row in lines_of(each.content)} for each in sets]  # type: ignore[index]

    diff = diff_evaluation_sets(*sets)

    assert {record.asked for record in diff.added} == texts[1] - texts[0]
    assert {record.asked for record in diff.removed} == texts[0] - texts[1]
    assert diff.kept == len(texts[0] & texts[1])
    (changed,) = diff.changed
    assert (changed.key, changed.answer_before, changed.answer_after) == (canonical_request_key(request), "a", "b")
    assert diff.classes["a"].before == 58
    assert diff.classes["b"].before == 0
    assert diff.classes["b"].after >= 1
    same = diff_evaluation_sets(sets[0], sets[0])
    assert (same.added, same.removed, same.changed, same.kept, same.classes) == ((), (), (), 58, {})


def test_build_on_a_frozen_set_evaluates_its_file_and_trains_on_all_else() -> None:
    first = build()

    second = build(on=frozen(first), seed=7, evaluation_size=1)

    assert second.evaluation == first.evaluation
    assert second.evaluation_set == first.evaluation_set
    assert [record.key for record in second.evaluation_records] == [record.key for record in first.evaluation_records]
    counts = second.counts
    assert (counts.held_out, counts.evaluation, counts.training, counts.validation) == (30, 30, 243, 27)
    assert second.manifest["evaluation_set_version"] == 1
    assert second.manifest["draws"]["evaluation"] is None  # type: ignore[index]


def test_set_frozen_months_ago_keeps_its_prompts_and_their_near_copies_out_of_new_traffic() -> None:
    long = "please tell me about order number {} and when it will be delivered to my new address"
    old = [record_of(body_of(asked(long.format(n)), says(f"[[{'ab'[n % 2]}]]"), timestamp=n + 1)) for n in range(60)]
    judged = frozen(build(old, near_duplicate_threshold=None, evaluation_size=20))
    texts = [record["request"]["messages"][1]["content"] for record in lines_of(judged.content)]  # type: ignore[index]
    same = [record_of(body_of(asked(text, temperature=0.5), says("[[a]]"), timestamp=10_000)) for text in texts]
    near = [record_of(body_of(asked(f"{text} thanks"), says("[[b]]"), timestamp=10_000)) for text in texts]

    built = build([*RECORDS, *same, *near], on=judged)

    assert (built.counts.held_out, built.counts.leaked, built.counts.near_duplicates) == (0, 20, 20)
    assert built.counts.training + built.counts.validation == 300
    evaluated = {prompt_key(record.request) for record in built.evaluation_records}
    rows: list[Any] = lines_of(built.training.content) + lines_of(built.validation.content)
    assert evaluated.isdisjoint(prompt_key({"messages": row["messages"][:-1]}) for row in rows)


@pytest.mark.full
def test_growing_runs_on_one_frozen_set_have_the_references_sizes() -> None:
    records = labelled([f"class {number % 12}" for number in range(12_000)])
    judged = frozen(build(records, evaluation_size=100))

    for limit, training, validation in ((5_000, 4_410, 490), (10_000, 8_910, 990)):
        built = build(records, on=judged, limit=limit)
        assert (built.counts.evaluation, built.counts.training, built.counts.validation) == (100, training, validation)
        assert built.counts.selected == limit
        assert built.counts.total == limit + built.counts.not_drawn


def test_newest_records_as_a_limit_leave_the_oldest_out() -> None:
    built = build(limit=100, limit_method=LimitMethod.NEWEST)

    texts = [row["messages"][1]["content"] for row in lines_of(built.training.content)]  # type: ignore[index]
    texts += [row["request"]["messages"][1]["content"] for row in lines_of(built.evaluation.content)]  # type: ignore[index]
    assert min(int(text.split()[1]) for text in texts) >= 200


def test_frozen_set_decides_how_answers_are_read() -> None:
    judged = frozen(build())
    whole = AnswerFormat(kind=AnswerKind.WHOLE_TEXT)

    assert build(on=judged).answer_format == judged.answer_format
    for changes, field in (
        ({"answer_format": whole}, "answer_format"),
        ({"workload_type": WorkloadType.FREE_TEXT}, "workload_type"),
    ):
        with pytest.raises(DatasetError, match="Version 1 of the evaluation set was frozen with another") as caught:
            build(on=judged, **changes)
        assert caught.value.field == field


def test_frozen_set_of_tool_calls_reads_back_as_it_was_written() -> None:
    records = called(["play", "stop"] * 60)
    judged = frozen(build(records))

    built = build(records, on=judged)

    assert built.workload_type is WorkloadType.TOOL_CALLING
    assert built.counts.held_out == 30
    assert all(record.answer.key is not None for record in built.evaluation_records)


def test_record_vetoed_after_freezing_stays_evaluated_with_a_warning_and_does_not_train() -> None:
    judged = frozen(build())
    keys = [canonical_request_key(record.request) for record in RECORDS]
    vetoed = Corrections(gold={}, vetoed=keys[:150])

    built = build(on=judged, corrections=vetoed)

    still = sum(record.key in keys[:150] for record in built.evaluation_records)
    assert still > 0
    (warning,) = [item for item in built.warnings if item.code is WarningCode.VETOED_EVALUATION]
    assert warning.message.startswith(f"Vetoed after the evaluation set was frozen and still in it: {still} records;")
    assert built.counts.vetoed == 150
    assert built.counts.training + built.counts.validation == 150 - (30 - still)


def test_new_class_since_the_set_was_frozen_is_a_warning() -> None:
    judged = frozen(build())
    grown = [*RECORDS, *[record_of(body_of(asked(f"new {n}"), says("[[d]]"), timestamp=n + 1)) for n in range(20)]]

    built = build(grown, on=judged)

    assert WarningCode.UNEVALUATED_CLASSES in {item.code for item in built.warnings}
    assert built.counts.classes["d"].evaluation == 0


def test_order_of_records_does_not_matter_on_a_frozen_set() -> None:
    judged = frozen(build())

    assert build(on=judged, limit=100) == build(list(reversed(RECORDS)), on=judged, limit=100)
