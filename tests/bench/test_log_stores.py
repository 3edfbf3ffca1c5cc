"""The two log stores beside each other in the same run: SQLite in a file, Elasticsearch on one node of this machine.

`make bench ARGS=tests/bench/test_log_stores.py` measures 200,000 records; `BENCH_RECORDS` changes that. Times are wall
milliseconds of warm calls, because most of Elasticsearch's work is not in this process.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from core.logs import Deletion, LogFilter, LogStore, import_file
from core.logs.elasticsearch import ElasticsearchLogStore, connect
from core.logs.elasticsearch import measure as measure_elasticsearch
from core.logs.sqlite import SqliteLogStore
from core.settings import ElasticsearchSettings
from tests.bench.log_readings import emit, list_readings, measure
from tests.bench.log_traffic import write_traffic
from tests.elasticsearch_node import Node, build, missing_tools
from tests.waiting import wait_until

pytestmark = pytest.mark.bench

RECORDS = int(os.environ.get("BENCH_RECORDS", "200000"))
REPEATS = 40
WARM_UP = 20
SERVER_OPTIONS = ("-Xms2g", "-Xmx2g")
INDEX = "bench"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One store under measurement: how to open it, and how to see its size."""

    name: str
    open: Callable[[], LogStore]
    size_bytes: Callable[[], int]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with the memory and the compiler of a real server."""
    if missing := missing_tools():
        pytest.skip(f"{' and '.join(missing)} not installed")
    build()
    node = Node(tmp_path_factory.mktemp("elasticsearch"), options=SERVER_OPTIONS)
    node.start()
    yield node
    node.kill()


@pytest.fixture
def subjects(node: Node, tmp_path: Path) -> list[Subject]:
    """Both stores, empty."""
    file = tmp_path / "logs.db"
    settings = ElasticsearchSettings(url=node.url, index=INDEX, replicas=0)
    return [
        Subject(name="SQLite", open=lambda: SqliteLogStore(file), size_bytes=lambda: file.stat().st_size),
        Subject(
            name="Elasticsearch",
            open=lambda: ElasticsearchLogStore(connect(settings), prefix=INDEX, replicas=0),
            size_bytes=lambda: measure_elasticsearch(settings).size_bytes,
        ),
    ]


def test_both_stores(subjects: list[Subject], node: Node, tmp_path: Path) -> None:
    traffic = tmp_path / "traffic.jsonl"
    write_traffic(traffic, RECORDS)
    json_mb = traffic.stat().st_size / 2**20
    emit(f"\n\n{RECORDS:,} records, {json_mb:,.0f} MB of JSON lines")
    emit(f"{'':34}" + "".join(f"{subject.name:>20}" for subject in subjects))
    rates = [_time(partial(_import, subject, traffic)) for subject in subjects]
    emit(f"{'import, records per second':34}" + "".join(f"{rate:20,.0f}" for rate in rates))
    wait_until(lambda: not _is_merging(node), "the server to merge what came in", timeout_s=300)
    sizes = [subject.size_bytes() / 2**20 / json_mb for subject in subjects]
    emit(f"{'size / JSON lines':34}" + "".join(f"{size:20.2f}" for size in sizes))
    stores = [subject.open() for subject in subjects]
    _print_reads(stores)
    workload = LogFilter(workload_id="workload-0")
    rates = [_time(partial(_stream, store, workload)) for store in stores]
    emit(f"{'stream, records per second':34}" + "".join(f"{rate:20,.0f}" for rate in rates))
    deletion = Deletion(workload_id="workload-1")
    rates = [_time(partial(_delete, store, deletion)) for store in stores]
    emit(f"{'deletion, records per second':34}" + "".join(f"{rate:20,.0f}" for rate in rates))
    counts = [store.count(LogFilter()).value for store in stores]
    assert counts[0] == counts[1] > 0
    for store in stores:
        store.close()


def _print_reads(stores: list[LogStore]) -> None:
    emit(f"\n{'read, ms':34}" + f"{'p50':>10}{'p95':>10}" * len(stores))
    lists = [list_readings(store) for store in stores]
    for readings in zip(*lists, strict=True):
        cells = ""
        for reading in readings:
            measure(reading.store, WARM_UP)
            times = measure(reading.store, REPEATS)
            cells += f"{times.p50:10.2f}{times.p95:10.2f}"
        emit(f"{readings[0].name:34}{cells}")
    emit("")


def _time(work: Callable[[], int]) -> float:
    """Return how many records a second some work gets through."""
    started = time.perf_counter()
    records = work()
    return records / (time.perf_counter() - started)


def _import(subject: Subject, traffic: Path) -> int:
    """Import with a handle of its own: closing it makes SQLite's file whole."""
    store = subject.open()
    *_, last = import_file(store, traffic)
    store.close()
    assert last.report.stored == RECORDS
    return last.report.stored


def _stream(store: LogStore, log_filter: LogFilter) -> int:
    return sum(1 for _ in store.stream(log_filter))


def _delete(store: LogStore, deletion: Deletion) -> int:
    *_, deleted = store.delete(deletion)
    return deleted


def _is_merging(node: Node) -> bool:
    with Elasticsearch(node.url) as client:
        return bool(client.indices.stats(metric="merge")["_all"]["total"]["merges"]["current"])
