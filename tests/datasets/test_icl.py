"""In-context datasets: the evaluation file with examples that fit each context, as the local students read them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from core.backend.students import answer
from core.backend.students.examples import split_system
from core.datasets import (
    BuildOptions,
    BuiltDatasets,
    BuiltIcl,
    Corrections,
    DatasetError,
    ExampleSelection,
    IclOptions,
    build_datasets,
    build_icl,
)
from core.datasets.example_text import example_text, show_examples
from core.datasets.similarity import Match
from core.datasets.token_budget import estimate_tokens, request_tokens
from core.logs import LogRecord, canonical_request_key
from core.scoring import read_tool_calls
from tests.datasets.logged import TOOLS, asked, body_of, called, calls, labelled, lines_of, record_of, says

TOPICS = {
    "oil": "the price of crude oil and gas",
    "banks": "interest rates of lenders",
    "chips": "semiconductor makers",
}
LARGE = {"student": 100_000}


def headlines() -> list[LogRecord]:
    """Records whose words tell their label."""
    bodies = []
    for number in range(150):
        label = list(TOPICS)[number % 3]
        text = f"{TOPICS[label]} number {number} {'and more ' * (number % 7)}"
        bodies.append(body_of(asked(text), says(f"[[{label}]]"), timestamp=number + 1))
    return [record_of(body) for body in bodies]


def built_from(records: list[LogRecord], *, corrections: Corrections | None = None, **changes: Any) -> BuiltDatasets:
    options = BuildOptions(workload_id="router", evaluation_size=15, near_duplicate_threshold=None, **changes)
    given = corrections or Corrections(gold={}, vetoed=())
    return build_datasets(records, options, name_suffix="run", corrections=given)


BUILT = built_from(headlines())


def icl(built: BuiltDatasets = BUILT, lengths: Any = LARGE, similarity: Any = None, **options: Any) -> BuiltIcl:
    return build_icl(
        built, lengths, IclOptions(**options), workload_id="router", name_suffix="run", similarity=similarity
    )


def rows(made: BuiltIcl, student: str = "student") -> list[Any]:
    dataset = made.find_dataset(student)
    assert dataset is not None
    return lines_of(dataset.file.content)


def system_of(row: Any) -> str:
    return str(row["request"]["messages"][0]["content"])


def examples_of(row: Any) -> list[tuple[str, object]]:
    split = split_system(system_of(row))
    return [(example.text, example.message["content"]) for example in split.examples]


def test_file_has_the_blueprints_name_path_and_records_with_examples_in_the_system_message() -> None:
    made = icl()

    (dataset,) = made.datasets
    assert (dataset.dataset.kind, dataset.dataset.name) == ("icl", "flywheel-icl-router-run")
    assert dataset.dataset.files == {"eval_data.jsonl": dataset.file.content}
    assert (dataset.students, dataset.shown) == (("student",), (3,) * 15)
    for row, plain in zip(rows(made), lines_of(BUILT.evaluation.content), strict=True):
        assert system_of(row).endswith("\n\nClassify.")
        unchanged: Any = plain["request"]
        assert row["request"]["messages"][1:] == unchanged["messages"][1:]
        assert {**row, "request": None} == {**plain, "request": None}


def test_semantic_examples_are_the_most_similar_training_records_with_their_answers() -> None:
    made = icl()

    for row, record in zip(rows(made), BUILT.evaluation_records, strict=True):
        shown = examples_of(row)
        assert len(shown) == 3
        assert {content for _, content in shown} == {f"[[{record.answer.key}]]"}
    assert made.similarity == "character n-grams 3-5, TF-IDF"


def test_examples_come_from_training_only() -> None:
    trained = {str(row["messages"][1]["content"]).strip() for row in lines_of(BUILT.training.content)}  # type: ignore[index]

    shown = {text for row in rows(icl(max_examples=8)) for text, _ in examples_of(row)}

    assert shown <= trained


def test_uniform_examples_are_the_same_for_every_record_and_show_all_classes() -> None:
    made = icl(selection=ExampleSelection.UNIFORM)

    lists = {tuple(examples_of(row)) for row in rows(made)}
    (shown,) = lists
    assert {content for _, content in shown} == {"[[oil]]", "[[banks]]", "[[chips]]"}
    assert made.similarity is None
    assert icl(selection=ExampleSelection.UNIFORM, seed=1).datasets[0].file != made.datasets[0].file


def test_local_student_answers_better_with_the_examples_it_reads() -> None:
    # Labels that say nothing about the texts: only the examples tell.
    records = [
        record_of(
            body_of(asked(f"{TOPICS[topic]} item {n}", system="One of: x1, y2, z3"), says(label), timestamp=n + 1)
        )
        for n in range(150)
        for topic, label in [list(zip(TOPICS, ("x1", "y2", "z3"), strict=True))[n % 3]]
    ]
    built = built_from(records)

    def right(content: bytes) -> int:
        given: list[Any] = lines_of(content)
        answers = [answer("local/linear-large", None, row["request"]).message["content"] for row in given]
        return sum(
            said == row["response"]["choices"][0]["message"]["content"]
            for said, row in zip(answers, given, strict=True)
        )

    assert right(icl(built).datasets[0].file.content) == 15 > right(built.evaluation.content)


def test_tool_calls_are_shown_as_json_that_reads_back() -> None:
    built = built_from(called(["play", "stop"] * 60))

    for row in rows(icl(built)):
        examples = split_system(system_of(row)).examples
        assert len(examples) == 3
        for example in examples:
            (call,) = read_tool_calls(example.message)
            assert call.name in {"play", "stop"}
            assert call.arguments == {"number": int(example.text.split()[1])}  # not empty, as in the reference
        assert {call.name for example in examples for call in read_tool_calls(example.message)} == {"play", "stop"}


def test_gold_is_what_examples_answer() -> None:
    records = headlines()
    gold = {canonical_request_key(record.request): "corrected" for record in records}
    built = built_from(records, corrections=Corrections(gold=gold, vetoed=()))

    assert {content for row in rows(icl(built)) for _, content in examples_of(row)} == {"[[corrected]]"}


def test_examples_and_request_and_answer_fit_the_context() -> None:
    length = 700
    made = icl(lengths={"student": length}, reserved_tokens=200, max_examples=20)

    (dataset,) = made.datasets
    assert 0 < min(dataset.shown) < 20
    for row in rows(made):
        assert request_tokens(row["request"]) <= length - 200


def test_logged_answer_does_not_take_room_from_the_examples() -> None:
    # The reference counts the ground truth into the budget.
    long = [
        record_of(body_of(asked(f"{topic} {n}"), says(f"[[{topic}]] {'because ' * 2000}"), timestamp=n + 1))
        for n in range(100)
        for topic in [list(TOPICS)[n % 3]]
    ]
    short_gold = {canonical_request_key(record.request): "oil" for record in long}
    built = built_from(long, corrections=Corrections(gold=short_gold, vetoed=()))

    made = icl(built, lengths={"student": 1_000}, reserved_tokens=100)

    assert made.datasets[0].shown == (3,) * 15


class LongestFirst:
    """Ranks the longest candidates first."""

    name = "longest first"

    def rank(self, queries: Any, candidates: Any, *, count: int) -> list[list[Match]]:
        order = sorted(range(len(candidates)), key=lambda place: -len(candidates[place]))
        return [[Match(place, 1.0) for place in order[:count]] for _ in queries]


def test_example_that_does_not_fit_is_passed_over_and_the_next_is_tried() -> None:
    # The reference stops at the first misfit.
    texts = [*["x" * (3_000 + n) for n in range(8)], *[f"short {n}" for n in range(92)]]
    records = [record_of(body_of(asked(text), says("[[a]]"), timestamp=n + 1)) for n, text in enumerate(texts)]
    built = built_from(records)
    assert b"xxxx" in built.training.content

    made = icl(built, lengths={"student": 500}, similarity=LongestFirst(), reserved_tokens=100)

    for row, count in zip(rows(made), made.datasets[0].shown, strict=True):
        assert count == (0 if "xxxx" in row["request"]["messages"][1]["content"] else 3)
    shown = {text for row in rows(made) for text, _ in examples_of(row)}
    assert not any("xxxx" in text for text in shown)


def test_record_that_leaves_room_for_fewer_than_the_minimum_is_shown_none_and_counted() -> None:
    texts = [f"text {n} " + "y" * (1_500 if n % 5 == 0 else 10) for n in range(100)]
    records = [record_of(body_of(asked(text), says("[[a]]"), timestamp=n + 1)) for n, text in enumerate(texts)]
    built = built_from(records)

    made = icl(built, lengths={"student": 500}, reserved_tokens=0, min_examples=2)

    (dataset,) = made.datasets
    for row, shown, plain in zip(rows(made), dataset.shown, lines_of(built.evaluation.content), strict=True):
        assert shown == 0 or shown >= 2
        if not shown:
            assert row == plain
    assert 0 < dataset.shown.count(0) < 15
    assert dataset.to_dict()["records_without_examples"] == dataset.shown.count(0)


def test_student_whose_context_holds_no_examples_has_no_dataset_and_a_reason() -> None:
    made = icl(lengths={"tiny": 500, "large": 100_000})

    assert made.find_dataset("tiny") is None
    assert made.unavailable["tiny"].startswith("No examples fit a context of 500 tokens: requests need ")
    assert made.find_dataset("large") is not None


def test_students_with_equal_files_share_a_dataset_and_others_have_names_of_their_own() -> None:
    made = icl(lengths={"a": 100_000, "b": 50_000, "c": 2_250})

    assert [dataset.students for dataset in made.datasets] == [("a", "b"), ("c",)]
    assert [dataset.file.dataset for dataset in made.datasets] == [
        "flywheel-icl-router-run",
        "flywheel-icl-router-run-2250",
    ]


def test_same_build_and_options_give_the_same_bytes() -> None:
    assert icl() == icl()
    assert icl().to_dict() == json.loads(json.dumps(icl().to_dict()))


def test_pool_is_a_random_part_of_the_training_rows() -> None:
    made = icl(pool_limit=10)

    assert made.pool == 10
    assert len({text for row in rows(made) for text, _ in examples_of(row)}) <= 10


def test_equal_texts_are_shown_once() -> None:
    records = [record_of(body_of(asked("same", temperature=n), says("[[a]]"), timestamp=n + 1)) for n in range(40)]
    records += labelled(["a", "b"] * 60)
    built = built_from(records)

    for row in rows(icl(built)):
        texts = [text for text, _ in examples_of(row)]
        assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"max_examples": 0}, "icl.max_examples"),
        ({"min_examples": 0}, "icl.min_examples"),
        ({"min_examples": 4}, "icl.min_examples"),
        ({"reserved_tokens": -1}, "icl.reserved_tokens"),
        ({"relevance_ratio": 1.5}, "icl.relevance_ratio"),
        ({"pool_limit": True}, "icl.pool_limit"),
    ],
)
def test_impossible_options_name_their_field(options: dict[str, Any], field: str) -> None:
    with pytest.raises(DatasetError) as caught:
        icl(**options)

    assert caught.value.field == field


def test_request_without_a_system_message_gets_one_and_parts_stay_parts() -> None:
    user = {"role": "user", "content": "hello"}
    parts = {"role": "system", "content": [{"type": "text", "text": "Be brief."}]}
    example = example_text({"messages": [user, says("hi")]})

    first = show_examples({"messages": [user], "model": "m"}, [example])
    second: Any = show_examples({"messages": [parts, user]}, [example])

    assert first["model"] == "m"
    assert [message["role"] for message in first["messages"]] == ["system", "user"]  # type: ignore[attr-defined]
    assert [part["text"][-9:] for part in second["messages"][0]["content"]] == ["stant: hi", "Be brief."]
    assert parts["content"] == [{"type": "text", "text": "Be brief."}]


def test_tokens_are_rather_over_than_underestimated() -> None:
    english = (
        "The quick brown fox jumps over the lazy dog near the bank of the river. " * 20
    )  # 16 words, 17 tokens a line
    assert 17 * 20 <= estimate_tokens(english) <= 2 * 17 * 20
    assert estimate_tokens("銀行") == 2
    assert estimate_tokens("") == 0
    plain = asked("hello")
    assert request_tokens({**plain, "tools": TOOLS}) > request_tokens(plain) + 30
    assert request_tokens({"messages": [calls("play", '{"a": 1}')]}) > 20


def test_frame_of_the_prompt_does_not_decide_what_is_similar() -> None:
    frame = "Sort this into oil, banks or chips. " * 30
    records = [
        record_of({**record.body, "request": asked(frame + record.request["messages"][1]["content"])})  # type: ignore[index]
        for record in headlines()
    ]
    built = built_from(records)

    for row, record in zip(rows(icl(built)), built.evaluation_records, strict=True):
        texts = split_system(system_of(row)).examples
        assert {example.message["content"] for example in texts} == {f"[[{record.answer.key}]]"}


def test_options_are_in_the_manifest_section() -> None:
    section: Any = replace(icl(seed=5)).to_dict()

    assert section["options"] == {
        "max_examples": 3,
        "min_examples": 1,
        "reserved_tokens": 2048,
        "selection": "semantic",
        "relevance_ratio": 0.7,
        "pool_limit": 20_000,
        "seed": 5,
    }
    assert section["datasets"][0]["file"]["dataset"] == "flywheel-icl-router-run"
    assert section["datasets"][0]["examples"] == 45
