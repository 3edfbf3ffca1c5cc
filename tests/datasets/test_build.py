"""A whole build: sizes, types, refusals, warnings and repeatability."""

import copy
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.datasets import (
    BuildOptions,
    BuiltDatasets,
    DatasetError,
    WarningCode,
    WorkloadType,
    build_datasets,
    selection_filter,
)
from core.logs import LogRecord, canonical_request_key
from core.scoring import AnswerFormat, AnswerKind
from tests.datasets.logged import TOOLS, asked, body_of, called, calls, labelled, lines_of, record_of, says

OPTIONS = BuildOptions(workload_id="router", evaluation_size=20)


def build(records: list[LogRecord], **changes: Any) -> BuiltDatasets:
    return build_datasets(records, replace(OPTIONS, **changes), name_suffix="run")


def codes(built: BuiltDatasets) -> list[WarningCode]:
    return [warning.code for warning in built.warnings]


@pytest.mark.parametrize(
    ("total", "training", "validation"),
    [
        (5_000, 4_410, 490),
        pytest.param(10_000, 8_910, 990, marks=pytest.mark.full),
        pytest.param(25_000, 22_410, 2_490, marks=pytest.mark.full),
    ],
)
def test_sizes_are_the_references_when_nothing_is_filtered(total: int, training: int, validation: int) -> None:
    labels = [f"class {number % 12}" for number in range(total)]

    built = build(labelled(labels), evaluation_size=100)

    sizes = (built.evaluation.records, built.training.records, built.validation.records)
    assert sizes == (100, training, validation)
    assert (built.counts.evaluation, built.counts.training, built.counts.validation) == sizes
    assert built.record_count == total


def test_files_and_datasets_have_the_blueprints_names_and_paths() -> None:
    built = build(labelled(["a", "b"] * 30))

    evaluation, training = built.datasets
    assert (evaluation.kind, evaluation.name) == ("evaluation", "flywheel-eval-router-run")
    assert (training.kind, training.name) == ("training", "flywheel-train-router-run")
    assert evaluation.files == {"eval_data.jsonl": built.evaluation.content}
    assert training.files == {
        "training/train_data.jsonl": built.training.content,
        "validation/val_data.jsonl": built.validation.content,
    }
    assert (evaluation.records, training.records) == (20, 40)


def test_every_record_is_in_exactly_one_file() -> None:
    records = labelled(["a", "b", "c"] * 40)

    built = build(records)

    texts = [row["request"]["messages"][1]["content"] for row in lines_of(built.evaluation.content)]  # type: ignore[index]
    for file in (built.training, built.validation):
        texts += [row["messages"][1]["content"] for row in lines_of(file.content)]  # type: ignore[index]
    assert Counter(texts) == Counter(f"text {number}" for number in range(120))


def test_evaluation_and_validation_hold_every_class_in_proportion() -> None:
    built = build(labelled((["a"] * 6 + ["b"] * 3 + ["c"]) * 50), evaluation_size=100)

    evaluated = {label: count.evaluation for label, count in built.counts.classes.items()}
    validated = {label: count.validation for label, count in built.counts.classes.items()}
    assert evaluated == {"a": 60, "b": 30, "c": 10}
    assert validated == {"a": 24, "b": 12, "c": 4}


@pytest.mark.parametrize("singletons", [1, 2, 5])
@pytest.mark.parametrize("seed", range(5))
def test_classes_of_one_record_build_and_are_named(singletons: int, seed: int) -> None:
    # One such class makes the reference fail: "the least populated classes in y have only 1 member".
    labels = ["a", "b"] * 50 + [f"once {number}" for number in range(singletons)]

    built = build(labelled(labels), seed=seed)

    assert built.counts.rare_classes == tuple(f"once {number}" for number in range(singletons))
    assert WarningCode.RARE_CLASSES in codes(built)
    assert built.counts.evaluation + built.counts.training + built.counts.validation == len(labels)


def test_evaluated_class_without_training_records_is_a_warning() -> None:
    labels = ["a", "b"] * 50 + [f"once {number}" for number in range(50)]

    built = build(labelled(labels), evaluation_size=40)

    untrained = [label for label, count in built.counts.classes.items() if count.evaluation and not count.training]
    assert untrained
    (warning,) = [item for item in built.warnings if item.code is WarningCode.UNTRAINED_CLASSES]
    assert f"no customized student can learn them: {len(untrained)} classes (" in warning.message


def test_evaluation_set_smaller_than_the_number_of_classes_is_a_warning() -> None:
    built = build(labelled([f"class {number % 30}" for number in range(300)]))

    messages = [item.message for item in built.warnings if item.code is WarningCode.NOT_STRATIFIED]
    assert messages == [
        "The evaluation set of 20 records cannot represent 30 classes; it was drawn at random.",
        "The validation set of 28 records cannot represent 30 classes; it was drawn at random.",
    ]


def test_ordinary_traffic_has_no_warnings() -> None:
    assert build(labelled(["a", "b"] * 50)).warnings == ()


