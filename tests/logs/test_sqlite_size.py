"""Two writers and a reader on a file of some size; only in `make test-full`."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from core.logs import LogFilter, import_file
from core.logs.sqlite import SqliteLogStore
from tests.bench.log_traffic import write_traffic

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

RECORDS = 60_000
WAL_LIMIT_BYTES = 200 * 2**20


def import_all(traffic: Path, path: Path) -> int:
    """Import a file in a process of its own and return how many records it stored."""
    store = SqliteLogStore(path)
    *_, last = import_file(store, traffic)
    store.close()
    return last.report.stored


def test_the_write_ahead_log_stays_bounded_with_two_writers_and_a_reader(tmp_path: Path) -> None:  # promise 37, at size
    path = tmp_path / "logs.db"
    store = SqliteLogStore(path)
    largest = looks = 0
    for number in (1, 2):
        write_traffic(tmp_path / f"{number}.jsonl", RECORDS, seed=number)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        imports = [pool.submit(import_all, tmp_path / f"{number}.jsonl", path) for number in (1, 2)]
        while not all(running.done() for running in imports):
            store.browse(LogFilter(text="commonplace"), limit=500)
            for _ in zip(store.stream(LogFilter()), range(2000), strict=False):
                largest = max(largest, Path(f"{path}-wal").stat().st_size)
            looks += 1
        assert [running.result() for running in imports] == [RECORDS, RECORDS]
    assert looks > 10
    assert largest < WAL_LIMIT_BYTES
    assert store.count(LogFilter()).value == 2 * RECORDS
    assert len({record.id for record in store.stream(LogFilter(workload_id="workload-3"))}) == sum(
        summary.records for summary in store.workloads() if summary.workload_id == "workload-3"
    )
    store.close()
