"""Who comes next, and when that is expected."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.database import Database
from core.runs import claim_run, expect_starts
from core.runs.queue import WaitingRun, order_queue, read_queue
from core.runs.tables import RunStatus
from tests.runs.rows import NOW, add_run


def waiting(id_: str, *, by: str = "rita", priority: int = 0, minute: int = 0) -> WaitingRun:
    return WaitingRun(id=id_, priority=priority, requested_by=by, created_at=NOW + timedelta(minutes=minute))


def test_whoever_asked_first_comes_first() -> None:
    assert order_queue([waiting("b", minute=2), waiting("a", minute=1)], {}) == ["a", "b"]


def test_a_higher_priority_comes_first_whoever_asked_earlier() -> None:
    assert order_queue([waiting("a"), waiting("b", priority=5, minute=9)], {}) == ["b", "a"]


def test_people_take_turns_however_many_runs_one_of_them_queued() -> None:
    queue = [waiting(f"r{n}", minute=n) for n in range(4)] + [waiting("s0", by="sam", minute=10)]
    assert order_queue(queue, {}) == ["r0", "s0", "r1", "r2", "r3"]


def test_whose_last_run_started_longest_ago_comes_first() -> None:
    started = {"rita": NOW, "sam": NOW - timedelta(hours=1)}
    assert order_queue([waiting("r", minute=1), waiting("s", by="sam", minute=2)], started) == ["s", "r"]


@given(
    st.lists(
        st.builds(
            waiting,
            id_=st.uuids().map(str),
            by=st.sampled_from(["rita", "sam", "tom"]),
            priority=st.integers(-2, 2),
            minute=st.integers(0, 50),
        ),
        max_size=12,
    )
)
def test_the_order_holds_every_run_once_and_never_a_lower_priority_first(queue: list[WaitingRun]) -> None:
    order = order_queue(queue, {})
    assert sorted(order) == sorted(run.id for run in queue)
    priority = {run.id: run.priority for run in queue}
    assert [priority[id_] for id_ in order] == sorted((run.priority for run in queue), reverse=True)
    assert order == order_queue(queue[::-1], {}), "the order of rows does not matter"


def test_runs_are_claimed_in_the_order_that_is_shown(database: Database) -> None:
    add_run(database, "r1", created_at=NOW)
    add_run(database, "r2", created_at=NOW + timedelta(minutes=1))
    add_run(database, "s1", requested_by="sam", created_at=NOW + timedelta(minutes=2))
    add_run(database, "urgent", priority=3, created_at=NOW + timedelta(minutes=3))
    with database.read() as session:
        shown = read_queue(session)
    claimed = []
    for minute in range(4):
        claim = claim_run(database, owner="w", lease_s=60, now=NOW + timedelta(minutes=10 + minute))
        assert claim is not None
        claimed.append(claim.lease.run_id)
    assert shown[0] == "urgent"
    assert claimed == ["urgent", "s1", "r1", "r2"]


def test_what_a_dead_worker_left_comes_before_the_queue(database: Database) -> None:
    add_run(database, "urgent", priority=100)
    add_run(database, "left", status=RunStatus.RUNNING, owner="dead", epoch=1, lease_until=1.0)
    claim = claim_run(database, owner="w", lease_s=60, now=NOW)
    assert claim is not None
    assert claim.lease.run_id == "left"


@pytest.mark.parametrize(
    ("lengths", "left", "capacity", "starts"),
    [
        ([10.0, 10.0, 10.0], [], 1, [0.0, 10.0, 20.0]),
        ([10.0, 10.0], [5.0], 1, [5.0, 15.0]),
        ([10.0, 10.0, 10.0], [5.0, 8.0], 2, [5.0, 8.0, 15.0]),
        ([10.0, 10.0], [], 0, [None, None]),
        ([None, 10.0], [], 1, [0.0, None]),
        ([10.0], [None], 1, [None]),
        ([10.0, 10.0], [None], 2, [0.0, None]),
    ],
)
def test_starts_are_expected_from_what_is_at_work(
    lengths: Sequence[float | None], left: Sequence[float | None], capacity: int, starts: list[float | None]
) -> None:
    assert expect_starts(lengths, left, capacity=capacity) == starts
