"""Tool calls: read from chat messages, compared by name and by arguments.

The comparison follows NeMo's `tool-calling` metric (`function_name_accuracy`, `function_name_and_args_accuracy`): the
order of the calls does not matter, their number does. Arguments are compared as JSON values: key order is irrelevant,
1 equals 1.0, and a text never equals a number.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """One call. `arguments` is None when they cannot be read as a JSON object; such arguments match nothing."""

    name: str
    arguments: Mapping[str, object] | None

    def to_text(self) -> str:
        """Return the call as one line for people: the name, then the arguments as JSON in their own order."""
        shown = "(unreadable arguments)" if self.arguments is None else json.dumps(self.arguments, ensure_ascii=False)
        return f"{self.name} {shown}"


def read_tool_calls(message: Mapping[str, object] | None) -> tuple[ToolCall, ...]:
    """Return the named function calls of an assistant message, in order; empty when it has none.

    Arguments may be a JSON text, as the API sends them, or an object, as datasets hold them. Missing or blank arguments
    of a call mean no arguments.
    """
    calls = message.get("tool_calls") if message is not None else None
    if not isinstance(calls, list):
        return ()
    functions = [call.get("function") for call in calls if isinstance(call, Mapping)]
    return tuple(
        ToolCall(name=name, arguments=read_arguments(function.get("arguments")))
        for function in functions
        if isinstance(function, Mapping) and isinstance(name := function.get("name"), str) and name
    )


def read_arguments(arguments: object) -> Mapping[str, object] | None:
    """Return the arguments of a call as an object, or None when they are neither an object nor a JSON text of one."""
    if arguments is None:
        return {}
    if isinstance(arguments, str):
        if not arguments.strip():
            return {}
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            return None
    return arguments if isinstance(arguments, Mapping) else None


def tool_name_matches(expected: Sequence[ToolCall], predicted: Sequence[ToolCall]) -> bool:
    """Tell whether both sides call the same tools equally often, in any order."""
    return Counter(call.name for call in expected) == Counter(call.name for call in predicted)


def tool_arguments_match(expected: Sequence[ToolCall], predicted: Sequence[ToolCall]) -> bool:
    """Tell whether both sides make the same calls: names and arguments, in any order."""
    keys = (tool_calls_key(expected), tool_calls_key(predicted))
    return None not in keys and keys[0] == keys[1]


def tool_calls_key(calls: Sequence[ToolCall]) -> str | None:
    """Return a text that is equal for equal calls in any order; None when some arguments are unreadable."""
    if any(call.arguments is None for call in calls):
        return None
    return json.dumps(sorted(_canonical_call(call) for call in calls), ensure_ascii=False)


def _canonical_call(call: ToolCall) -> str:
    value = [call.name, _fold_numbers(call.arguments)]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _fold_numbers(value: object) -> object:
    """Write whole floats as integers, so that 5 and 5.0 become one text; True stays apart from 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _fold_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fold_numbers(inner) for inner in value]
    return value
