"""The runner's own cost: a local step, an idle worker, a cancel while a service hangs, a hand-over, a claim.

The state lies on a disk, not in memory: commits are synchronous, and that is most of a step.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from core.database import Database, utc_now
from core.migrations import upgrade_schema
from core.runs import Execution, RunStatus, Surroundings, cancel_run, claim_run
from core.runs.stepping import StepResult, carry_out
from core.settings import Settings
from tests.chaos.scene import Scene
from tests.runs.rows import add_run
from tests.waiting import wait_until

RUNS = 30
CANCELS = 9
HAND_OVERS = 5
IDLE_S = 15.0

pytestmark = pytest.mark.bench


@dataclass(frozen=True, kw_only=True)
class Line:
    """One figure with its target, in the same unit."""

    what: str
    median: float
    worst: float
    target: str


def show(*lines: Line) -> None:
    sys.stdout.write(f"\n{'':44}{'median':>10}{'worst':>10}   target\n")
    for line in lines:
        sys.stdout.write(f"{line.what:44}{line.median:>10.3f}{line.worst:>10.3f}   {line.target}\n")
    sys.stdout.flush()


@pytest.fixture
def disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest, disk: Path) -> Iterator[Database]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{disk / 'state.db'}" if is_sqlite else request.getfixturevalue("postgres_database")
    database = Database(url)
    upgrade_schema(database)
    yield database
    database.dispose()


def test_a_local_step_and_a_claim(state: Database) -> None:
    around = Surroundings(
        database=state,
        logs=None,  # type: ignore[arg-type]  # nothing is read or called
        operations=None,  # type: ignore[arg-type]
        settings=Settings(),
        clock=utc_now,
    )
    steps, claims = [], []
    for number in range(RUNS):
        add_run(state, f"run-{number:03}")
        started = time.perf_counter()
        claim = claim_run(state, owner="w", lease_s=60, now=utc_now())
        claims.append(time.perf_counter() - started)
        assert claim is not None
        execution = Execution(around, claim.lease)
        for step in execution.steps():
            started = time.perf_counter()
            carry_out(execution, step.key, lambda *_: StepResult(output={"x": 1}))
            steps.append(time.perf_counter() - started)
        with execution.write(status=RunStatus.COMPLETED):
            pass
        execution.close()
    name = "PostgreSQL" if state.is_postgresql else "SQLite"
    show(
        Line(what=f"local step on {name}, ms", median=median(steps) * 1e3, worst=max(steps) * 1e3, target="10"),
        Line(what=f"claim on {name}, ms", median=median(claims) * 1e3, worst=max(claims) * 1e3, target=""),
    )


def test_an_idle_worker(disk: Path) -> None:
    usual = {"FLYWHEEL_WORKER__LEASE_S": "10", "FLYWHEEL_WORKER__TICK_S": "0.5", "FLYWHEEL_WORKER__SWEEP_S": "30"}
    with Scene(disk, variables=usual) as scene:
        worker = scene.start_worker()
        wait_until(lambda: "is ready" in worker.read_log(), "the worker to be ready", timeout_s=30)
        time.sleep(3)
        before, started = cpu_s(worker.pid), time.monotonic()
        time.sleep(IDLE_S)
        share = (cpu_s(worker.pid) - before) / (time.monotonic() - started) * 100
    show(Line(what="idle worker, % of a core", median=share, worst=share, target="1"))


def test_a_cancel_while_the_service_hangs(disk: Path) -> None:
    times = []
    with Scene(disk, variables={"FLYWHEEL_NEMO__READ_TIMEOUT_S": "30"}) as scene:
        scene.start_worker()
        for _ in range(CANCELS):
            scene.service.heal()
            scene.service.set_faults(customize_s=60)
            run_id = scene.launch()
            scene.wait_for_attached(run_id, "customize")
            scene.service.hang("GET .*customization/jobs/", 25)
            time.sleep(0.5)
            started = time.perf_counter()
            cancel_run(scene.database, run_id, actor="rita", now=utc_now())
            scene.wait_for(run_id, RunStatus.CANCELLED)
            times.append(time.perf_counter() - started)
    show(Line(what="cancel while status polls hang, s", median=median(times), worst=max(times), target="1"))


def test_a_hand_over_on_release(disk: Path) -> None:
    times = []
    with Scene(disk, variables={"FLYWHEEL_WORKER__ON_SHUTDOWN": "release"}) as scene:
        scene.service.set_faults(customize_s=600)
        worker = scene.start_worker()
        run_id = scene.launch()
        scene.wait_for_attached(run_id, "customize")
        for epoch in range(2, HAND_OVERS + 2):
            standby = scene.start_worker()
            wait_until(lambda log=standby: "is ready" in log.read_log(), "the standby", timeout_s=30)  # type: ignore[misc]
            time.sleep(0.5)
            started = time.perf_counter()
            worker.signal(signal.SIGTERM)
            scene.wait_for_epoch(run_id, epoch)
            times.append(time.perf_counter() - started)
            worker.wait()
            worker = standby
    show(Line(what="hand-over on release, s", median=median(times), worst=max(times), target="1"))


def cpu_s(pid: int) -> float:
    """Return the processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
