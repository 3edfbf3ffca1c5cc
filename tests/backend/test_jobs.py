"""The queue of jobs by itself: processes are prepared, kept and let go."""

import os
from collections.abc import Iterator

import pytest

from core.backend.jobs import JobQueue
from tests.backend.server_process import find_children
from tests.waiting import wait_until


@pytest.fixture
def queue() -> Iterator[JobQueue]:
    queue = JobQueue(idle_s=0.3)
    yield queue
    queue.close()


def count_new(before: set[int]) -> int:
    return len(set(find_children(os.getpid())) - before)


def test_a_prepared_process_is_ended_when_nothing_uses_it(queue: JobQueue) -> None:
    before = set(find_children(os.getpid()))
    queue.warm_up()
    queue.warm_up()
    assert count_new(before) == 1
    queue.start()
    wait_until(lambda: count_new(before) == 0, "the idle process to end")


def test_a_closed_queue_leaves_no_process_and_prepares_none(queue: JobQueue) -> None:
    before = set(find_children(os.getpid()))
    queue.warm_up()
    queue.start()
    queue.close()
    assert count_new(before) == 0
    queue.warm_up()
    assert count_new(before) == 0
