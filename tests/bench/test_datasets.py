"""How long datasets of a large workload take, and whether pages stay quick while a worker previews them.

`make bench ARGS=tests/bench/test_datasets.py`. Targets: 200,000 records are previewed in 5 s and built in 30 s within
500 MB; while a worker computes previews, 95 % of the clicks are answered within 300 ms.
"""

import multiprocessing
import os
import resource
import statistics
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from core.database import utc_now
from core.datasets import BuildOptions, build_datasets, preview_datasets, selection_filter
from core.logs import import_file, open_log_store
from core.runs import LaunchRequest, identify_preview, plan_launch, request_preview
from core.settings import Settings
from tests.bench.log_traffic import write_traffic
from tests.browser import checks
from tests.processes import Installation

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

RECORDS = int(os.environ.get("BENCH_RECORDS", "200000"))
WORKLOAD = "bench"
OPTIONS = BuildOptions(workload_id=WORKLOAD, evaluation_size=500)
PREVIEW_S, BUILD_S, MEMORY_MB, CLICK_MS = 5, 30, 500, 300
CLICKS = 40
TIMES = (Path(__file__).parent / "page_times.js").read_text()


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one piece of work took in a fresh process."""

    wall_s: float
    cpu_s: float
    memory_mb: float


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one workload of that many records."""
    folder = tmp_path_factory.mktemp("datasets")
    traffic = folder / "traffic.jsonl"
    write_traffic(traffic, RECORDS)
    logs = open_log_store(Settings(data=folder))
    for _ in import_file(logs, traffic, workload_id=WORKLOAD, client_id="app"):
        pass
    logs.close()
    traffic.unlink()
    return folder


def measure(folder: Path, what: str) -> Cost:
    """Preview or build in this process, which should be a fresh one."""
    logs = open_log_store(Settings(data=folder))
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    if what == "preview":
        preview_datasets(logs, OPTIONS)
    else:
        build_datasets(logs.stream(selection_filter(OPTIONS)), OPTIONS, name_suffix="bench")
    spent = time.perf_counter() - wall_s, time.process_time() - cpu_s
    logs.close()
    return Cost(wall_s=spent[0], cpu_s=spent[1], memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def test_a_large_workload_is_previewed_and_built_in_time(data: Path) -> None:
    sys.stdout.write(f"\n{RECORDS:,} records      {'wall s':>8} {'CPU s':>8} {'MB':>8}\n")
    for what, target_s in (("preview", PREVIEW_S), ("build", BUILD_S)):
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            cost = pool.submit(measure, data, what).result()
        sys.stdout.write(
            f"{what:20} {cost.wall_s:>8.1f} {cost.cpu_s:>8.1f} {cost.memory_mb:>8.0f}   target {target_s} s\n"
        )
        assert "PYTEST_XDIST_WORKER" in os.environ or cost.cpu_s < target_s
        assert cost.memory_mb < MEMORY_MB


def test_clicks_stay_quick_while_a_worker_previews(data: Path, browser: Browser) -> None:
    stopping = threading.Event()
    with Installation(data) as installation:
        installation.start("web")
        installation.start("worker")
        asking = threading.Thread(target=ask_for_previews, args=(installation, stopping))
        asking.start()
        try:
            with checks.open_context(browser, "desktop") as context:
                context.add_init_script(TIMES)
                page = context.new_page()
                checks.open_page(page, f"{installation.web}/logs")
                times = []
                for _ in range(CLICKS):
                    older = page.locator(".st-key-older button").first.element_handle(timeout=checks.TIMEOUT_MS)
                    script = "([target, shows, text]) => timeClick(target, shows, text)"
                    times.append(page.evaluate(script, [older, ".fw-table", None]))
        finally:
            stopping.set()
            asking.join()
    late = sorted(times)[int(len(times) * 0.95) - 1]
    sys.stdout.write(f"\nclicks while previewing: median {statistics.median(times):.0f} ms, 95 % under {late:.0f} ms\n")
    assert "PYTEST_XDIST_WORKER" in os.environ or late < CLICK_MS


def ask_for_previews(installation: Installation, stopping: threading.Event) -> None:
    """Keep a worker busy with previews, each of another seed."""
    seed = 0
    while not stopping.is_set():
        seed += 1
        request = LaunchRequest(workload_id=WORKLOAD, evaluation_size=500, seed=seed)
        database, logs = installation.database, installation.logs
        plan = plan_launch(database, request, settings=installation.settings, logs=logs)
        with database.read() as session:
            preview_id = identify_preview(session, plan.request, logs)
        request_preview(database, preview_id, plan.request, now=utc_now())
        stopping.wait(1.0)
