"""The reads that are measured, the same for every log store, and how one is measured."""

import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from core.logs import LogFilter, LogStore

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


class Times(NamedTuple):
    """Milliseconds of one kind of read; CPU time is what an idle machine would take."""

    p50: float
    p95: float
    cpu_p50: float


def emit(line: str) -> None:
    """Print a line of the table; `make bench` captures nothing."""
    sys.stdout.write(line + "\n")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One kind of read: the store's, the plain table's where it can do the same, and the target at a million."""

    name: str
    target_ms: float | None
    store: Callable[[], object]
    plain: Callable[[], object] | None = None


def list_readings(store: LogStore, plain: sqlite3.Connection | None = None) -> list[Reading]:
    """Return the reads of a store that holds the generated traffic, and what a plain table does instead."""

    def page(**conditions: str) -> Callable[[], object]:
        return lambda: store.browse(LogFilter(**conditions))  # type: ignore[arg-type]  # texts only

    def floor(sql: str, *parameters: str) -> Callable[[], object] | None:
        if plain is None:
            return None
        return lambda: [orjson.loads(row[0]) for row in plain.execute(sql, parameters)]

    def table(sql: str) -> Callable[[], object] | None:
        return None if plain is None else lambda: plain.execute(sql).fetchall()

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
        Reading(
            name="overview",
            target_ms=10,
            store=store.workloads,
            plain=table(days),
        ),
        Reading(name="labels of a workload", target_ms=60, store=lambda: store.labels(label_filter)),
    ]


def _deep_cursor(store: LogStore, workload_id: str) -> str | None:
    cursor: str | None = None
    for _ in range(20):
        cursor = store.browse(LogFilter(workload_id=workload_id), limit=500, cursor=cursor).next_cursor
    return cursor


def measure(call: Callable[[], object], repeats: int) -> Times:
    """Return how long a call takes once it is warm."""
    call()
    wall_ms, cpu_ms = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        wall_ms.append((time.perf_counter() - wall) * 1000)
        cpu_ms.append((time.process_time() - cpu) * 1000)
    p95 = sorted(wall_ms)[max(0, int(repeats * 0.95) - 1)]
    return Times(p50=statistics.median(wall_ms), p95=p95, cpu_p50=statistics.median(cpu_ms))
