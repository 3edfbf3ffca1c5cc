"""Gold answers and vetoes in a build: gold trains, vetoed requests do not appear, the log stays as it is."""

import copy
import json
from typing import Any

import pytest

from core.datasets import BuildOptions, BuiltDatasets, Corrections, WarningCode, build_datasets, gold_keys
from core.datasets.gold_answers import read_gold
from core.logs import LogRecord, canonical_request_key
from core.scoring import AnswerFormat, AnswerKind
from tests.datasets.logged import asked, body_of, called, labelled, lines_of, record_of, says

BRACKETS = AnswerFormat(kind=AnswerKind.DOUBLE_BRACKETS)
JSON = AnswerFormat(kind=AnswerKind.JSON_FIELD, field="intent")
TEXT = AnswerFormat(kind=AnswerKind.WHOLE_TEXT)
TOOLS = AnswerFormat(kind=AnswerKind.TOOL_CALL)
RECORDS = labelled(["a", "b"] * 60)
KEYS = [canonical_request_key(record.request) for record in RECORDS]


def build(records: list[LogRecord], *, gold: Any = None, vetoed: Any = (), **changes: Any) -> BuiltDatasets:
    options = BuildOptions(workload_id="router", evaluation_size=20, **changes)
    return build_datasets(records, options, name_suffix="run", corrections=Corrections(gold=gold or {}, vetoed=vetoed))


def trained(built: BuiltDatasets) -> dict[str, str]:
    rows: list[Any] = lines_of(built.training.content) + lines_of(built.validation.content)
    return {row["messages"][1]["content"]: row["messages"][-1]["content"] for row in rows}


def evaluated(built: BuiltDatasets) -> dict[str, str]:
    rows: list[Any] = lines_of(built.evaluation.content)
    return {
        row["request"]["messages"][1]["content"]: row["response"]["choices"][0]["message"]["content"] for row in rows
    }


@pytest.mark.parametrize(
    ("text", "answer_format", "content", "key"),
    [
        ("Earnings", BRACKETS, "[[Earnings]]", "earnings"),
        ("[[Earnings]]", BRACKETS, "[[Earnings]]", "earnings"),
        ("card", JSON, '{"intent": "card"}', "card"),
        ('{"intent": "card"}', JSON, '{"intent": "card"}', "card"),
        ("A whole sentence.", TEXT, "A whole sentence.", "a whole sentence."),
    ],
)
def test_gold_may_be_the_label_or_the_whole_answer(
    text: str, answer_format: AnswerFormat, content: str, key: str
) -> None:
    gold = read_gold(text, answer_format)

    assert gold is not None
    assert (gold.message["content"], gold.key) == (content, key)


def test_gold_for_tools_is_one_call_or_a_list_of_them() -> None:
    one = read_gold('{"name": "play", "arguments": {"b": 1, "a": 2}}', TOOLS)
    same = read_gold('[{"name": "play", "arguments": "{\\"a\\": 2, \\"b\\": 1}"}]', TOOLS)

    assert one is not None
    assert same is not None
    assert one.key == same.key
    assert one.label == "play"


@pytest.mark.parametrize(
    ("text", "answer_format"),
    [
        ("", BRACKETS),
        ("  ", TEXT),
        ("play", TOOLS),
        ('{"arguments": {}}', TOOLS),
        ("[]", TOOLS),
        ("two\nlines", BRACKETS),
    ],
)
def test_what_the_format_cannot_read_is_no_gold(text: str, answer_format: AnswerFormat) -> None:
    assert read_gold(text, answer_format) is None


def test_gold_trains_and_never_overwrites_what_is_evaluated_or_logged() -> None:
    before = copy.deepcopy(RECORDS)

    built = build(RECORDS, gold=dict.fromkeys(KEYS, "c"))

    assert set(trained(built).values()) == {"[[c]]"}
    assert set(evaluated(built).values()) == {"[[a]]", "[[b]]"}
    assert before == RECORDS
    assert (built.counts.gold_evaluation, built.counts.gold_training) == (20, 100)
    assert built.counts.classes["c"].training == 90
    assert built.counts.classes["c"].evaluation == 0


def test_gold_of_a_tool_call_trains_as_the_parsed_call() -> None:
    records = called(["play", "stop"] * 40)
    gold = '{"name": "stop", "arguments": {"number": 5}}'

    built = build(records, gold={canonical_request_key(record.request): gold for record in records})

    row: Any = lines_of(built.training.content)[0]
    function = row["messages"][-1]["tool_calls"][0]["function"]
    assert function == {"name": "stop", "arguments": {"number": 5}}


def test_gold_settles_a_conflict() -> None:
    request = asked("again")
    twice = [record_of(body_of(request, says(answer), timestamp=n + 1)) for n, answer in enumerate(("[[a]]", "[[b]]"))]
    key = canonical_request_key(request)

    assert build([*RECORDS, *twice]).counts.conflicting_requests == 1
    assert build([*RECORDS, *twice], gold={key: "b"}).counts.conflicting_requests == 0


def test_gold_that_is_no_answer_of_the_workload_is_counted_and_warned_about() -> None:
    built = build(called(["play", "stop"] * 40), gold={KEYS[0]: "no call"})

    assert built.counts.unreadable_gold == 1
    (warning,) = [item for item in built.warnings if item.code is WarningCode.UNREADABLE_GOLD]
    assert warning.message == "Not used, as the workload's answer format cannot read them: 1 gold answer."


def test_vetoed_requests_are_in_no_file_and_counted() -> None:
    built = build(RECORDS, vetoed=KEYS[:30])

    texts = set(trained(built)) | set(evaluated(built))
    assert texts == {f"text {number}" for number in range(30, 120)}
    assert (built.counts.vetoed, built.counts.selected, built.counts.total) == (30, 90, 120)


def test_all_records_of_a_vetoed_request_are_left_out() -> None:
    twice = [*RECORDS, record_of({**RECORDS[0].body, "client_id": "other"})]

    assert build(twice, vetoed=KEYS[:1]).counts.vetoed == 2


def test_manifest_names_the_versions_of_gold_and_vetoes_by_their_content() -> None:
    gold = {KEYS[1]: "a", KEYS[0]: "b"}
    manifest: Any = build(RECORDS, gold=gold, vetoed=[KEYS[5], KEYS[4], KEYS[5]]).manifest
    corrections = Corrections(gold=gold, vetoed=[KEYS[4], KEYS[5]])

    assert manifest["gold"] == {"version": corrections.gold_version, "answers": 2}
    assert manifest["vetoes"] == {"version": corrections.veto_version, "requests": 2}
    assert json.loads(corrections.gold_content) == gold
    assert Corrections.from_content(gold=corrections.gold_content, vetoes=corrections.veto_content) == Corrections(
        gold=dict(sorted(gold.items())), vetoed=sorted(KEYS[4:6])
    )
    assert build(RECORDS).manifest["gold"] != manifest["gold"]


def test_gold_keys_are_what_scores_compare_with() -> None:
    assert gold_keys({"k": "Earnings", "bad": " "}, BRACKETS) == {"k": "earnings"}
