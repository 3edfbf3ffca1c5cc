"""Promises 28, 29: several handles, threads and processes on one store."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from core.logs import LogFilter, LogStore
from tests.contract.log_store.reading import all_pages, amount
from tests.contract.log_store.stores import StorePlace, open_store
from tests.logs.samples import START_S, ingest, lines, put, record

RECORDS = 600
PATIENCE_S = 60


def write_own_and_shared(place: StorePlace, writer: int) -> tuple[int, int]:
    """Write records of this writer and the same shared ones as everybody, in one import."""
    own = [record(START_S + n, client=f"client{writer}", user=f"own {n}") for n in range(RECORDS)]
    shared = [record(START_S + n, client="shared", user=f"shared {n}") for n in range(RECORDS)]
    store = open_store(place)
    report = ingest(store, lines(*[one for pair in zip(own, shared, strict=True) for one in pair]))
    store.close()
    return report.stored, report.duplicate


def read_all_the_time(place: StorePlace, writers: int) -> int:
    """Page and stream until everything is there; return how often something was missing in between."""
    store = open_store(place)
    wanted = RECORDS * (writers + 1)
    looks = 0
    deadline = time.monotonic() + PATIENCE_S  # a writer that failed must not keep this one going for ever
    while store.count(LogFilter()).value < wanted and time.monotonic() < deadline:
        before = store.count(LogFilter()).value
        streamed = [found.id for found in store.stream(LogFilter())]
        assert len(streamed) == len(set(streamed)) >= before
        paged = [found.id for found in all_pages(store, limit=500)]
        assert len(paged) == len(set(paged)) >= before
        assert sum(summary.records for summary in store.workloads()) >= before
        looks += 1
    store.close()
    return looks


def test_two_handles_see_each_others_writes_at_once(store: LogStore, reopen: Callable[[], LogStore]) -> None:  # 28
    other = reopen()
    put(store, record(1))
    assert amount(other) == 1
    put(other, record(2, client="new", user="fresh"))
    assert amount(store) == len(store.workloads()) == 2
    assert amount(store, text="fresh") == 1


def test_processes_write_the_same_and_different_records_while_one_reads(place: StorePlace) -> None:  # 29
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        reading = pool.submit(read_all_the_time, place, 3)
        reports = list(pool.map(write_own_and_shared, [place] * 3, range(3)))
        assert reading.result() >= 0
    assert sum(stored for stored, _ in reports) == 4 * RECORDS
    assert sum(duplicate for _, duplicate in reports) == 2 * RECORDS
    store = open_store(place)
    assert amount(store) == 4 * RECORDS
    assert amount(store, text="own") == 3 * RECORDS
    assert {(summary.client_id, summary.records) for summary in store.workloads()} == {
        (client, RECORDS) for client in ("client0", "client1", "client2", "shared")
    }
    store.close()


def test_threads_share_a_store(store: LogStore) -> None:  # 29
    def work(writer: int) -> int:
        put(store, *[record(START_S + n, client=f"c{writer}", user=f"u{n}") for n in range(300)])
        return len(all_pages(store, limit=50, client_id=f"c{writer}"))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(6))) == [300] * 6
    assert amount(store) == 1800
