"""From a line to a record: what is derived, and which lines are rejected with the path of what is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.logs import RecordRejected, canonical_hash, canonical_request_key, parse_record
from core.logs.json_text import dump_json
from core.logs.records import RecordDraft
from tests.logs.samples import START_S, record, tool_call


def parse(value: object) -> RecordDraft:
    return parse_record(json.dumps(value).encode())


def test_a_record_carries_what_was_sent_and_what_was_derived() -> None:
    sent = record(system="zebra", user="Hello, World", answer="It is [[ M&A | Investments ]]")
    draft = parse(sent)
    assert json.loads(draft.line) == sent
    assert draft.timestamp_ms == START_S * 1000
    assert (draft.client_id, draft.workload_id) == ("acme", "classify")
    assert draft.content_hash == canonical_hash(sent)
    assert draft.request_key == canonical_request_key(sent["request"])
    assert (draft.model, draft.finish_reason, draft.label) == ("teacher", "stop", "m&a | investments")
    assert (draft.prompt_tokens, draft.completion_tokens, draft.has_tool_calls) == (10, 5, False)
    assert draft.prompt_words == "hello world"
    assert draft.answer_words == "it is m a investments"


def test_tool_calls_are_searchable_and_label_the_record() -> None:
    sent = record(answer=None, tools=[tool_call("lookup_order", sku="narwhal")], finish="tool_calls")
    sent["request"]["messages"].append(
        {"role": "assistant", "content": None, "tool_calls": [tool_call("ask", q="yak")]}
    )
    draft = parse(sent)
    assert (draft.label, draft.has_tool_calls) == ("lookup_order", True)
    assert draft.answer_words == "lookup order sku narwhal"
    assert draft.prompt_words == "hello world ask q yak"


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, (None, None)),
        ({}, (None, None)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, (0, 0)),
        ({"prompt_tokens": 3}, (3, None)),
        ({"prompt_tokens": -1, "completion_tokens": True}, (None, None)),
        ({"prompt_tokens": "3", "completion_tokens": 10**30}, (None, None)),
        ([], (None, None)),
    ],
)
def test_missing_usage_is_unknown_and_never_zero(usage: object, expected: tuple[int | None, int | None]) -> None:
    draft = parse(record(usage=usage))
    assert (draft.prompt_tokens, draft.completion_tokens) == expected


def test_missing_model_and_finish_reason_are_unknown() -> None:
    sent = record()
    del sent["response"]["model"], sent["request"]["model"], sent["response"]["choices"][0]["finish_reason"]
    draft = parse(sent)
    assert (draft.model, draft.finish_reason) == (None, None)
    sent["request"]["model"] = "asked-for"
    assert parse(sent).model == "asked-for"


def changed(path: str, value: object) -> dict[str, Any]:
    """Return a record with one place changed; `...` as value deletes it."""
    sent = record()
    target: Any = sent
    *above, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in above:
        target = target[part]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return sent


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("timestamp", ..., "timestamp"),
        ("timestamp", None, "timestamp"),
        ("timestamp", True, "timestamp"),
        ("timestamp", -1, "timestamp"),
        ("timestamp", "yesterday", "timestamp"),
        ("client_id", ..., "client_id"),
        ("client_id", "", "client_id"),
        ("client_id", "  ", "client_id"),
        ("client_id", 5, "client_id"),
        ("client_id", "x" * 257, "client_id"),
        ("workload_id", None, "workload_id"),
        ("workload_id", "a\nb", "workload_id"),
        ("workload_id", "\ud83d", "workload_id"),
        ("request", ..., "request"),
        ("request", [], "request"),
        ("request.messages", ..., "request.messages"),
        ("request.messages", [], "request.messages"),
        ("request.messages", {}, "request.messages"),
        ("request.messages.1", "hi", "request.messages[1]"),
        ("request.messages.1.role", ..., "request.messages[1].role"),
        ("request.messages.0.content", 5, "request.messages[0].content"),
        ("request.messages.0.content", ["text"], "request.messages[0].content"),
        ("response", None, "response"),
        ("response", {}, "response.choices"),
        ("response.choices", [], "response.choices"),
        ("response.choices.0", None, "response.choices[0].message"),
        ("response.choices.0.message", ..., "response.choices[0].message"),
        ("response.choices.0.message.content", {}, "response.choices[0].message.content"),
    ],
)
def test_a_rejection_starts_with_the_path_of_what_is_wrong(path: str, value: object, field: str) -> None:
    with pytest.raises(RecordRejected) as caught:
        parse(changed(path, value))
    assert str(caught.value).startswith(f"{field}: ")
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{nope", "record: is not JSON"),
        (b"[]", "record: must be a JSON object"),
        (b"null", "record: must be a JSON object"),
        (b"\xff\xfe", "record: is not JSON"),
        (b"[" * 200_000, "record: is n"),
        (b"{" + b" " * (16 * 2**20) + b"}", "record: is longer than 16 MiB"),
    ],
)
def test_a_line_that_is_no_object_is_rejected(line: bytes, reason: str) -> None:
    with pytest.raises(RecordRejected) as caught:
        parse_record(line)
    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize("levels", [100, 900, 3000, 100_000])
@pytest.mark.parametrize("start", ["[", '{"a":', '{"é":'])
def test_a_record_nested_too_deep_is_rejected(start: str, levels: int) -> None:
    def line(levels: int) -> bytes:
        end = "]" if start == "[" else "}"
        return (
            f'{json.dumps(record())[:-1]}, "deep": {start * levels}{"1" if end == "}" else ""}{end * levels}}}'.encode()
        )

    assert parse_record(line(99)).client_id == "acme"
    with pytest.raises(RecordRejected, match="record: is nested deeper than 100 levels"):
        parse_record(line(levels))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
paths = st.sampled_from(
    [
        "timestamp",
        "client_id",
        "workload_id",
        "request",
        "request.messages",
        "request.messages.0",
        "request.messages.0.role",
        "request.messages.0.content",
        "request.model",
        "request.tools",
        "response",
        "response.choices",
        "response.choices.0",
        "response.choices.0.message",
        "response.choices.0.message.content",
        "response.choices.0.message.tool_calls",
        "response.choices.0.finish_reason",
        "response.usage",
        "response.usage.prompt_tokens",
        "response.model",
        "extra",
    ]
)


def parse_or_reason(line: bytes) -> RecordDraft | str:
    try:
        return parse_record(line)
    except RecordRejected as error:
        return str(error)


@given(paths, json_values)
def test_any_json_line_is_a_record_or_rejected_with_a_path(path: str, value: object) -> None:
    sent = changed(path, value)
    found = parse_or_reason(dump_json(sent))
    if isinstance(found, str):
        assert found.startswith(path.partition(".")[0])
        return
    assert found.content_hash == canonical_hash(sent)
    for text in (found.model, found.finish_reason, found.label, found.prompt_words, found.answer_words):
        (text or "").encode()  # every store can keep it


@given(st.binary())
def test_any_bytes_are_a_record_or_rejected(line: bytes) -> None:
    with pytest.raises(RecordRejected, match=r"^(record|timestamp): "):
        parse_record(line)
