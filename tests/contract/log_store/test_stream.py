"""Promises 22, 23, 38: streams."""

import random
from collections.abc import Callable
from typing import Any

from core.logs import LogFilter, LogStore
from tests.contract.log_store.reading import users
from tests.logs.samples import START_S, put, record


def keys(store: LogStore, **conditions: Any) -> list[tuple[int, str]]:
    return [(found.timestamp_ms, found.content_hash) for found in store.stream(LogFilter(**conditions))]


def test_a_stream_is_oldest_first_ordered_by_time_and_content_hash(store: LogStore) -> None:  # 22
    generator = random.Random(2)
    sent = [record(START_S + generator.randrange(40) / 10, user=str(n)) for n in range(3500)]
    put(store, *sent)
    found = keys(store)
    assert len(found) == 3500
    assert found == sorted(found)


def test_the_order_is_the_same_whatever_the_order_of_arrival(
    store: LogStore, reopen: Callable[[], LogStore]
) -> None:  # 22, 23
    records = [record(START_S + n % 7 / 1000, user=str(n), client="one") for n in range(3000)]
    put(store, *records)
    shuffled = [{**one, "client_id": "two"} for one in records]
    random.Random(3).shuffle(shuffled)
    for start in range(0, 3000, 500):
        put(store, *shuffled[start : start + 500])
    one = [(found.timestamp_ms, found.content_hash) for found in store.stream(LogFilter(client_id="one"))]
    two = [(found.timestamp_ms, found.content_hash) for found in store.stream(LogFilter(client_id="two"))]
    assert one == sorted(one)
    assert two == sorted(two)
    assert keys(reopen(), client_id="one") == one


def test_a_stream_shows_exactly_what_was_committed_when_it_began(store: LogStore) -> None:  # 22
    put(store, *[record(1000 + n // 3, user=f"u{n}") for n in range(2500)])
    stream = store.stream(LogFilter())
    begun = [next(stream) for _ in range(10)]
    put(store, *[record(1000 + n, user=f"late{n}") for n in range(900)])
    found = begun + list(stream)
    assert len(found) == len({one.id for one in found}) == 2500
    assert not any(user.startswith("late") for user in users(found))
    assert len(list(store.stream(LogFilter()))) == 3400


def test_a_stream_repeats_and_unknown_workloads_are_empty(store: LogStore) -> None:  # 23
    put(store, *[record(1000 + n % 7, user=f"u{n}", client="ab"[n % 2]) for n in range(100)])
    assert keys(store) == keys(store)
    assert len(keys(store, client_id="a")) == 50
    assert keys(store, workload_id="unknown") == []


def test_a_stream_of_several_workloads_is_one_ordered_stream(store: LogStore) -> None:  # 22
    put(store, *[record(START_S + n, user=f"u{n}", workload=f"w{n % 5}", client="ab"[n % 2]) for n in range(200)])
    found = keys(store, client_id="b")
    assert len(found) == 100
    assert found == sorted(found)


def test_an_abandoned_stream_holds_nothing(store: LogStore, reopen: Callable[[], LogStore]) -> None:  # 38
    put(store, *[record(1000 + n, user=f"u{n}") for n in range(1500)])
    stream = store.stream(LogFilter())
    next(stream)
    other = reopen()
    assert put(other, record(5, user="written while the stream waits")).stored == 1
    stream.close()  # type: ignore[attr-defined]  # a generator
    store.close()
    assert other.count(LogFilter()).value == 1501
