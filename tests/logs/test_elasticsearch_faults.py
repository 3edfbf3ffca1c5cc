"""Promises 33 and 34: a node that dies, answers that are refused or lost; nothing lost, nothing doubled."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from core.datasets import BuildOptions, build_datasets
from core.logs import Deletion, IngestReport, LogFilter, LogStoreUnavailable
from core.logs.elasticsearch import ElasticsearchLogStore, connect
from core.settings import ElasticsearchSettings
from tests.contract.log_store.reading import all_pages, amount
from tests.contract.log_store.stores import remove_indices
from tests.elasticsearch_node import Node, build, missing_tools
from tests.elasticsearch_node.faulty_proxy import FAULTS, FaultyProxy
from tests.logs.samples import START_S, lines, put, record
from tests.machine import skip_or_fail

pytestmark = [pytest.mark.full, pytest.mark.elasticsearch, pytest.mark.timeout(300)]

RECORDS = 12_000
MONTH_S = 31 * 86_400


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of these tests' own, because they kill it."""
    if missing := missing_tools():
        skip_or_fail(f"{' and '.join(missing)} not installed")
    build()
    own = Node(tmp_path_factory.mktemp("mortal"))
    own.start()
    yield own
    own.kill()


@pytest.fixture
def open_store(node: Node) -> Iterator[Callable[..., ElasticsearchLogStore]]:
    """Open a store on the node, or on what stands before it; what is stored is removed after the test."""
    opened: list[ElasticsearchLogStore] = []

    def open_one(url: str = node.url, **changes: Any) -> ElasticsearchLogStore:
        settings = ElasticsearchSettings(url=url, index="faults", **{"patience_s": 90, "timeout_s": 20, **changes})
        opened.append(ElasticsearchLogStore(connect(settings), prefix="faults", replicas=0))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()
    remove_indices(node.url)


def many(count: int = RECORDS, **changes: Any) -> list[dict[str, Any]]:
    return [record(START_S + n, user=f"u{n}", **changes) for n in range(count)]


def crash(node: Node, *, down_s: float = 1.0) -> threading.Thread:
    """Kill the node now and start it again a little later, in the background."""
    node.kill()

    def restart() -> None:
        time.sleep(down_s)
        node.start()

    thread = threading.Thread(target=restart)
    thread.start()
    return thread


def assert_whole(store: ElasticsearchLogStore, sent: int) -> None:
    """Every reader finds each record once."""
    assert amount(store) == sent
    streamed = [found.content_hash for found in store.stream(LogFilter())]
    assert len(streamed) == len(set(streamed)) == sent
    paged = [found.id for found in all_pages(store, limit=500)]
    assert len(paged) == len(set(paged)) == sent


def test_a_node_that_dies_while_a_file_is_imported(node: Node, open_store: Callable[..., Any]) -> None:  # 33
    store = open_store()
    restarts: list[threading.Thread] = []
    last: IngestReport | None = None
    for number, report in enumerate(store.ingest(lines(*many()), source="traffic.jsonl")):
        last = report
        if number in {1, 3}:
            restarts.append(crash(node))
    for restart in restarts:
        restart.join()
    assert last is not None
    assert (last.stored, last.duplicate, last.rejected) == (RECORDS, 0, ())
    assert_whole(store, RECORDS)
    (listed,) = store.imports()
    assert (listed.stored, listed.duplicate, listed.records) == (RECORDS, 0, RECORDS)


def test_a_node_that_dies_in_the_middle_of_a_batch(node: Node, open_store: Callable[..., Any]) -> None:  # 33
    store = open_store()
    stop = threading.Event()

    def kill_now_and_then() -> None:
        for _ in range(3):
            if stop.wait(0.35):
                return
            crash(node, down_s=0.2).join()

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    *_, last = store.ingest(lines(*many()))
    stop.set()
    killer.join()
    assert (last.stored, last.duplicate) == (RECORDS, 0)
    assert_whole(store, RECORDS)


def test_a_node_that_dies_under_a_stream(node: Node, open_store: Callable[..., Any]) -> None:  # 34
    store = open_store()
    put(store, *many(5000))
    expected = [found.content_hash for found in store.stream(LogFilter())]
    stream = store.stream(LogFilter())
    begun = [next(stream) for _ in range(300)]
    crash(node).join()
    put(store, *[record(START_S + n + 0.5, user=f"late {n}") for n in range(0, 5000, 5)])
    assert [found.content_hash for found in (*begun, *stream)] == expected
    assert amount(store) == 6000


def test_a_stream_whose_point_in_time_alone_is_lost(node: Node, open_store: Callable[..., Any]) -> None:  # 34
    store = open_store()
    put(store, *many(3000))
    expected = [found.content_hash for found in store.stream(LogFilter())]
    stream = store.stream(LogFilter())
    begun = [next(stream) for _ in range(200)]
    with Elasticsearch(node.url) as client:
        months = list(client.indices.get(index="faults-*"))
        client.indices.close(index=months)  # takes every point in time with it
        client.indices.open(index=months)
    put(store, *[record(START_S + n + 0.5, user=f"late {n}") for n in range(0, 3000, 5)])
    assert [found.content_hash for found in (*begun, *stream)] == expected


