"""How fast the log store is, beside the floor of a plain SQLite table in the same run.

`make bench` measures 100,000 records; `BENCH_RECORDS=1000000 make bench ARGS=tests/bench/test_log_store.py` the size of
the targets (design, section 7). Reading times are wall milliseconds of warm calls.
"""

import multiprocessing
import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import orjson
import pytest

from core.logs import Deletion, LogFilter, LogStore, import_file
from core.logs.sqlite import SqliteLogStore
from tests.bench.log_readings import Reading, emit, list_readings, measure
from tests.bench.log_traffic import write_traffic

pytestmark = pytest.mark.bench

RECORDS = int(os.environ.get("BENCH_RECORDS", "100000"))
REPEATS = 40
BATCH = 2000
FILE_SHARE = 0.6
IMPORT_MEMORY_MB = 300
WAL_MB = 200
PLAIN_TABLE = (
    "CREATE TABLE plain(id INTEGER PRIMARY KEY, workload TEXT, line BLOB); CREATE INDEX plain_w ON plain(workload)"
)


@dataclass(frozen=True, kw_only=True)
class ImportCost:
    """What an import took."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    largest_wal_mb: float


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
    _print_reads(list_readings(store, plain))
    _print_stream(store)
    plain.close()
    _print_deletion(store, folder / "logs.db")
    store.close()


def _print_reads(readings: list[Reading]) -> None:
    emit(f"\n{'read, ms':34}{'p50':>10}{'p95':>10}{'CPU p50':>10}{'plain p50':>12}   target")
    for reading in readings:
        times = measure(reading.store, REPEATS)
        plain = f"{measure(reading.plain, 3).p50:.2f}" if reading.plain else ""
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