def test_order_of_records_does_not_matter() -> None:
    records = labelled(["a", "b", "c"] * 40)
    shuffled = random.Random(0).sample(records, len(records))

    first, second = build(records), build(shuffled)

    assert first == second
    assert first.manifest_hash == second.manifest_hash


def test_records_of_one_instant_are_ordered_by_content_not_by_arrival_or_id() -> None:
    bodies = [body_of(asked(f"text {n}"), says("[[a]]" if n % 2 else "[[b]]")) for n in range(60)]

    first = build([record_of(body, record_id=f"{n:03}") for n, body in enumerate(bodies)])
    second = build([record_of(body, record_id=f"{n:03}") for n, body in enumerate(reversed(bodies))])

    assert first.evaluation == second.evaluation
    assert first.training == second.training
    assert first.manifest == second.manifest


def test_another_seed_draws_other_records_and_the_same_seed_the_same() -> None:
    records = labelled(["a", "b"] * 100)

    assert build(records, seed=0).evaluation == build(records, seed=0).evaluation
    assert build(records, seed=0).evaluation != build(records, seed=1).evaluation


def test_another_validation_ratio_leaves_the_evaluation_set_as_it_was() -> None:
    records = labelled(["a", "b"] * 100)

    assert build(records, validation_ratio=0.3).evaluation_set == build(records).evaluation_set


def test_limit_is_a_limit_and_is_drawn_from_all_times() -> None:
    records = labelled(["a", "b"] * 500)

    built = build(records, limit=100)

    assert (built.counts.selected, built.counts.not_drawn) == (100, 900)
    assert (built.counts.evaluation, built.counts.training, built.counts.validation) == (20, 72, 8)
    times: list[Any] = [row["timestamp"] for row in lines_of(built.evaluation.content)]
    assert max(times) - min(times) > 500
    assert build(records, limit=100, seed=7).evaluation != built.evaluation


def test_training_is_shuffled_and_evaluation_is_oldest_first() -> None:
    built = build(labelled(["a", "b"] * 100))

    times: list[Any] = [row["timestamp"] for row in lines_of(built.evaluation.content)]
    texts = [row["messages"][1]["content"] for row in lines_of(built.training.content)]  # type: ignore[index]
    assert times == sorted(times)
    assert texts != sorted(texts, key=lambda text: int(text.split()[1]))


def test_selection_leaves_other_workloads_clients_and_times_alone() -> None:
    inside = labelled(["a", "b"] * 50)
    other = labelled(["a", "b"] * 50, workload="other")
    options = replace(
        OPTIONS,
        client_id="app",
        since=datetime.fromtimestamp(1_735_689_600 + 10, tz=UTC),
        until=datetime.fromtimestamp(1_735_689_600 + 90, tz=UTC),
    )
    foreign = [record_of(body_of(asked("x"), says("[[a]]"), timestamp=1_735_689_620, client="someone"))]

    built = build_datasets([*inside, *other, *foreign], options, name_suffix="run")

    assert built.counts.total == 80
    window = selection_filter(options)
    assert (window.workload_id, window.client_id) == ("router", "app")
    assert (window.since, window.until) == (options.since, options.until)


def test_evaluation_records_carry_key_answer_and_the_log_as_it_was() -> None:
    built = build(labelled(["A", "b"] * 50))

    for record, row in zip(built.evaluation_records, lines_of(built.evaluation.content), strict=True):
        assert (record.request, record.response) == (row["request"], row["response"])
        assert record.key == canonical_request_key(record.request)
        assert record.answer.key == str(record.answer.text).lower()
    assert len({record.key for record in built.evaluation_records}) == 20


def test_records_are_never_changed() -> None:
    records = called(["play", "stop"] * 40)
    before = copy.deepcopy(records)

    build(records)

    assert records == before


def test_tool_calling_is_detected_filtered_and_stratified_by_tool() -> None:
    talk = [record_of(body_of(asked(f"chat {n}", tools=TOOLS), says("Hello!"), timestamp=n + 1)) for n in range(7)]
    broken = [record_of(body_of(asked(f"b {n}", tools=TOOLS), calls("play", "{"), timestamp=n + 1)) for n in range(3)]

    built = build([*called(["play", "play", "stop"] * 40), *talk, *broken])

    assert built.workload_type is WorkloadType.TOOL_CALLING
    assert built.counts.quality == {"no_tool_call": 7, "unreadable_arguments": 3}
    assert set(built.counts.classes) == {"play", "stop"}
    assert codes(built) == [WarningCode.LOW_QUALITY]
    assert all(set(row) == {"messages", "tools"} for row in lines_of(built.training.content))


def test_free_text_has_no_classes() -> None:
    texts = [f"A sentence about subject number {n}, of some length." for n in range(100)]
    records = [record_of(body_of(asked(f"text {n}"), says(text), timestamp=n + 1)) for n, text in enumerate(texts)]

    built = build(records)

    assert built.workload_type is WorkloadType.FREE_TEXT
    assert built.answer_format == AnswerFormat(kind=AnswerKind.WHOLE_TEXT)
    assert built.counts.classes == {}
    assert built.counts.evaluation == 20


