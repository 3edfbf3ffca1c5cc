"""Completions: what stands around an answer."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.backend.students import answer, answer_many
from core.errors import NotFoundError
from tests.backend.students.test_training import ROWS, train
from tests.backend.students.traffic import read_records
from tests.backend.students.workloads import as_request, ask

STUDENT = "local/linear-small"


@pytest.mark.parametrize("name", ["twitter-fin-topic", "banking77", "e2e-restaurants", "snips-tools"])
def test_prompt_tokens_are_counted_as_in_the_traffic(name: str) -> None:
    records = read_records(name)[:50]

    found = answer_many(STUDENT, None, [record["request"] for record in records])

    expected = [record["response"]["usage"]["prompt_tokens"] for record in records]
    assert [completion.prompt_tokens for completion in found] == expected


def test_completion_tokens_are_a_quarter_of_the_characters_rounded_up() -> None:
    completion = answer(STUDENT, None, ask("courier lost my tracking"))

    assert completion.message["content"] == "[[Delivery]]"  # 12 characters
    assert (completion.completion_tokens, completion.finish_reason) == (3, "stop")


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_token_limit_cuts_the_answer_and_says_so(name: str) -> None:
    completion = answer(STUDENT, None, {**ask("courier lost my tracking"), name: 2})

    assert completion.message["content"] == "[[Delive"
    assert (completion.completion_tokens, completion.finish_reason) == (2, "length")


@pytest.mark.parametrize("limit", [3, 100, None, 0, "2", True])
def test_a_limit_that_is_wide_enough_or_none_changes_nothing(limit: object) -> None:
    completion = answer(STUDENT, None, {**ask("courier lost my tracking"), "max_tokens": limit})

    assert completion.finish_reason == "stop"


def test_many_answers_equal_single_ones_with_and_without_an_adapter() -> None:
    requests = [as_request(row) for row in ROWS[280:300]]

    for adapter in (None, train()):
        assert answer_many(STUDENT, adapter, requests) == [answer(STUDENT, adapter, request) for request in requests]


def test_no_requests_have_no_answers() -> None:
    assert answer_many(STUDENT, None, []) == answer_many(STUDENT, train(), []) == []


def test_threads_get_the_answers_of_their_own_requests() -> None:
    adapter = train()
    requests = [as_request(row) for row in ROWS]
    expected = answer_many(STUDENT, adapter, requests)

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert list(pool.map(lambda request: answer(STUDENT, adapter, request), requests)) == expected


def test_an_unknown_student_is_refused_with_the_near_miss() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'local/linear-small'"):
        answer("local/linear-smal", None, ask("x"))


@pytest.mark.parametrize("request_body", [{}, {"messages": [{"role": "user", "content": None}]}, {"messages": 5}])
def test_a_trained_student_answers_odd_requests_too(request_body: dict[str, object]) -> None:
    assert str(answer(STUDENT, train(), request_body).message["content"]).startswith("[[")
