"""Training rows whose answers are tool calls, and what they show about arguments.

Of an answer with several calls the first counts. An argument is chosen, not tagged, if its schema enumerates its values
or if they are often not written in the request.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.backend.students.argument_values import choices_of, find_written, properties_of, usual_spelling
from core.backend.students.request_reading import offered_functions
from core.backend.students.template import PromptTemplate
from core.backend.students.training_rows import TrainingRow
from core.scoring import ToolCall, read_tool_calls

_OFTEN_UNWRITTEN = 8  # values of an argument, and
_OFTEN_UNWRITTEN_SHARE = 0.05  # of them, from which on it is chosen


@dataclass(frozen=True, kw_only=True)
class CallRow:
    """A request's text and the call that answers it."""

    text: str
    tool: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class ArgumentHabits:
    """What the rows show: the arguments of each tool, which of all are chosen, and the usual case of the others."""

    by_tool: Mapping[str, tuple[str, ...]]
    chosen: frozenset[str]
    enumerated: frozenset[str]
    spellings: Mapping[str, str]


def has_call(row: TrainingRow) -> bool:
    """Tell whether the answer holds a call with readable arguments."""
    return _first_call(row) is not None


def read_call_rows(rows: Sequence[TrainingRow], template: PromptTemplate) -> list[CallRow]:
    """Return the rows whose answers hold a readable call."""
    return [
        CallRow(text=template.text_of(row.messages), tool=call.name, arguments=call.arguments or {})
        for row in rows
        if (call := _first_call(row)) is not None
    ]


def study_arguments(rows: Sequence[CallRow], *, enumerated: frozenset[str]) -> ArgumentHabits:
    """Return what `rows` show; `enumerated` are the arguments that `find_enumerated` gave."""
    by_tool: defaultdict[str, set[str]] = defaultdict(set)
    given, unwritten = Counter[str](), Counter[str]()
    pairs: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        by_tool[row.tool].update(row.arguments)
        for name, value in row.arguments.items():
            given[name] += 1
            written = find_written(value, row.text)
            if written is None:
                unwritten[name] += 1
            elif isinstance(value, str):
                pairs[name].append((row.text[written.start : written.end], value))
    often = {
        name
        for name, count in unwritten.items()
        if count >= _OFTEN_UNWRITTEN and count >= _OFTEN_UNWRITTEN_SHARE * given[name]
    }
    return ArgumentHabits(
        by_tool={tool: tuple(sorted(names)) for tool, names in sorted(by_tool.items())},
        chosen=frozenset(often | (enumerated & set(given))),
        enumerated=enumerated & frozenset(given),
        spellings={name: usual_spelling(pairs[name]) for name in sorted(pairs)},
    )


def find_enumerated(rows: Sequence[TrainingRow]) -> frozenset[str]:
    """Return the arguments that enumerate their values in every tool on offer that has them."""
    schemas: defaultdict[str, list[bool]] = defaultdict(list)
    seen: set[int] = set()
    for row in rows:
        for function in offered_functions(row.request):
            if id(function) not in seen:  # rows often share the very same tools
                seen.add(id(function))
                for name, schema in properties_of(function).items():
                    schemas[name].append(bool(choices_of(schema)))
    return frozenset(name for name, enumerates in schemas.items() if all(enumerates))


def _first_call(row: TrainingRow) -> ToolCall | None:
    return next((call for call in read_tool_calls(row.answer) if call.arguments is not None), None)