def test_datasets_built_while_the_node_dies_are_the_same(node: Node, open_store: Callable[..., Any]) -> None:  # 34
    store = open_store()
    put(store, *[record(START_S + n, user=f"about subject {n * 7919}", answer=f"[[l{n % 4}]]") for n in range(2500)])
    options = BuildOptions(workload_id="classify", evaluation_size=100, seed=42)
    whole = build_datasets(store.stream(LogFilter()), options, name_suffix="run")

    def interrupted() -> Iterator[Any]:
        for number, found in enumerate(store.stream(LogFilter())):
            if number == 1000:
                crash(node).join()
            yield found

    again = build_datasets(interrupted(), options, name_suffix="run")
    assert again.training.content == whole.training.content
    assert again.evaluation.content == whole.evaluation.content


def test_refused_and_lost_answers(node: Node, open_store: Callable[..., Any]) -> None:  # 33
    with FaultyProxy(node.url, share=0.35, seed=7).running() as proxy:
        store = open_store(proxy.url)
        reports = [list(store.ingest(lines(*many(600, client=f"c{n}"))))[-1] for n in range(12)]
        assert all((report.stored, report.duplicate, report.rejected) == (600, 0, ()) for report in reports)
        again = list(store.ingest(lines(*many(600, client="c3"))))[-1]
        assert (again.stored, again.duplicate) == (0, 600)
        streamed = [found.content_hash for found in store.stream(LogFilter())]
        assert len(streamed) == len(set(streamed)) == 7200
        assert set(proxy.injected) == set(FAULTS), proxy.injected
    assert_whole(open_store(), 7200)


def test_two_writers_of_the_same_file(node: Node, open_store: Callable[..., Any]) -> None:  # 29, 33
    with FaultyProxy(node.url, share=0.2, seed=3).running() as proxy, ThreadPoolExecutor(2) as pool:
        stores = [open_store(proxy.url), open_store(proxy.url)]
        sent = lines(*many(4000))
        reports = list(pool.map(lambda store: list(store.ingest(sent))[-1], stores))
        assert sum(proxy.injected.values()) > 0
    assert sum(report.stored for report in reports) == 4000
    assert sum(report.duplicate for report in reports) == 4000
    assert_whole(open_store(), 4000)


def test_patience_ends_with_what_is_down_and_a_later_import_completes(
    node: Node, open_store: Callable[..., Any]
) -> None:  # 33
    store = open_store(patience_s=1)
    put(store, *many(2000))
    stream = store.stream(LogFilter())
    next(stream)
    node.kill()
    try:
        patient: list[Callable[[], object]] = [
            lambda: list(stream),
            lambda: list(store.ingest(lines(*many(4000)))),
        ]
        for read in patient:
            with pytest.raises(LogStoreUnavailable, match="does not answer"):
                read()
        quick: list[Callable[[], object]] = [
            lambda: store.browse(LogFilter()),
            lambda: store.count(LogFilter()),
            store.workloads,
        ]
        for ask in quick:
            began = time.monotonic()
            with pytest.raises(LogStoreUnavailable, match=node.url):
                ask()
            assert time.monotonic() - began < 10
    finally:
        node.start()
    *_, last = open_store().ingest(lines(*many(4000)))
    assert (last.stored, last.duplicate) == (2000, 2000)


def test_months_are_dropped_by_age_while_somebody_writes_into_them(
    node: Node, open_store: Callable[..., Any]
) -> None:  # 26
    store, writer = open_store(), open_store()
    put(store, *many(3000), *[record(START_S + 3 * MONTH_S + n, user=f"new {n}") for n in range(50)])
    late = [record(START_S + n + 0.25, user=f"late {n}") for n in range(2000)]
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: list(writer.ingest(lines(*late)))[-1])
        *_, deleted = store.delete(Deletion(before=moment(START_S + 2 * MONTH_S)))
        report = writing.result()
    assert report.stored == 2000
    assert deleted >= 3000
    assert amount(store) == 3000 + 50 + 2000 - deleted
    *_, rest = store.delete(Deletion(before=moment(START_S + 2 * MONTH_S)))
    assert rest == 5000 - deleted
    with Elasticsearch(node.url) as client:
        assert len(client.indices.get(index="faults-*")) == 1
    assert amount(store) == 50


def test_a_deletion_that_was_cut_off_can_be_repeated(node: Node, open_store: Callable[..., Any]) -> None:  # 26
    store = open_store()
    put(store, *many(4000), *many(10, client="kept"))
    progress = store.delete(Deletion(client_id="acme"))
    first = next(progress)
    progress.close()
    crash(node).join()
    *_, rest = store.delete(Deletion(client_id="acme"))
    assert first + rest == 4000
    assert amount(store) == 10


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
