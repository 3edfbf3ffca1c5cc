"""Streams put together: the same answer however it was cut, none where it broke off."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.proxy.answers import assemble, read_answer
from tests.app.proxy.upstream import chunk, chunks, encode

WHOLE = encode(chunks("good"))


def test_a_stream_becomes_the_answer_it_was() -> None:
    answer = assemble(WHOLE)
    assert answer is not None
    assert answer["object"] == "chat.completion"
    message = {"role": "assistant", "content": "echo good"}
    assert answer["choices"] == [{"index": 0, "message": message, "finish_reason": "stop"}]
    assert answer["usage"]["completion_tokens"] == 3


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_of_any_platform_do(ending: str) -> None:
    assert assemble(WHOLE.replace(b"\n", ending.encode())) == assemble(WHOLE)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_stream_that_broke_off_anywhere_is_no_answer(cut: int) -> None:
    assert assemble(WHOLE[:cut]) is None or WHOLE[cut:].strip() == b""


@given(st.lists(st.sampled_from(["a", "é", "漢", '"', "\\", "\n", "data: ", "🚀"]), max_size=12))
def test_pieces_of_text_are_joined_whatever_they_hold(pieces: list[str]) -> None:
    events = [chunk(delta={"content": piece}) for piece in pieces]
    answer = assemble(encode([*events, chunk(finish_reason="stop")]))
    assert answer is not None
    assert (answer["choices"][0]["message"]["content"] or "") == "".join(pieces)


@given(st.binary(max_size=200))
def test_no_bytes_break_it(body: bytes) -> None:
    for media_type in ("text/event-stream", "application/json", ""):
        read_answer(body, media_type=media_type)


def test_several_choices_and_comments_and_errors() -> None:
    two = [chunk(index=index, delta={"content": str(index)}, finish_reason="stop") for index in (1, 0)]
    answer = assemble(b": keep-alive\n\n" + encode(two))
    assert answer is not None
    assert [choice["message"]["content"] for choice in answer["choices"]] == ["0", "1"]
    assert assemble(encode([{"error": {"message": "broken"}}])) is None
    assert read_answer(json.dumps({"error": {}}).encode(), media_type="application/json") is None
