"""Which records can be used at all: the form of request and response, and what tool calling needs beyond it.

Both checks return a reason or None and never change a record. Reasons are counted and shown; a record that fails is
left out of the datasets, never out of the log.
"""

from collections.abc import Mapping
from enum import StrEnum

from core.datasets.options import WorkloadType
from core.scoring import Answer, read_arguments


class InvalidReason(StrEnum):
    """What is wrong with the form of a record."""

    NO_REQUEST = "no_request"  # no request object
    NO_MESSAGES = "no_messages"  # the request's messages are missing, empty or no list
    BAD_MESSAGE = "bad_message"  # a message without a role, or whose content is neither text, list nor null
    BAD_TOOLS = "bad_tools"  # tools that are no list of functions with a name and an object of properties
    TOO_MANY_PROPERTIES = "too_many_properties"  # a tool with more parameters than the services can take
    NO_CHOICES = "no_choices"  # the response or its choices are missing, empty or no list
    NO_ANSWER_MESSAGE = "no_answer_message"  # a choice without a message object


class QualityReason(StrEnum):
    """Why a well-formed record teaches or tests nothing for its workload."""

    NO_TOOL_CALL = "no_tool_call"  # tool calling: the answer calls no tool
    NOT_A_FUNCTION = "not_a_function"  # tool calling: a call that is not of type function, or without a name
    UNREADABLE_ARGUMENTS = "unreadable_arguments"  # tool calling: arguments that are not a JSON object
    NO_TOOLS_OFFERED = "no_tools_offered"  # tool calling: the request lists no tools
    UNREADABLE_ANSWER = "unreadable_answer"  # the answer format finds nothing in the answer


def find_format_problem(body: Mapping[str, object], *, property_limit: int | None = None) -> InvalidReason | None:
    """Return why a log record is malformed, the first reason found, or None.

    `property_limit` is the largest number of parameters of a tool; the reference's services fail beyond 8.
    """
    request = body.get("request")
    if not isinstance(request, dict):
        return InvalidReason.NO_REQUEST
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        return InvalidReason.NO_MESSAGES
    if not all(_is_message(message) for message in messages):
        return InvalidReason.BAD_MESSAGE
    tools = request.get("tools")
    if tools is not None:
        if not _are_tools(tools):
            return InvalidReason.BAD_TOOLS
        if property_limit is not None and any(_count_properties(tool) > property_limit for tool in tools):
            return InvalidReason.TOO_MANY_PROPERTIES
    return _find_response_problem(body)


def _find_response_problem(body: Mapping[str, object]) -> InvalidReason | None:
    response = body.get("response")
    choices = response.get("choices") if isinstance(response, dict) else None
    if not isinstance(choices, list) or not choices:
        return InvalidReason.NO_CHOICES
    if not all(isinstance(choice, dict) and isinstance(choice.get("message"), dict) for choice in choices):
        return InvalidReason.NO_ANSWER_MESSAGE
    return None


def find_quality_problem(
    message: Mapping[str, object], answer: Answer, workload_type: WorkloadType, *, offers_tools: bool
) -> QualityReason | None:
    """Return why a well-formed record is left out of a workload's datasets, or None.

    `message` is what the teacher answered and `answer` what was read from it; `offers_tools` tells whether the request
    lists tools.
    """
    if workload_type is WorkloadType.TOOL_CALLING:
        return _find_tool_problem(message, offers_tools=offers_tools)
    return QualityReason.UNREADABLE_ANSWER if answer.key is None else None


def _find_tool_problem(message: Mapping[str, object], *, offers_tools: bool) -> QualityReason | None:
    calls = message.get("tool_calls")
    if not isinstance(calls, list) or not calls:
        return QualityReason.NO_TOOL_CALL
    if not all(_is_function_call(call) for call in calls):
        return QualityReason.NOT_A_FUNCTION
    if any(read_arguments(call["function"].get("arguments")) is None for call in calls):
        return QualityReason.UNREADABLE_ARGUMENTS
    return None if offers_tools else QualityReason.NO_TOOLS_OFFERED


def _is_message(message: object) -> bool:
    if not isinstance(message, dict):
        return False
    role, content = message.get("role"), message.get("content")
    return isinstance(role, str) and bool(role) and (content is None or isinstance(content, str | list))


def _are_tools(tools: object) -> bool:
    return isinstance(tools, list) and all(_is_tool(tool) for tool in tools)


def _is_tool(tool: object) -> bool:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return False
    parameters = function.get("parameters")
    if parameters is None:
        return True
    return isinstance(parameters, dict) and isinstance(parameters.get("properties", {}), dict)


def _count_properties(tool: Mapping[str, Mapping[str, object]]) -> int:
    parameters = tool["function"].get("parameters")
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    return len(properties) if isinstance(properties, dict) else 0


def _is_function_call(call: object) -> bool:
    if not isinstance(call, dict) or call.get("type") != "function":
        return False
    function = call.get("function")
    return isinstance(function, dict) and isinstance(function.get("name"), str) and bool(function["name"])
