"""The base student for tools: it knows the tools on offer, the examples in its prompt, and nothing else.

The tool is the one whose name, description and arguments share most with the text. Values come from what the schema
allows to recognise: enumerated words, numbers, quoted or capitalised words, and words that stand where an example's
value stands.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from core.backend.students.argument_values import (
    choices_of,
    find_written,
    properties_of,
    read_written,
    required_of,
)
from core.backend.students.examples import Example
from core.backend.students.prompted import EXAMPLE_POWER, EXAMPLE_WEIGHT, similarities
from core.backend.students.request_reading import ReadRequest
from core.backend.students.sizes import StudentSize
from core.backend.students.tokens import tokenize, tokens_between
from core.backend.students.tool_messages import call_message
from core.scoring import ToolCall, read_tool_calls

_NAME_WEIGHT = 3  # how often a tool's name is counted beside its description
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")
_QUOTED = re.compile(r"[\"“'‘]([^\"“”‘’]+?)[\"”’'](?!\w)")
_CAPITALISED = re.compile(r"(?<=\s)[A-Z][\w&.-]*(?:\s+[A-Z][\w&.-]*)*")


def call_from_prompts(reads: Sequence[ReadRequest], size: StudentSize) -> list[dict[str, object]]:
    """Return a message with one tool call for each request; every request must offer a tool."""
    texts = [read.text for read in reads]
    of_tools = similarities(texts, [tuple(_describe(tool) for tool in read.tools) for read in reads], size)
    examples = [tuple(example.text for example in read.examples) for read in reads]
    of_examples = similarities(texts, examples, size)
    return [
        _call(read, tool_scores.copy(), EXAMPLE_WEIGHT * example_scores**EXAMPLE_POWER)
        for read, tool_scores, example_scores in zip(reads, of_tools, of_examples, strict=True)
    ]


def _describe(function: Mapping[str, object]) -> str:
    arguments = " ".join(
        f"{name} {schema.get('description', '')} {' '.join(map(str, choices_of(schema)))}"
        for name, schema in properties_of(function).items()
    )
    names = f"{function['name']} " * _NAME_WEIGHT
    return f"{names}{function.get('description', '')} {arguments}"


def _call(read: ReadRequest, scores: np.ndarray, example_scores: np.ndarray) -> dict[str, object]:
    calls = [next(iter(read_tool_calls(example.message)), None) for example in read.examples]
    names = [str(tool["name"]) for tool in read.tools]
    for call, score in zip(calls, example_scores, strict=True):
        if call is not None and call.name in names:
            scores[names.index(call.name)] += score
    function = read.tools[int(scores.argmax())]
    alike = [
        (example, call)
        for example, call in zip(read.examples, calls, strict=True)
        if call is not None and call.name == function["name"]
    ]
    return call_message(str(function["name"]), _fill(read.text, function, alike))


def _fill(text: str, function: Mapping[str, object], alike: Sequence[tuple[Example, ToolCall]]) -> dict[str, object]:
    required = required_of(function)
    numbers = iter(_NUMBER.findall(text))
    words = iter([*_QUOTED.findall(text), *_CAPITALISED.findall(text)])
    shown = {name: value for example, call in alike for name, value in _transfer(text, example, call)}
    arguments: dict[str, object] = {}
    for name, schema in properties_of(function).items():
        wanted = name in required or (not required and not alike)
        value = _find_value(text, schema, numbers, words) if wanted else _find_choice(text, schema)
        if value is None:
            value = shown.get(name)
        if value is None and name in required:
            value = _last_resort(text, schema)
        if value is not None:
            arguments[name] = value
    return arguments


def _find_value(text: str, schema: Mapping[str, object], numbers: Iterator[str], words: Iterator[str]) -> object | None:
    if choices_of(schema):
        return _find_choice(text, schema)
    if schema.get("type") in ("integer", "number"):
        number = next(numbers, None)
        return None if number is None else read_written(number, schema, spelling="as written")
    return next(words, None) if schema.get("type", "string") == "string" else None


def _find_choice(text: str, schema: Mapping[str, object]) -> object | None:
    return next((choice for choice in choices_of(schema) if find_written(choice, text)), None)


def _last_resort(text: str, schema: Mapping[str, object]) -> object | None:
    choices = choices_of(schema)
    if choices:
        return choices[0]
    return {"string": text, "boolean": True}.get(str(schema.get("type", "string")))


def _transfer(text: str, example: Example, call: ToolCall) -> Iterator[tuple[str, object]]:
    """Yield the arguments of an example's call, read from the words of `text` that follow the same word."""
    shown, asked = tokenize(example.text), tokenize(text)
    for name, value in (call.arguments or {}).items():
        written = find_written(value, example.text)
        places = tokens_between(shown, *written) if written else []
        if not places or places[0] == 0:
            continue
        cue = shown[places[0] - 1].text.lower()
        for number, token in enumerate(asked[:-1]):
            if token.text.lower() == cue:
                last = min(number + len(places), len(asked) - 1)
                yield name, text[asked[number + 1].start : asked[last].end]
                break
