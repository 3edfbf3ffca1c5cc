"""The probe: which requests it sends, how many at once, and what becomes of requests that fail."""

import threading
from typing import Any

import pytest

from core.nemo import ServiceUnavailable, TimedAnswer
from core.runs.probing import choose_requests, replay

REQUESTS = [{"messages": [{"role": "user", "content": str(number)}]} for number in range(10)]


def answer(_request: Any) -> TimedAnswer:
    return TimedAnswer(latency_ms=5.0, prompt_tokens=1, completion_tokens=1)


@pytest.mark.parametrize(
    ("count", "chosen"), [(5, [0, 2, 4, 6, 8]), (10, list(range(10))), (20, [n for n in range(10) for _ in "ab"])]
)
def test_requests_are_spread_evenly_over_the_evaluation_set(count: int, chosen: list[int]) -> None:
    assert choose_requests(REQUESTS, count) == tuple(REQUESTS[position] for position in chosen)


def test_an_empty_evaluation_set_has_nothing_to_replay() -> None:
    assert choose_requests([], 5) == ()


def test_as_many_requests_as_stated_are_under_way_at_once() -> None:
    together = threading.Barrier(4, timeout=10)  # opens only when four stand before it

    def wait_for_three_others(request: Any) -> TimedAnswer:
        together.wait()
        return answer(request)

    measured = replay(wait_for_three_others, REQUESTS[:8], concurrency=4, stopping=threading.Event())

    assert (measured.requests, measured.failed, measured.concurrency) == (8, 0, 4)


def test_a_failed_request_has_no_time_and_is_counted() -> None:
    def fail_the_first(request: Any) -> TimedAnswer:
        if request == REQUESTS[0]:
            raise ServiceUnavailable("down", service="NIM proxy", ambiguous=False)
        return answer(request)

    measured = replay(fail_the_first, REQUESTS, concurrency=2, stopping=threading.Event())

    assert (measured.requests, measured.failed, measured.times_ms) == (10, 1, (5.0,) * 9)


def test_a_stopped_probe_sends_nothing_more() -> None:
    stopping = threading.Event()
    stopping.set()

    assert replay(answer, REQUESTS, concurrency=2, stopping=stopping).times_ms == ()
