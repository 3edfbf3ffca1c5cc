"""Students that call tools: untrained, with examples, and trained."""

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.backend.students import (
    STUDENTS,
    Adapter,
    TrainingError,
    TrainingParameters,
    TrainingProgress,
    answer,
    answer_many,
    load_adapter,
    train_adapter,
)
from core.scoring import ToolCall, read_tool_calls, tool_arguments_match, tool_name_matches
from tests.backend.students.traffic import read_records, split_records

LARGE = "local/linear-large"
CITIES = ["Rome", "Oslo", "New York", "Tel Aviv", "Lima", "Porto Alegre"]
FLOWERS = {"red": ["roses", "poppies"], "yellow": ["sunflowers", "daffodils"]}


def function(name: str, description: str, properties: Mapping[str, object], required: Sequence[str]) -> Any:
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


TOOLS = [
    function(
        "get_weather",
        "Weather forecast for a city.",
        {"city": {"type": "string"}, "days": {"type": "integer"}},
        ["city"],
    ),
    function(
        "send_flowers",
        "Send a bouquet of flowers.",
        {"color": {"type": "string", "enum": list(FLOWERS)}, "city": {"type": "string"}, "code": {"type": "string"}},
        ["color"],
    ),
    function("end_call", "Hang up.", {}, []),
]


def ask(text: str, tools: Sequence[Any] = TOOLS) -> dict[str, object]:
    messages = [{"role": "system", "content": "Call one tool."}, {"role": "user", "content": text}]
    return {"messages": messages, "tools": list(tools)}


def row(text: str, name: str, arguments: Mapping[str, object]) -> dict[str, object]:
    call = {"type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
    message = {"role": "assistant", "content": "", "tool_calls": [call]}
    request = ask(text)
    return {"messages": [*request["messages"], message], "tools": TOOLS}  # type: ignore[misc]


def make_rows(count: int, *, seed: int = 1) -> list[dict[str, object]]:
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        city = draw.choice(CITIES)
        kind = draw.choice(["weather", "days", "flowers", "end"])
        if kind == "weather":
            rows.append(row(f"{draw.choice(['how is it', 'rain'])} in {city}", "get_weather", {"city": city}))
        elif kind == "days":
            days = draw.randint(2, 14)
            rows.append(row(f"forecast {city} {days} days", "get_weather", {"city": city, "days": days}))
        elif kind == "flowers":
            color = draw.choice(list(FLOWERS))
            code = f"AB{draw.randint(100, 999)}"
            written = draw.choice([code, code.lower()])
            text = f"{draw.choice(FLOWERS[color])} to {city} with code {written}"
            rows.append(row(text, "send_flowers", {"color": color, "city": city, "code": code}))
        else:
            rows.append(row(draw.choice(["bye", "that is all", "thanks, hang up"]), "end_call", {}))
    return rows


def train(rows: Sequence[dict[str, object]], *, student: str = LARGE, progress: list[TrainingProgress]) -> Adapter:
    return train_adapter(
        rows,
        rows[-20:],
        student=student,
        hyperparameters=TrainingParameters(),
        on_progress=progress.append,
        should_stop=lambda: False,
    )


@pytest.fixture(scope="module")
def trained() -> Adapter:
    return train(make_rows(300), progress=[])


def call_of(adapter: Adapter | None, request: Mapping[str, object], *, student: str = LARGE) -> ToolCall:
    completion = answer(student, adapter, request)
    assert completion.finish_reason == "tool_calls"
    (call,) = read_tool_calls(completion.message)
    return call


@pytest.mark.parametrize("student", list(STUDENTS))
def test_untrained_the_tool_whose_description_shares_words_is_called(student: str) -> None:
    call = call_of(None, ask("a bouquet of red flowers, please"), student=student)

    assert call == ToolCall(name="send_flowers", arguments={"color": "red"})


def test_untrained_values_are_recognised_by_the_schema() -> None:
    call = call_of(None, ask('weather forecast in "New York" for 5 days'))

    assert call.name == "get_weather"
    assert call.arguments == {"city": "New York"}  # the days are optional: nothing says that they are wanted


def test_an_example_shows_the_tool_and_where_its_values_stand() -> None:
    example = row("sunshine near Oslo tomorrow", "get_weather", {"city": "Oslo"})["messages"]
    assert isinstance(example, list)
    request = ask("sunshine near Lima tomorrow")
    shown = f"user: {example[-2]['content']}\n\n"
    calls = json.dumps(example[-1]["tool_calls"], indent=2)
    head = f"For example, if the conversation looks like this:\n{shown}Then you'll respond with:\nassistant: \n"
    request["messages"][0]["content"] = f"{head}Tool calls:\n{calls}\n\nCall one tool."  # type: ignore[index]

    assert call_of(None, request) == ToolCall(name="get_weather", arguments={"city": "Lima"})


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("rain in Porto Alegre", "get_weather", {"city": "Porto Alegre"}),
        ("forecast Oslo 9 days", "get_weather", {"city": "Oslo", "days": 9}),
        ("sunflowers to Lima with code ab345", "send_flowers", {"color": "yellow", "city": "Lima", "code": "AB345"}),
        ("poppies to Tel Aviv with code AB777", "send_flowers", {"color": "red", "city": "Tel Aviv", "code": "AB777"}),
        ("bye", "end_call", {}),
    ],
)
def test_trained_tool_and_values_written_or_not_are_found(
    text: str, name: str, arguments: dict[str, object], trained: Adapter
) -> None:
    assert call_of(trained, ask(text)) == ToolCall(name=name, arguments=arguments)