def test_labels_listed_in_the_prompt_make_a_classification_of_few_records() -> None:
    # 60 records of 40 classes: too few repetitions to tell, but the prompt names the labels.
    system = "One of: " + ", ".join(f"class-{n:02}" for n in range(40))
    records = [
        record_of(body_of(asked(f"text {n}", system=system), says(f"class-{n % 40:02}"), timestamp=n + 1))
        for n in range(60)
    ]

    assert build(records).workload_type is WorkloadType.CLASSIFICATION


def test_format_and_type_can_be_given() -> None:
    whole = AnswerFormat(kind=AnswerKind.WHOLE_TEXT)

    built = build(labelled(["a", "b"] * 50), answer_format=whole, workload_type=WorkloadType.FREE_TEXT)

    assert built.answer_format == whole
    assert built.workload_type is WorkloadType.FREE_TEXT
    assert built.manifest["answer_format_given"] is True


def test_format_that_keeps_case_splits_classes() -> None:
    exact = AnswerFormat(kind=AnswerKind.DOUBLE_BRACKETS, fold_case=False)

    built = build(labelled(["US", "us"] * 50), answer_format=exact)

    assert set(built.counts.classes) == {"US", "us"}


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"workload_type": WorkloadType.TOOL_CALLING}, "workload_type", "can be read as tool call"),
        ({"answer_format": AnswerFormat(kind=AnswerKind.TOOL_CALL)}, "answer_format", "can be read as tool call"),
        (
            {"answer_format": AnswerFormat(kind=AnswerKind.JSON_FIELD, field="intent")},
            "answer_format",
            "can be read as json field 'intent'",
        ),
        (
            {
                "answer_format": AnswerFormat(kind=AnswerKind.WHOLE_TEXT),
                "workload_type": WorkloadType.TOOL_CALLING,
            },
            "workload_type",
            "'tool_calling' but answers are to be read as 'whole_text'",
        ),
    ],
)
def test_format_or_type_that_fits_no_answer_is_refused(changes: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message) as caught:
        build(labelled(["a", "b"] * 50), **changes)

    assert caught.value.field == field


def test_invalid_records_are_counted_by_reason() -> None:
    bad = [record_of(body_of({"messages": []}, says("x"), timestamp=n + 1)) for n in range(4)]
    worse = [record_of({**body_of(asked("x"), says("x"), timestamp=9), "response": {}})]

    built = build([*labelled(["a", "b"] * 50), *bad, *worse])

    assert built.counts.invalid == {"no_choices": 1, "no_messages": 4}
    assert built.counts.total == 105
    assert built.warnings[0].message == "Malformed and left out: 5 of 105 records (1 no choices, 4 no messages)."


def test_too_few_left_after_filtering_is_refused_with_every_number() -> None:
    good = labelled(["a", "b"] * 20)
    unreadable = [record_of(body_of(asked(f"u {n}"), says("no idea"), timestamp=n + 1)) for n in range(15)]

    with pytest.raises(DatasetError) as caught:
        build([*good, *unreadable, good[0], good[1]], evaluation_size=10)

    assert caught.value.field == "minimum_records"
    assert str(caught.value) == (
        "Of 57 records of workload 'router' only 40 can be used, fewer than the minimum of 50; removed: "
        "15 unreadable answer, 2 duplicates. Import more or better traffic, or lower minimum_records."
    )


def test_only_malformed_records_are_refused_before_anything_is_detected() -> None:
    bad = [record_of(body_of({"messages": []}, says("x"), timestamp=n + 1)) for n in range(80)]

    with pytest.raises(DatasetError, match="only 0 can be used, fewer than the minimum of 50; removed: 80 no messages"):
        build(bad)


def test_evaluation_size_is_checked_again_after_filtering() -> None:
    good = labelled(["a", "b"] * 50)

    with pytest.raises(DatasetError, match="evaluation_size is 100, but there are 100 usable records") as caught:
        build([*good, *good[:30]], evaluation_size=100)

    assert caught.value.field == "evaluation_size"


def test_empty_stream_is_refused() -> None:
    with pytest.raises(DatasetError, match="no records of workload 'router'"):
        build([])


def test_impossible_option_is_refused_before_a_record_is_read() -> None:
    unread = iter(labelled(["a", "b"] * 50))

    with pytest.raises(DatasetError, match="validation_ratio"):
        build_datasets(unread, replace(OPTIONS, validation_ratio=0), name_suffix="run")

    assert len(list(unread)) == 100


def test_building_loads_no_numerics() -> None:
    code = (
        "import sys, core.datasets; "
        "assert not {'numpy', 'scipy', 'sklearn', 'datasketch', 'streamlit'} & set(sys.modules), sorted(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
