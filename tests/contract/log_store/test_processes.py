"""Promises 28, 29: several handles, threads and processes on one store."""

import json
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from threading import Barrier
from typing import Any

from core.logs import ExportFormat, LogFilter, LogStore, export_pieces
from tests.contract.log_store.reading import all_pages, amount
from tests.contract.log_store.stores import StorePlace, open_store
from tests.logs.samples import START_S, ingest, lines, put, record

RECORDS = 600
IMPORT_RECORDS = 10
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


def own_records(writer: int) -> list[dict[str, Any]]:
    return [record(START_S + 60 * n + writer, client=f"client{writer}", user=f"own {n}") for n in range(RECORDS)]


def shared_records() -> list[dict[str, Any]]:
    return [record(START_S + 60 * n + 30, client="shared", user=f"shared {n}") for n in range(RECORDS)]


def write_in_many_imports(place: StorePlace, writer: int) -> tuple[int, int]:
    """Write own and shared records in turn, a few an import, so that readers meet many states between."""
    store = open_store(place)
    stored = duplicate = 0
    own, shared = own_records(writer), shared_records()
    for start in range(0, RECORDS, IMPORT_RECORDS):
        part = slice(start, start + IMPORT_RECORDS)
        report = put(store, *own[part], *shared[part])
        stored, duplicate = stored + report.stored, duplicate + report.duplicate
    store.close()
    return stored, duplicate


def page_all_the_time(place: StorePlace, wanted: int) -> int:
    """Page from the newest to the oldest until everything is there; return in how many states between it did."""
    store = open_store(place)
    states = {0}
    deadline = time.monotonic() + PATIENCE_S
    while max(states) < wanted:
        assert time.monotonic() < deadline
        before = amount(store)
        paged = [found.id for found in all_pages(store, limit=100)]
        assert len(paged) == len(set(paged)) >= before
        states.add(len(paged))
    store.close()
    return len(states - {0, wanted})


def export_all_the_time(place: StorePlace, writers: int) -> int:
    """Export until everything is there, each export a snapshot; return in how many states between it did."""
    store = open_store(place)
    own = [list(map(comparable, own_records(writer))) for writer in range(writers)]
    shared = list(map(comparable, shared_records()))
    states = {0}
    deadline = time.monotonic() + PATIENCE_S
    while max(states) < RECORDS * (writers + 1):
        assert time.monotonic() < deadline
        lines_read = b"".join(one.content for one in export_pieces(store, LogFilter(), ExportFormat.JSON_LINES))
        exported = [comparable(json.loads(line)) for line in lines_read.splitlines()]
        found = set(exported)
        assert len(exported) == len(found) >= max(states)
        firsts = [sum(one in found for one in records) for records in own]
        # What a writer stored first is there with all that it stored until the export began, and nothing else is.
        assert all(count % IMPORT_RECORDS == 0 for count in firsts)
        expected = {one for records, count in zip(own, firsts, strict=True) for one in records[:count]}
        assert found == expected | set(shared[: max(firsts)])
        states.add(len(exported))
    store.close()
    return len(states - {0, RECORDS * (writers + 1)})


def comparable(body: Any) -> str:
    return json.dumps(body, sort_keys=True)


def meet(barrier: Barrier) -> None:
    """Wait in a new process until the others are there too."""
    barrier.wait(PATIENCE_S)


def test_two_processes_write_while_a_third_pages_and_a_fourth_exports(place: StorePlace) -> None:  # 22, 29
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(4, mp_context=spawn, initializer=meet, initargs=(spawn.Barrier(4),)) as pool:
        paging = pool.submit(page_all_the_time, place, 3 * RECORDS)
        exporting = pool.submit(export_all_the_time, place, 2)
        writing = [pool.submit(write_in_many_imports, place, writer) for writer in range(2)]
        reports = [one.result() for one in writing]
        assert paging.result() > 0
        assert exporting.result() > 0  # the last export held everything
    assert sum(stored for stored, _ in reports) == 3 * RECORDS
    assert sum(duplicate for _, duplicate in reports) == RECORDS


def test_threads_share_a_store(store: LogStore) -> None:  # 29
    def work(writer: int) -> int:
        put(store, *[record(START_S + n, client=f"c{writer}", user=f"u{n}") for n in range(300)])
        return len(all_pages(store, limit=50, client_id=f"c{writer}"))

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(6))) == [300] * 6
    assert amount(store) == 1800
