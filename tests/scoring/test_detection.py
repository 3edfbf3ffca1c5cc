"""Which format is detected, on made and on real answers, and the evidence given for it."""

import gzip
import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from core.scoring import AnswerFormat, AnswerKind, FormatDetector, answer_message, detect_answer_format

TRAFFIC = Path(__file__).parents[3] / "shared" / "traffic"


def says(content: object) -> dict[str, object]:
    return {"role": "assistant", "content": content}


def calls(name: str) -> dict[str, object]:
    return {"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": name, "arguments": "{}"}}]}


def detected(messages: Iterable[Mapping[str, object]]) -> AnswerFormat:
    return detect_answer_format(messages).answer_format


def test_double_brackets_are_detected_with_evidence() -> None:
    found = detect_answer_format([says("[[Up]]"), says("[[up]]"), says("so [[down]]"), says("no idea")])

    assert found.answer_format == AnswerFormat(kind=AnswerKind.DOUBLE_BRACKETS)
    evidence = found.chosen_evidence
    assert (evidence.readable, evidence.of, evidence.distinct, evidence.examples) == (3, 4, 2, ("up", "down"))


def test_only_field_of_a_json_answer_is_read_even_when_every_value_differs() -> None:
    assert detected(says(json.dumps({"summary": f"text {i}"})) for i in range(9)) == AnswerFormat(
        kind=AnswerKind.JSON_FIELD, field="summary"
    )


def test_of_several_json_fields_the_one_that_names_classes_is_read() -> None:
    messages = [
        says(json.dumps({"reason": f"because {i}", "intent": f"class {i % 5}", "sure": i % 2 == 0, "version": "1"}))
        for i in range(40)
    ]

    assert detected(messages) == AnswerFormat(kind=AnswerKind.JSON_FIELD, field="intent")


def test_json_document_without_a_class_is_read_as_a_whole() -> None:
    assert (
        detected(says(json.dumps({"name": f"n{i}", "city": f"c{i}"})) for i in range(9)).kind is AnswerKind.WHOLE_TEXT
    )


def test_tool_calls_are_detected_beside_some_texts() -> None:
    found = detect_answer_format([calls("play"), calls("stop"), says("sorry")])

    assert found.answer_format.kind is AnswerKind.TOOL_CALL
    assert (found.chosen_evidence.readable, found.chosen_evidence.distinct) == (2, 2)


def test_a_format_that_reads_less_than_half_is_shown_but_not_chosen() -> None:
    found = detect_answer_format([says("[[up]]"), says("down"), says("flat")])

    assert found.answer_format.kind is AnswerKind.WHOLE_TEXT
    assert {item.format.kind: item.readable for item in found.evidence} == {
        AnswerKind.DOUBLE_BRACKETS: 1,
        AnswerKind.WHOLE_TEXT: 3,
    }


def test_kinds_can_be_excluded_by_the_caller() -> None:
    detector = FormatDetector()
    detector.add(calls("play") | {"content": "[[ok]]"})

    assert detector.detect().answer_format.kind is AnswerKind.TOOL_CALL
    texts = [kind for kind in AnswerKind if kind is not AnswerKind.TOOL_CALL]
    assert detector.detect(texts).answer_format.kind is AnswerKind.DOUBLE_BRACKETS


def test_no_answers_are_a_whole_text_without_evidence() -> None:
    found = detect_answer_format([])

    assert found.answer_format.kind is AnswerKind.WHOLE_TEXT
    assert found.evidence == ()
    assert found.chosen_evidence.of == 0


def test_missing_and_empty_answers_count_as_unreadable() -> None:
    found = detect_answer_format([None, says(None), says("[[up]]"), says("[[up]]")])

    assert (found.chosen_evidence.readable, found.chosen_evidence.of) == (2, 4)


def test_order_of_answers_does_not_matter() -> None:
    messages = [says(f"[[class {i % 7}]]") for i in range(50)] + [calls("play")] * 20 + [says('{"x": "y"}')] * 9
    shuffled = random.Random(0).sample(messages, len(messages))

    assert detect_answer_format(shuffled) == detect_answer_format(messages)


@pytest.mark.parametrize(
    ("name", "kind", "field", "records", "distinct"),
    [
        ("twitter-fin-topic", AnswerKind.DOUBLE_BRACKETS, None, 15_304, 20),
        ("banking77", AnswerKind.JSON_FIELD, "intent", 9_972, 77),
        ("snips-tools", AnswerKind.TOOL_CALL, None, 13_723, 7),
        ("e2e-restaurants", AnswerKind.WHOLE_TEXT, None, 4_672, 4_498),
    ],
)
def test_formats_of_real_traffic_are_detected(
    name: str, kind: AnswerKind, field: str | None, records: int, distinct: int
) -> None:
    path = TRAFFIC / f"{name}.train.jsonl.gz"
    if not path.exists():
        pytest.skip(f"the real traffic {path.name} is not beside this repository")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        found = detect_answer_format(answer_message(json.loads(line)["response"]) for line in lines)

    assert found.answer_format == AnswerFormat(kind=kind, field=field)
    evidence = found.chosen_evidence
    assert (evidence.readable, evidence.of, evidence.distinct) == (records, records, distinct)
