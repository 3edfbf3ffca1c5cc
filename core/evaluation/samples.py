"""From what a model answered to samples: one outcome for every record of the evaluation set.

Outputs are joined to records by the SHA-256 of the canonical request. A missing or doubled output is an error outcome,
and everything but a correct answer counts as wrong. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

import orjson

from core.logs import canonical_request_key
from core.nemo import RemoteSample
from core.scoring import (
    Answer,
    AnswerFormat,
    AnswerKind,
    answer_message,
    content_text,
    is_valid_json,
    read_answer,
    rouge_l,
    token_overlap_f1,
    tool_arguments_match,
    tool_name_matches,
)


class Outcome(StrEnum):
    """How a record ended for a candidate; only `CORRECT` counts as correct."""

    CORRECT = "correct"  # the same answer as the teacher's, as the answer format compares
    WRONG = "wrong"  # a readable answer, but another one
    INVALID_FORMAT = "invalid_format"  # the answer cannot be read in the workload's format
    TRUNCATED = "truncated"  # the answer was cut off at the token limit and is not correct
    ERROR = "error"  # the call failed, or the service returned the record twice
    MISSING = "missing"  # the service returned nothing for the record


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A student in one variant; its text form `student:variant` is what links and the command line use."""

    student: str
    variant: str

    def __str__(self) -> str:
        return f"{self.student}:{self.variant}"


@dataclass(frozen=True, kw_only=True)
class ExpectedAnswer:
    """A record of the evaluation set with the teacher's answer. `key` joins it to outputs."""

    position: int
    key: str
    record: Mapping[str, object]
    answer: Answer


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One record's outcome. Keys are compared, texts are shown; None means not there or not reported.

    `rouge_l` is the F1 of ROUGE-L, for answers that are a whole text. `json_valid` is None unless JSON was expected: a
    JSON field to read, or a teacher's answer that is a JSON object or list.
    """

    position: int
    key: str
    outcome: Outcome
    output_text: str | None = None
    output_tool: Mapping[str, object] | None = None
    answer_text: str | None = None
    answer_key: str | None = None
    answer_label: str | None = None
    expected_text: str | None = None
    expected_key: str | None = None
    expected_label: str | None = None
    token_overlap: float | None = None
    rouge_l: float | None = None
    json_valid: bool | None = None
    tool_name_correct: bool | None = None
    tool_arguments_correct: bool | None = None
    service_scores: Mapping[str, float] = field(default_factory=dict)
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_ms: float | None = None
    error: str | None = None


def read_evaluation_set(content: bytes, answer_format: AnswerFormat) -> tuple[ExpectedAnswer, ...]:
    """Read an evaluation file (one log record a line) into expected answers, in the order of the file."""
    records = [orjson.loads(line) for line in content.splitlines() if line.strip()]
    return tuple(
        ExpectedAnswer(
            position=position,
            key=canonical_request_key(record["request"]),
            record=record,
            answer=read_answer(answer_message(record["response"]), answer_format),
        )
        for position, record in enumerate(records)
    )


def judge_outputs(
    expected: Sequence[ExpectedAnswer], outputs: Iterable[RemoteSample], answer_format: AnswerFormat
) -> tuple[Sample, ...]:
    """Return one sample per record of the evaluation set, in its order, whatever the service returned."""
    by_key: dict[str, list[RemoteSample]] = {}
    for output in outputs:
        by_key.setdefault(canonical_request_key(output.request), []).append(output)
    return tuple(_judge(record, by_key.get(record.key, []), answer_format) for record in expected)


def _judge(expected: ExpectedAnswer, outputs: Sequence[RemoteSample], answer_format: AnswerFormat) -> Sample:
    reference = _reference_text(expected)
    expects_json = _expects_json(reference, answer_format)
    fail = partial(_failure, expected, json_valid=False if expects_json else None)
    if not outputs:
        return fail(Outcome.MISSING, "the service returned no result for this record")
    if len(outputs) > 1:
        return fail(Outcome.ERROR, f"the service returned this record {len(outputs)} times")
    output = outputs[0]
    if output.message is None:
        return fail(Outcome.ERROR, output.error or "the call failed without a reason", output=output)
    answer = read_answer(output.message, answer_format)
    is_tool = answer_format.kind is AnswerKind.TOOL_CALL
    text = content_text(output.message.get("content"))
    return Sample(
        position=expected.position,
        key=expected.key,
        outcome=_outcome(expected.answer, answer, output.finish_reason),
        output_text=text or answer.text,
        output_tool=_tool_of(answer),
        answer_text=answer.text,
        answer_key=answer.key,
        answer_label=answer.label,
        expected_text=expected.answer.text,
        expected_key=expected.answer.key,
        expected_label=expected.answer.label,
        token_overlap=None if is_tool else token_overlap_f1(text, reference),
        rouge_l=rouge_l(text, reference).f1 if answer_format.kind is AnswerKind.WHOLE_TEXT else None,
        json_valid=is_valid_json(text) if expects_json else None,
        tool_name_correct=tool_name_matches(expected.answer.calls, answer.calls) if is_tool else None,
        tool_arguments_correct=tool_arguments_match(expected.answer.calls, answer.calls) if is_tool else None,
        service_scores=output.scores,
        finish_reason=output.finish_reason,
        prompt_tokens=output.prompt_tokens,
        completion_tokens=output.completion_tokens,
        latency_ms=output.latency_ms,
        error=answer.problem,
    )


def _outcome(expected: Answer, answer: Answer, finish_reason: str | None) -> Outcome:
    if answer.key is not None and answer.key == expected.key:
        return Outcome.CORRECT
    if finish_reason == "length":
        return Outcome.TRUNCATED
    return Outcome.INVALID_FORMAT if answer.key is None else Outcome.WRONG


def _failure(
    expected: ExpectedAnswer,
    outcome: Outcome,
    error: str,
    *,
    json_valid: bool | None,
    output: RemoteSample | None = None,
) -> Sample:
    return Sample(
        position=expected.position,
        key=expected.key,
        outcome=outcome,
        expected_text=expected.answer.text,
        expected_key=expected.answer.key,
        expected_label=expected.answer.label,
        json_valid=json_valid,
        latency_ms=output.latency_ms if output else None,
        finish_reason=output.finish_reason if output else None,
        error=error,
    )


def _expects_json(reference: str, answer_format: AnswerFormat) -> bool:
    if answer_format.kind is not AnswerKind.WHOLE_TEXT:
        return answer_format.kind is AnswerKind.JSON_FIELD
    return reference.lstrip()[:1] in ("{", "[") and is_valid_json(reference)


def _tool_of(answer: Answer) -> Mapping[str, object] | None:
    if answer.tool is None:
        return None
    arguments = answer.tool.arguments
    return {"name": answer.tool.name, "arguments": None if arguments is None else dict(arguments)}


def _reference_text(expected: ExpectedAnswer) -> str:
    message = answer_message(expected.record["response"])  # type: ignore[arg-type]  # checked when it was selected
    return content_text(message.get("content")) if message else ""
