"""Kills workers until it has killed enough, lets the runs end, and judges what is left.

Most kills are done by the services at a random point of a random request, the others at a random time; workers may also
be frozen and woken. Runs are kept waiting all the while, so that every kill meets work.
"""

import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import col, func, select

from core.errors import UnavailableError
from core.runs import RunStatus
from core.runs.tables import EventRow, RunRow, StepRow
from tests.chaos.audit import Aftermath, find_violations
from tests.chaos.faults import POINTS, Kill
from tests.chaos.nursery import ForkedWorker
from tests.chaos.scene import STUDENT_A, STUDENT_B, Scene

REQUESTS = ("POST .*jobs$", "POST .*deployments$", "POST ", "DELETE ", "GET .*jobs/", "GET .*deployments/", "GET ")
PATIENT = {
    "FLYWHEEL_WORKER__LEASE_S": "1",
    "FLYWHEEL_WORKER__MAX_CRASHES": "100000",
    "FLYWHEEL_WORKER__SWEEP_S": "1",
    "FLYWHEEL_NEMO__READ_TIMEOUT_S": "3",
}


@dataclass(frozen=True, kw_only=True)
class Mode:
    """How the services behave while workers die. Lives are in seconds; a life ends by a kill at the latest."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, Any] = field(default_factory=dict)
    settle_s: float = 0.7
    workers: int = 1
    frozen_share: float = 0.0
    protocol_share: float = 0.7
    shortest_life_s: float = 0.4
    longest_life_s: float = 3.0


MODES: Mapping[str, Mode] = {
    "unique": Mode(name="unique names"),
    "flaky": Mode(
        name="no unique names, flaky",
        faults={
            "unique_names": False,
            "latency_s": (0.0, 0.3),
            "latency_requests": "POST .*(jobs|deployments)$",
            "unavailable_503": 0.03,
            "refuse_429": 0.02,
            "drop_before": 0.01,
            "drop_after": 0.02,
        },
    ),
    "late": Mode(
        name="no unique names, requests outlive lease and restart",
        faults={
            "unique_names": False,
            "latency_s": (1.5, 2.5),
            "latency_requests": "POST .*(jobs|model-deployments)$",
        },
        settle_s=4.0,
        shortest_life_s=1.0,
        longest_life_s=7.0,
    ),
    "overlap": Mode(
        name="no unique names, flaky, evaluations beside training",
        variables={"FLYWHEEL_WORKER__OVERLAP_EVALUATIONS": "true"},
        faults={"unique_names": False, "unavailable_503": 0.03, "drop_after": 0.02},
    ),
    "frozen": Mode(
        name="three workers, frozen and woken",
        faults={"unique_names": False},
        workers=3,
        frozen_share=0.7,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a round of chaos did and what it broke."""

    mode: str
    database: str
    kills: int
    runs: int
    steps: int
    events: int
    claims: int
    creates: int
    doubled: int
    cancels: int
    requests: int
    seconds: float
    points: Mapping[str, int]
    violations: tuple[str, ...]


def play(
    folder: Path,
    mode: Mode,
    *,
    kills: int,
    database_url: str = "",
    seed: int = 1,
    fault: str | None = None,
    drain_s: float = 240,
    tell: Callable[[str], object] = lambda _: None,
) -> Report:
    """Play one round and return its report; `fault` breaks the workers on purpose."""
    variables = {**PATIENT, **mode.variables, "FLYWHEEL_NEMO__SETTLE_S": str(mode.settle_s)}
    with Scene(folder, database_url=database_url, fault=fault, variables=variables) as scene:
        scene.service.set_faults(**mode.faults)
        round_ = _Round(scene, mode, random.Random(seed))
        started = time.monotonic()
        round_.kill_workers(kills, tell)
        seconds = time.monotonic() - started
        _heal_and_drain(scene, drain_s)
        for worker in round_.workers:
            worker.stop()
        return _report(scene, mode, round_.points, kills=kills, seconds=seconds)


