"""The blueprint's file formats, line by line."""

import copy
import json
from typing import Any

import orjson
import pytest

from core.datasets import WorkloadType
from core.datasets.json_bytes import pack_json, to_line, unpack_json
from core.datasets.rows import evaluation_row, training_row
from core.logs import canonical_request_key
from tests.datasets.logged import TOOLS, asked, body_of, calls, says

CLASSES, TOOL_CALLS = WorkloadType.CLASSIFICATION, WorkloadType.TOOL_CALLING
HISTORY = [
    {"role": "user", "content": "first"},
    calls("play", {"year": "1951"}),
    {"role": "tool", "tool_call_id": "call_1", "content": "done"},
    {"role": "user", "content": "again"},
]


def test_evaluation_line_is_the_whole_record() -> None:
    body = body_of(asked("hello", temperature=0.2), says("[[greeting]]")) | {"extra": {"kept": True}}

    assert evaluation_row(body, CLASSES, parse_arguments=True) == body


def test_evaluation_request_holds_arguments_as_text_and_nothing_else_changes() -> None:
    body = body_of({"messages": HISTORY, "tools": TOOLS}, calls("play", '{"year": "1952"}'))

    row: Any = evaluation_row(body, TOOL_CALLS, parse_arguments=False)

    function = row["request"]["messages"][1]["tool_calls"][0]["function"]
    assert function == {"name": "play", "arguments": '{"year": "1951"}'}
    function["arguments"] = {"year": "1951"}
    assert row == body


def test_evaluation_answer_holds_arguments_as_an_object_when_asked_for() -> None:
    body = body_of(asked("x", tools=TOOLS), calls("play", '{"year": "1952"}'))

    row: Any = evaluation_row(body, TOOL_CALLS, parse_arguments=True)

    function = row["response"]["choices"][0]["message"]["tool_calls"][0]["function"]
    assert function == {"name": "play", "arguments": {"year": "1952"}}
    assert row["response"]["choices"][0]["message"]["content"] is None


def test_training_line_is_the_conversation_with_its_answer() -> None:
    body = body_of(asked("hello", temperature=0.2), says("[[greeting]]"))

    assert training_row(body, CLASSES, parse_arguments=True) == {
        "messages": [
            {"role": "system", "content": "Classify."},
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": "[[greeting]]"},
        ]
    }


def test_training_line_of_tool_calling_has_tools_and_an_empty_answer_text() -> None:
    body = body_of({"messages": HISTORY, "tools": TOOLS}, calls("stop", '{"now": true}') | {"content": "Let me see."})

    row: Any = training_row(body, TOOL_CALLS, parse_arguments=True)

    assert list(row) == ["messages", "tools"]
    assert row["tools"] == TOOLS
    assert row["messages"][-1]["content"] == ""
    assert row["messages"][-1]["tool_calls"][0]["function"] == {"name": "stop", "arguments": {"now": True}}
    assert [message["content"] for message in row["messages"]] == ["first", "", "done", "again", ""]


def test_training_answer_keeps_arguments_as_text_when_asked_for() -> None:
    body = body_of(asked("x", tools=TOOLS), calls("stop", '{"now": true}'))

    row: Any = training_row(body, TOOL_CALLS, parse_arguments=False)

    assert row["messages"][-1]["tool_calls"][0]["function"]["arguments"] == '{"now": true}'


def test_null_fields_of_the_answer_are_left_out_of_training() -> None:
    message = says("[[a]]") | {"refusal": None, "tool_calls": None, "audio": None}

    row: Any = training_row(body_of(asked("x"), message), CLASSES, parse_arguments=True)

    assert row["messages"][-1] == {"role": "assistant", "content": "[[a]]"}


@pytest.mark.parametrize("workload_type", [CLASSES, TOOL_CALLS])
@pytest.mark.parametrize("parse", [True, False])
def test_the_record_is_never_changed(workload_type: WorkloadType, parse: bool) -> None:
    body = body_of({"messages": HISTORY, "tools": TOOLS}, calls("play", '{"year": "1952"}'))
    before = copy.deepcopy(body)

    evaluation_row(body, workload_type, parse_arguments=parse)
    training_row(body, workload_type, parse_arguments=parse)

    assert body == before


@pytest.mark.parametrize(
    ("value", "read_back"),
    [
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (2**64, str(2**64)),
        (2**64 - 1, 2**64 - 1),
        (-(2**63), -(2**63)),
        (-(2**70), str(-(2**70))),
        (2**62, 2**62),
        ("half \ud800 pair", "half \\ud800 pair"),
        ("größe 中文 \u2028 \0", "größe 中文 \u2028 \0"),
        (1.5, 1.5),
        ("1234567890123456789012", "1234567890123456789012"),
        (True, True),
        ({"a": [None, float("nan")]}, {"a": [None, "NaN"]}),
        (None, None),
    ],
)
def test_strange_values_are_written_so_that_every_parser_reads_the_same(value: object, read_back: object) -> None:
    line = to_line({"request": {"messages": [], "x": [value]}})

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line)["request"]["x"] == orjson.loads(line)["request"]["x"] == [read_back]
    assert canonical_request_key(orjson.loads(line)["request"]) == canonical_request_key({"messages": [], "x": [value]})


@pytest.mark.parametrize(
    "value", [float("inf"), 2**64, -(2**70), "half \ud800 pair", None, [None, -float("inf")], 1e300, 5, "größe", 0.1]
)
def test_held_record_is_read_back_as_it_was(value: object) -> None:
    body = {"x": value, "null": None, "digits": "1234567890123456789012"}

    assert unpack_json(pack_json(body)) == body


def test_request_keeps_its_key_through_the_evaluation_file() -> None:
    body = body_of({"messages": HISTORY, "tools": TOOLS, "top_p": 1.0}, calls("play"))

    row = json.loads(to_line(evaluation_row(body, TOOL_CALLS, parse_arguments=True)))

    assert canonical_request_key(row["request"]) == canonical_request_key(body["request"])  # type: ignore[arg-type]
