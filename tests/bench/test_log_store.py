"""How fast the log store is, beside the floor of a plain SQLite table in the same run.

`make bench` measures 100,000 records; `BENCH_RECORDS=1000000 make bench ARGS=tests/bench/test_log_store.py` the size of
the targets (design, section 7). Reading times are wall milliseconds of warm calls.
"""

import multiprocessing
import os
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from core.logs import Deletion, LogFilter, LogStore, import_file
from core.logs.sqlite import SqliteLogStore
from tests.bench.log_traffic import write_traffic

pytestmark = pytest.mark.bench

RECORDS = int(os.environ.get("BENCH_RECORDS", "100000"))
REPEATS = 40
BATCH = 2000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
FILE_SHARE = 0.6
IMPORT_MEMORY_MB = 300
WAL_MB = 200
PLAIN_TABLE = (
    "CREATE TABLE plain(id INTEGER PRIMARY KEY, workload TEXT, line BLOB); CREATE INDEX plain_w ON plain(workload)"
)


class Times(NamedTuple):
    """Milliseconds of one kind of read; CPU time is what an idle machine would take."""

    p50: float
    p95: float
    cpu_p50: float


def emit(line: str) -> None:
    """Print a line of the table; `make bench` captures nothing."""
    sys.stdout.write(line + "\n")


@dataclass(frozen=True, kw_only=True)
class ImportCost:
    """What an import took."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    largest_wal_mb: float


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One kind of read: the store's, the plain table's where it can do the same, and the target at a million."""

    name: str
    target_ms: float | None
    store: Callable[[], object]
    plain: Callable[[], object] | None = None


def import_into_store(traffic: Path, path: Path) -> ImportCost:
    """Import in this process, which should be a fresh one."""
    store = SqliteLogStore(path)
    wal = Path(f"{path}-wal")
    largest = 0
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    for _ in import_file(store, traffic):
        largest = max(largest, wal.stat().st_size)
    cost = ImportCost(
        wall_s=time.perf_counter() - wall_s,
        cpu_s=time.process_time() - cpu_s,
        memory_mb=_peak_memory_mb(),
        largest_wal_mb=largest / 2**20,
    )
    store.close()
    return cost


def import_into_plain(traffic: Path, path: Path) -> ImportCost:
    """The floor: parse each line and insert it as it is."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(PLAIN_TABLE)
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    with traffic.open("rb") as file:
        while lines := list(islice(file, BATCH)):
            connection.execute("BEGIN IMMEDIATE")
            rows = [(orjson.loads(line)["workload_id"], line) for line in lines]
            connection.executemany("INSERT INTO plain(workload, line) VALUES (?, ?)", rows)
            connection.execute("COMMIT")
    cost = ImportCost(
        wall_s=time.perf_counter() - wall_s,
        cpu_s=time.process_time() - cpu_s,
        memory_mb=_peak_memory_mb(),
        largest_wal_mb=0,
    )
    connection.close()
    return cost


def _peak_memory_mb() -> float:
    """Return the most memory this process has had; `getrusage` would count what its parent had when it began."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The traffic, imported into a store and into a plain table."""
    folder = tmp_path_factory.mktemp("bench")
    write_traffic(folder / "traffic.jsonl", RECORDS)
    yield folder
    for path in folder.iterdir():
        path.unlink()


def test_import_and_reads(folder: Path) -> None:
    traffic = folder / "traffic.jsonl"
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        cost = pool.submit(import_into_store, traffic, folder / "logs.db").result()
        floor = pool.submit(import_into_plain, traffic, folder / "plain.db").result()
    json_mb, store_mb, plain_mb = (
        (folder / name).stat().st_size / 2**20 for name in ("traffic.jsonl", "logs.db", "plain.db")
    )
    emit(f"\n\n{RECORDS:,} records, {json_mb:,.0f} MB of JSON lines")
    emit(f"{'import':34}{'store':>12}{'plain':>12}   target")
    emit(f"{'records per CPU-second':34}{RECORDS / cost.cpu_s:12,.0f}{RECORDS / floor.cpu_s:12,.0f}   10,000")
    emit(f"{'records per second':34}{RECORDS / cost.wall_s:12,.0f}{RECORDS / floor.wall_s:12,.0f}")
    emit(f"{'file / JSON lines':34}{store_mb / json_mb:12.2f}{plain_mb / json_mb:12.2f}   {FILE_SHARE}")
    emit(f"{'memory, MB':34}{cost.memory_mb:12.0f}{floor.memory_mb:12.0f}   {IMPORT_MEMORY_MB}")
    emit(f"{'largest write-ahead log, MB':34}{cost.largest_wal_mb:12.0f}{'':12}   {WAL_MB}")
    if RECORDS >= 100_000:  # the word index is dearer when records are far apart
        assert store_mb < FILE_SHARE * json_mb
    assert cost.memory_mb < IMPORT_MEMORY_MB
    assert cost.largest_wal_mb < WAL_MB
    store = SqliteLogStore(folder / "logs.db")
    plain = sqlite3.connect(folder / "plain.db")
    _print_reads(_readings(store, plain))
    _print_stream(store)
    plain.close()
    _print_deletion(store, folder / "logs.db")
    store.close()


