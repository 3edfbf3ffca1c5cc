"""Malformed records and records without a usable answer: left out, with the reason."""

from typing import Any

import pytest

from core.datasets import InvalidReason, QualityReason, WorkloadType
from core.datasets.checks import find_format_problem, find_quality_problem
from core.scoring import AnswerFormat, AnswerKind, read_answer
from tests.datasets.logged import TOOLS, asked, body_of, calls, says

GOOD = body_of(asked("hello"), says("[[greeting]]"))
USER = {"role": "user", "content": "hello"}


def with_request(**request: Any) -> dict[str, object]:
    return {**GOOD, "request": {"messages": [USER], **request}}


@pytest.mark.parametrize(
    "body",
    [
        GOOD,
        with_request(tools=None),
        with_request(tools=TOOLS),
        with_request(tools=[{"type": "function", "function": {"name": "now"}}]),
        with_request(messages=[{"role": "assistant", "content": None, "tool_calls": []}, USER]),
        with_request(messages=[{"role": "user", "content": [{"type": "text", "text": "hello"}]}]),
        body_of(asked("hello"), {}),
    ],
)
def test_well_formed_record_has_no_problem(body: dict[str, object]) -> None:
    assert find_format_problem(body) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({**GOOD, "request": None}, InvalidReason.NO_REQUEST),
        ({"response": GOOD["response"]}, InvalidReason.NO_REQUEST),
        (with_request(messages=None), InvalidReason.NO_MESSAGES),
        (with_request(messages=[]), InvalidReason.NO_MESSAGES),
        (with_request(messages={"0": USER}), InvalidReason.NO_MESSAGES),
        (with_request(messages=["hello"]), InvalidReason.BAD_MESSAGE),
        (with_request(messages=[USER, {"content": "no role"}]), InvalidReason.BAD_MESSAGE),
        (with_request(messages=[{"role": "user", "content": {"text": "hello"}}]), InvalidReason.BAD_MESSAGE),
        (with_request(tools={}), InvalidReason.BAD_TOOLS),
        (with_request(tools=[{"name": "play"}]), InvalidReason.BAD_TOOLS),
        (with_request(tools=[{"function": {"name": None}}]), InvalidReason.BAD_TOOLS),
        (with_request(tools=[{"function": {"name": "play", "parameters": []}}]), InvalidReason.BAD_TOOLS),
        (
            with_request(tools=[{"function": {"name": "play", "parameters": {"properties": ["x"]}}}]),
            InvalidReason.BAD_TOOLS,
        ),
        ({**GOOD, "response": None}, InvalidReason.NO_CHOICES),
        ({**GOOD, "response": {"choices": []}}, InvalidReason.NO_CHOICES),
        ({**GOOD, "response": {"choices": {}}}, InvalidReason.NO_CHOICES),
        ({**GOOD, "response": {"choices": [{"index": 0}]}}, InvalidReason.NO_ANSWER_MESSAGE),
        ({**GOOD, "response": {"choices": [{"message": says("x")}, {}]}}, InvalidReason.NO_ANSWER_MESSAGE),
    ],
)
def test_malformed_record_is_left_out_for_its_reason(body: dict[str, object], reason: InvalidReason) -> None:
    assert find_format_problem(body) is reason


def tool_problem(message: dict[str, object], **request: Any) -> QualityReason | None:
    answer = read_answer(message, AnswerFormat(kind=AnswerKind.TOOL_CALL))
    return find_quality_problem(message, answer, WorkloadType.TOOL_CALLING, offers_tools=bool(request.get("tools")))


def with_call(call: object) -> dict[str, object]:
    return {"role": "assistant", "content": None, "tool_calls": [call]}


@pytest.mark.parametrize("arguments", ["{}", '{"a": 1}', {"a": 1}, "", None])
def test_tool_call_with_an_object_of_arguments_is_usable(arguments: object) -> None:
    assert tool_problem(calls("play", arguments), tools=TOOLS) is None


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (says("I cannot."), QualityReason.NO_TOOL_CALL),
        ({"role": "assistant", "tool_calls": []}, QualityReason.NO_TOOL_CALL),
        (with_call("play"), QualityReason.NOT_A_FUNCTION),
        (with_call({"function": {"name": "play", "arguments": "{}"}}), QualityReason.NOT_A_FUNCTION),
        (with_call({"type": "custom", "custom": {"name": "play"}}), QualityReason.NOT_A_FUNCTION),
        (with_call({"type": "function", "function": {"arguments": "{}"}}), QualityReason.NOT_A_FUNCTION),
        (calls("play", "{broken"), QualityReason.UNREADABLE_ARGUMENTS),
        (calls("play", "[1]"), QualityReason.UNREADABLE_ARGUMENTS),
    ],
)
def test_record_that_teaches_no_tool_call_is_left_out(message: dict[str, object], reason: QualityReason) -> None:
    assert tool_problem(message, tools=TOOLS) is reason


@pytest.mark.parametrize("request_tools", [{}, {"tools": None}, {"tools": []}])
def test_tool_call_without_tools_in_the_request_is_left_out(request_tools: dict[str, object]) -> None:
    assert tool_problem(calls("play"), **request_tools) is QualityReason.NO_TOOLS_OFFERED


def test_one_bad_call_among_good_ones_spoils_the_record() -> None:
    message = calls("play")
    message["tool_calls"] = [*calls("stop")["tool_calls"], *calls("play", "no")["tool_calls"]]  # type: ignore[misc]

    assert tool_problem(message, tools=TOOLS) is QualityReason.UNREADABLE_ARGUMENTS


def test_unreadable_label_is_left_out() -> None:
    message = says("[single brackets]")
    answer = read_answer(message, AnswerFormat(kind=AnswerKind.DOUBLE_BRACKETS))

    problem = find_quality_problem(message, answer, WorkloadType.CLASSIFICATION, offers_tools=False)

    assert problem is QualityReason.UNREADABLE_ANSWER