def test_arguments_come_in_the_order_of_the_schema_and_as_json(trained: Adapter) -> None:
    completion = answer(LARGE, trained, ask("roses to Rome with code AB123"))

    calls = completion.message["tool_calls"]
    assert isinstance(calls, list)
    (call,) = calls
    assert call["function"]["arguments"] == '{"color": "red", "city": "Rome", "code": "AB123"}'
    assert call["id"].startswith("call_")
    assert completion.message["content"] is None
    assert completion.completion_tokens == -(-len(json.dumps([call])) // 4)


def test_a_tool_that_is_not_on_offer_is_not_called(trained: Adapter) -> None:
    assert call_of(trained, ask("rain in Rome", TOOLS[1:])).name in {"send_flowers", "end_call"}


def test_an_argument_that_the_offered_schema_lacks_is_not_given(trained: Adapter) -> None:
    narrow = function("get_weather", "Weather.", {"city": {"type": "string"}}, ["city"])

    assert call_of(trained, ask("forecast Oslo 9 days", [narrow])).arguments == {"city": "Oslo"}


def test_strange_tools_and_no_tools_are_answered_as_untrained(trained: Adapter) -> None:
    strange = ask("call a taxi", [function("call_taxi", "Call a taxi.", {}, [])])
    without = {"messages": ask("rain in Rome")["messages"]}
    mixed = [strange, ask("bye"), without]

    first, second, third = answer_many(LARGE, trained, mixed)

    assert first == answer(LARGE, None, strange)
    assert read_tool_calls(second.message)[0].name == "end_call"
    assert third == answer(LARGE, None, without)


def test_a_saved_tool_adapter_answers_as_before(trained: Adapter, tmp_path: Path) -> None:
    trained.save(tmp_path / "adapter")
    requests = [ask(f"forecast {city} 3 days") for city in CITIES]

    assert answer_many(LARGE, load_adapter(tmp_path / "adapter"), requests) == answer_many(LARGE, trained, requests)


def test_losses_of_all_parts_are_reported_together() -> None:
    progress: list[TrainingProgress] = []

    train(make_rows(100), progress=progress)

    validation = [point.value for point in progress if point.series == "val_loss"]
    assert len(validation) == 8
    assert validation[-1] < validation[0]


def test_tools_without_arguments_need_no_tagger() -> None:
    rows = [row(text, "end_call", {}) for text in ("bye", "that is all", "hang up")]

    assert call_of(train(rows, progress=[]), ask("bye")) == ToolCall(name="end_call", arguments={})


def test_of_several_calls_the_first_is_learned() -> None:
    double = row("rain in Rome", "get_weather", {"city": "Rome"})
    double["messages"][-1]["tool_calls"] *= 2  # type: ignore[index]

    adapter = train([double, row("bye", "end_call", {})] * 10, progress=[])

    assert call_of(adapter, ask("rain in Rome")).name == "get_weather"


def test_rows_without_a_readable_call_cannot_be_learned_from() -> None:
    broken = row("bye", "end_call", {})
    broken["messages"][-1]["tool_calls"][0]["function"]["arguments"] = "{"  # type: ignore[index]

    with pytest.raises(TrainingError, match="no row has a tool call with readable arguments"):
        train([broken], progress=[])


def measure(adapter: Adapter | None, records: Sequence[Any]) -> tuple[float, float]:
    """Return the shares of records whose tool, and whose tool and arguments, the large student gets right."""
    found = answer_many(LARGE, adapter, [record["request"] for record in records])
    pairs = [
        (read_tool_calls(record["response"]["choices"][0]["message"]), read_tool_calls(completion.message))
        for completion, record in zip(found, records, strict=True)
    ]
    names = sum(tool_name_matches(*pair) for pair in pairs)
    return names / len(pairs), sum(tool_arguments_match(*pair) for pair in pairs) / len(pairs)


@pytest.mark.parametrize("rows", [4_000, pytest.param(None, marks=pytest.mark.full)])
def test_the_large_student_learns_real_tool_calls(rows: int | None) -> None:
    split = split_records(read_records("snips-tools"), seed=42)
    adapter = train_adapter(
        split.train[:rows],
        split.validation,
        student=LARGE,
        hyperparameters=TrainingParameters(),
        on_progress=list[TrainingProgress]().append,
        should_stop=lambda: False,
    )

    base, customized = measure(None, split.evaluation), measure(adapter, split.evaluation)

    assert base[0] < 0.8
    assert customized[0] >= 0.95
    assert customized[1] >= 0.65