def _readings(store: LogStore, plain: sqlite3.Connection) -> list[Reading]:
    def page(**conditions: str) -> Callable[[], object]:
        return lambda: store.browse(LogFilter(**conditions))  # type: ignore[arg-type]  # texts only

    def floor(sql: str, *parameters: str) -> Callable[[], object]:
        return lambda: [orjson.loads(row[0]) for row in plain.execute(sql, parameters)]

    newest = "SELECT line FROM plain WHERE workload=? ORDER BY id DESC LIMIT 50"
    contains = "SELECT line FROM plain WHERE line LIKE ? ORDER BY id DESC LIMIT 50"
    workload = "workload-0"
    cursor = _deep_cursor(store, workload)
    label_filter = LogFilter(workload_id=workload)
    days = "SELECT workload, count(*), min(id), max(id) FROM plain GROUP BY workload"
    return [
        Reading(name="page", target_ms=5, store=page(workload_id=workload), plain=floor(newest, workload)),
        Reading(
            name="page far down",
            target_ms=5,
            store=lambda: store.browse(LogFilter(workload_id=workload), cursor=cursor),
        ),
        Reading(name="page of one client", target_ms=5, store=page(client_id="client-1")),
        Reading(
            name="no hit", target_ms=5, store=page(text="nevermentioned"), plain=floor(contains, "%nevermentioned%")
        ),
        Reading(
            name="rare word, 0.1 %", target_ms=5, store=page(text="exceptional"), plain=floor(contains, "%exceptional%")
        ),
        Reading(name="word in 6 %", target_ms=10, store=page(text="occasional"), plain=floor(contains, "%occasional%")),
        Reading(
            name="word in 72 %", target_ms=10, store=page(text="commonplace"), plain=floor(contains, "%commonplace%")
        ),
        Reading(
            name="word in 72 % of a rare workload",
            target_ms=10,
            store=page(text="commonplace", workload_id="workload-11"),
        ),
        Reading(name="phrase", target_ms=30, store=page(text='"occasional exceptional"')),
        Reading(name="prefix", target_ms=None, store=page(text="exce*")),
        Reading(name="prefix of two letters", target_ms=None, store=page(text="ba*")),
        Reading(
            name="capped count of a word", target_ms=None, store=lambda: store.count(LogFilter(text="commonplace"))
        ),
        Reading(name="count of a workload", target_ms=None, store=lambda: store.count(label_filter)),
        Reading(name="one model of a workload", target_ms=5, store=page(workload_id=workload, text="model:teacher*")),
        Reading(name="tool calls anywhere", target_ms=5, store=page(text="has:tools")),
        Reading(name="word without a workload", target_ms=10, store=page(text=f"occasional -workload:{workload}")),
        Reading(name="a label of a workload", target_ms=5, store=page(workload_id=workload, text='label:"label 3"')),
        Reading(name="a label anywhere", target_ms=60, store=page(text='label:"label 3"')),
        Reading(
            name="count of a model, exact",
            target_ms=None,
            store=lambda: store.count(LogFilter(text="-model:teacher* -has:tools")),
        ),
        Reading(name="days of all", target_ms=10, store=lambda: store.histogram(LogFilter(), width_ms=DAY_MS)),
        Reading(
            name="days of a word in 6 %",
            target_ms=None,
            store=lambda: store.histogram(LogFilter(text="occasional"), width_ms=DAY_MS),
        ),
        Reading(
            name="days of a word in 72 %",
            target_ms=None,
            store=lambda: store.histogram(LogFilter(text="commonplace"), width_ms=DAY_MS),
        ),
        Reading(
            name="hours of a workload",
            target_ms=None,
            store=lambda: store.histogram(LogFilter(workload_id=workload), width_ms=HOUR_MS),
        ),
        Reading(name="repeated requests of a workload", target_ms=60, store=lambda: store.duplicates(label_filter)),
        Reading(name="overview", target_ms=10, store=store.workloads, plain=lambda: plain.execute(days).fetchall()),
        Reading(name="labels of a workload", target_ms=60, store=lambda: store.labels(label_filter)),
    ]


def _deep_cursor(store: LogStore, workload_id: str) -> str | None:
    cursor: str | None = None
    for _ in range(20):
        cursor = store.browse(LogFilter(workload_id=workload_id), limit=500, cursor=cursor).next_cursor
    return cursor


def _print_reads(readings: list[Reading]) -> None:
    emit(f"\n{'read, ms':34}{'p50':>10}{'p95':>10}{'CPU p50':>10}{'plain p50':>12}   target")
    for reading in readings:
        times = _measure(reading.store, REPEATS)
        plain = f"{_measure(reading.plain, 3).p50:.2f}" if reading.plain else ""
        emit(
            f"{reading.name:34}{times.p50:10.2f}{times.p95:10.2f}{times.cpu_p50:10.2f}{plain:>12}"
            f"   {reading.target_ms or ''}"
        )


def _print_stream(store: LogStore) -> None:
    started = time.process_time()
    records = sum(1 for _ in store.stream(LogFilter(workload_id="workload-0")))
    emit(f"{'stream, records per CPU-second':34}{records / (time.process_time() - started):12,.0f}")


def _print_deletion(store: LogStore, path: Path) -> None:
    """Delete a workload of a fifth of the records, and tell how much of the file came back."""
    deletion = Deletion(workload_id="workload-1")
    before_mb = path.stat().st_size / 2**20
    started = time.process_time()
    *_, deleted = store.delete(deletion)
    cpu_s = time.process_time() - started
    emit(f"{'deletion, records per CPU-second':34}{deleted / cpu_s:12,.0f}")
    emit(
        f"{'file after / before':34}{path.stat().st_size / 2**20 / before_mb:12.2f}   {1 - deleted / RECORDS:.2f} left"
    )


def _measure(call: Callable[[], object], repeats: int) -> Times:
    call()
    wall_ms, cpu_ms = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        wall_ms.append((time.perf_counter() - wall) * 1000)
        cpu_ms.append((time.process_time() - cpu) * 1000)
    p95 = sorted(wall_ms)[max(0, int(repeats * 0.95) - 1)]
    return Times(p50=statistics.median(wall_ms), p95=p95, cpu_p50=statistics.median(cpu_ms))
