"""What differs between the tool calls expected and those made, argument by argument.

Calls are compared as `core.scoring.tool_calls` compares them: in any order, 1 equals 1.0, a text never equals a number.
Equal calls are paired first; then each expected call gets, of the calls left of its tool, the one that differs least.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.scoring.tool_calls import ToolCall

_PLAIN_NAME = re.compile(r"[A-Za-z_][\w-]*")


class Change(StrEnum):
    """What became of a call or an argument."""

    SAME = "same"
    CHANGED = "changed"
    MISSING = "missing"  # expected, but not there
    EXTRA = "extra"  # there, but not expected


@dataclass(frozen=True, kw_only=True)
class ArgumentChange:
    """One argument; `path` leads into nested values, as in `filter.tags[0]` or `filter["a.b"]`.

    Values are JSON texts, None on the side that lacks the argument. Unreadable arguments have the path "" and no text.
    """

    path: str
    change: Change
    expected: str | None
    predicted: str | None


@dataclass(frozen=True, kw_only=True)
class CallChange:
    """One call. `change` is of the whole call: `CHANGED` when the tool is right and some argument is not."""

    name: str
    change: Change
    arguments: tuple[ArgumentChange, ...]


def diff_tool_calls(expected: Sequence[ToolCall], predicted: Sequence[ToolCall]) -> tuple[CallChange, ...]:
    """Return every call with its arguments: the expected ones in their order, then the calls nobody expected."""
    left = list(predicted)
    partners: dict[int, ToolCall] = {}
    for is_good_enough in (_is_equal, _is_of_same_tool):
        for position, call in enumerate(expected):
            candidates = [other for other in left if is_good_enough(call, other)] if position not in partners else []
            if candidates:
                distances = [_count_changes(_diff_arguments(call, other)) for other in candidates]
                best = candidates[distances.index(min(distances))]
                left.pop(next(index for index, other in enumerate(left) if other is best))
                partners[position] = best
    paired = [_diff_pair(call, partners.get(position)) for position, call in enumerate(expected)]
    return (*paired, *(_one_sided(call, Change.EXTRA) for call in left))


def calls_of_key(key: str | None) -> tuple[ToolCall, ...] | None:
    """Return the calls that an answer's key stands for (see `tool_calls_key`); None for a key that is not of calls.

    Whole floats come back as integers, and the calls in the key's order.
    """
    try:
        texts = json.loads(key or "")
        calls = [json.loads(text) for text in texts]
        return tuple(ToolCall(name=name, arguments=arguments) for name, arguments in calls)
    except (ValueError, TypeError):
        return None


def _is_equal(expected: ToolCall, predicted: ToolCall) -> bool:
    return expected.name == predicted.name and _count_changes(_diff_arguments(expected, predicted)) == 0


def _is_of_same_tool(expected: ToolCall, predicted: ToolCall) -> bool:
    return expected.name == predicted.name


def _diff_pair(expected: ToolCall, predicted: ToolCall | None) -> CallChange:
    if predicted is None:
        return _one_sided(expected, Change.MISSING)
    arguments = _diff_arguments(expected, predicted)
    change = Change.CHANGED if _count_changes(arguments) else Change.SAME
    return CallChange(name=expected.name, change=change, arguments=arguments)


def _diff_arguments(expected: ToolCall, predicted: ToolCall) -> tuple[ArgumentChange, ...]:
    wanted, got = _flat_arguments(expected), _flat_arguments(predicted)
    paths = [*wanted, *(path for path in got if path not in wanted)]
    return tuple(_compare(path, wanted.get(path), got.get(path)) for path in paths)


def _compare(path: str, expected: str | None, predicted: str | None) -> ArgumentChange:
    if expected is None:
        change = Change.CHANGED if path == "" else Change.EXTRA
    elif predicted is None:
        change = Change.CHANGED if path == "" else Change.MISSING
    else:
        change = Change.SAME if expected == predicted else Change.CHANGED
    return ArgumentChange(path=path, change=change, expected=expected, predicted=predicted)


def _one_sided(call: ToolCall, change: Change) -> CallChange:
    is_missing = change is Change.MISSING
    arguments = tuple(
        ArgumentChange(
            path=path,
            change=change,
            expected=value if is_missing else None,
            predicted=None if is_missing else value,
        )
        for path, value in _flat_arguments(call).items()
    )
    return CallChange(name=call.name, change=change, arguments=arguments)


def _count_changes(changes: Sequence[ArgumentChange]) -> int:
    return sum(change.change is not Change.SAME for change in changes)


def _flat_arguments(call: ToolCall) -> dict[str, str | None]:
    """Return the JSON text of every leaf by its path; {"": None} for unreadable arguments."""
    return {"": None} if call.arguments is None else dict(_leaves("", call.arguments))


def _leaves(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and (value or not path):
        for name, inner in value.items():
            yield from _leaves(_step(path, str(name)), inner)
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _leaves(f"{path}[{index}]", inner)
    else:
        folded = int(value) if isinstance(value, float) and value.is_integer() else value
        yield path, json.dumps(folded, ensure_ascii=False)


def _step(path: str, name: str) -> str:
    """Return the path one name deeper, so that no two places of one object share a path."""
    if not _PLAIN_NAME.fullmatch(name):
        return f"{path}[{json.dumps(name, ensure_ascii=False)}]"
    return f"{path}.{name}" if path else name