class _Round:
    """The killing part of one round."""

    def __init__(self, scene: Scene, mode: Mode, rng: random.Random) -> None:
        self.scene, self.mode, self.rng = scene, mode, rng
        self.points: Counter[str] = Counter()
        self.workers = [scene.start_worker() for _ in range(mode.workers)]
        self.begun = [time.monotonic() for _ in self.workers]

    def kill_workers(self, kills: int, tell: Callable[[str], object]) -> None:
        for done in range(1, kills + 1):
            self._keep_runs_waiting()
            place = self.rng.randrange(len(self.workers))
            if self.rng.random() < self.mode.frozen_share:
                self._freeze(self.workers[place])
                continue
            self._kill(place)
            if done % 25 == 0:
                tell(f"{done} of {kills} killed")

    def _keep_runs_waiting(self) -> None:
        with self.scene.database.read() as session:
            final = [status for status in RunStatus if status.is_final]
            rows = select(func.count()).select_from(RunRow).where(col(RunRow.status).not_in(final))
            is_open = session.exec(rows).one()
        # A launch is refused while a service was seen down twice in a row; the next turn tries again.
        with suppress(UnavailableError):
            for _ in range(self.mode.workers + 1 - is_open):
                self.scene.launch(STUDENT_A, STUDENT_B)

    def _kill(self, place: int) -> None:
        worker, rng, mode = self.workers[place], self.rng, self.mode
        end = self.begun[place] + rng.uniform(mode.shortest_life_s, mode.longest_life_s)
        if rng.random() < mode.protocol_share:
            kill = Kill(point=rng.choice(POINTS), requests=rng.choice(REQUESTS), probability=rng.choice((1, 0.5)))
            self.scene.service.kill_at(worker.pid, kill)
            end += mode.longest_life_s
            while worker.is_alive and time.monotonic() < end:
                time.sleep(0.01)
            self.points[kill.point if not worker.is_alive else "any time"] += 1
            self.scene.service.set_faults(victim=None, kill=None)
        else:
            time.sleep(max(0.0, end - time.monotonic()))
            self.points["any time"] += 1
        worker.kill()
        self.workers[place], self.begun[place] = self.scene.start_worker(), time.monotonic()

    def _freeze(self, worker: ForkedWorker) -> None:
        time.sleep(self.rng.uniform(0.1, 1.0))
        worker.signal(signal.SIGSTOP)
        time.sleep(self.rng.uniform(0.5, 3.0))
        worker.signal(signal.SIGCONT)
        self.points["frozen"] += 1


def _heal_and_drain(scene: Scene, drain_s: float) -> None:
    """Let everything end: the services' faults stay, only nobody is killed any more; then wait for the sweeps."""
    end = time.monotonic() + drain_s
    while time.monotonic() < end:
        with scene.database.read() as session:
            final = [status for status in RunStatus if status.is_final]
            if session.exec(select(RunRow.id).where(col(RunRow.status).not_in(final)).limit(1)).first() is None:
                break
        time.sleep(0.2)
    time.sleep(3)  # requests that take effect late, and one sweep after them


def _report(scene: Scene, mode: Mode, points: Counter[str], *, kills: int, seconds: float) -> Report:
    with scene.database.read() as session:
        runs, steps = list(session.exec(select(RunRow))), list(session.exec(select(StepRow)))
        events = list(session.exec(select(EventRow)))
    ledger = [entry for operation in ("create", "delete", "cancel") for entry in scene.service.ledger(operation)]
    remote = scene.service.remote()
    after = Aftermath(
        runs=runs,
        steps=steps,
        events=events,
        ledger=ledger,
        remote=remote,
        integrity=_check_integrity(scene),
        logs=scene.worker_logs(),
        may_double=mode.frozen_share > 0,
    )
    created = Counter((entry.kind, entry.key) for entry in ledger if entry.operation == "create")
    return Report(
        mode=mode.name,
        database="PostgreSQL" if scene.database.is_postgresql else "SQLite",
        kills=kills,
        runs=len(runs),
        steps=len(steps),
        events=len(events),
        claims=sum(run.epoch for run in runs),
        creates=sum(created.values()),
        doubled=sum(count - 1 for count in created.values()),
        cancels=sum(entry.operation == "cancel" for entry in ledger),
        requests=remote.requests,
        seconds=round(seconds, 1),
        points=dict(sorted(points.items())),
        violations=tuple(find_violations(after)),
    )


def _check_integrity(scene: Scene) -> str:
    if scene.database.is_postgresql:
        return "ok"
    connection = sqlite3.connect(scene.settings.data / "state.db")
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()
