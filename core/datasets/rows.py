"""The lines of dataset files, in the blueprint's formats (its `format_evaluator` and `format_training_data`).

An evaluation line is the whole log record; a training line is a conversation whose last message is the answer. Every
function builds new objects: the record it was given stays as it was.
"""

import json
from collections.abc import Callable, Mapping
from typing import cast

from core.datasets.options import WorkloadType
from core.scoring import answer_message, read_arguments

Json = dict[str, object]


def evaluation_row(body: Mapping[str, object], workload_type: WorkloadType, *, parse_arguments: bool) -> Json:
    """Return the log record with the tool arguments of its request as JSON texts, as the chat API wants them.

    In tool calling the answer's arguments become objects if `parse_arguments`, so that they are compared as values.
    """
    request, response = _objects(body)
    row = {**body, "request": {**request, "messages": [_send_arguments(message) for message in _messages(request)]}}
    if workload_type is WorkloadType.TOOL_CALLING and parse_arguments:
        choices = cast("list[Json]", response["choices"])
        parsed = [{**choice, "message": _parse_arguments(cast("Json", choice["message"]))} for choice in choices]
        row["response"] = {**response, "choices": parsed}
    return row


def training_row(
    body: Mapping[str, object],
    workload_type: WorkloadType,
    *,
    parse_arguments: bool,
    gold: Mapping[str, object] | None = None,
) -> Json:
    """Return `{"messages": [..., answer]}`, in tool calling with empty answer content and the request's `tools`.

    The answer is the message `gold` where a person gave one, else the teacher's. The customizer refuses null content
    in assistant messages, so it becomes an empty text. Null fields of the answer (`refusal`, `audio` and the like) are
    left out: to the chat API null means absent.
    """
    request, response = _objects(body)
    messages = [_fill_content(message) for message in _messages(request)]
    given = gold or answer_message(response) or {}
    answer = {"role": "assistant", "content": "", **{key: value for key, value in given.items() if value is not None}}
    if workload_type is not WorkloadType.TOOL_CALLING:
        return {"messages": [*messages, answer]}
    answer["content"] = ""
    final = _parse_arguments(answer) if parse_arguments else answer
    return {"messages": [*messages, final], "tools": request["tools"]}


def _objects(body: Mapping[str, object]) -> tuple[Json, Json]:
    return cast("Json", body["request"]), cast("Json", body["response"])


def _messages(request: Json) -> list[Json]:
    return cast("list[Json]", request["messages"])


def _fill_content(message: Json) -> Json:
    if message.get("role") == "assistant" and message.get("content") is None:
        return {**message, "content": ""}
    return message


def _send_arguments(message: Json) -> Json:
    def as_text(arguments: object) -> object:
        return json.dumps(arguments) if isinstance(arguments, dict) else arguments

    return _map_arguments(message, as_text)


def _parse_arguments(message: Json) -> Json:
    def as_object(arguments: object) -> object:
        parsed = read_arguments(arguments)
        return arguments if parsed is None else parsed

    return _map_arguments(message, as_object)


def _map_arguments(message: Json, change: Callable[[object], object]) -> Json:
    """Return the message with `change` applied to the arguments of every call that has some."""
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        return message
    return {**message, "tool_calls": [_map_call(call, change) for call in calls]}


def _map_call(call: object, change: Callable[[object], object]) -> object:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or "arguments" not in function:
        return call
    return {**cast("Json", call), "function": {**function, "arguments": change(function["arguments"])}}
