"""The thread of one run: how it waits, writes, and is told to stop.

`Execution` is handed to every step. Blocking work runs in a thread of its own while the run's thread waits for its end,
a cancel or a lost lease, so that a hung socket never delays a cancel.
"""

import contextvars
import copy
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlmodel import Session, col, select, update

from core.database import Database
from core.logs import LogStore
from core.nemo import ModelOps
from core.runs.errors import LeaseLost, RunInterrupted
from core.runs.leases import Lease, RunEvent, fenced_write
from core.runs.tables import StepKind, StepRow
from core.settings import Settings

T = TypeVar("T")
WAKE_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What every run of a worker shares: stores, services, settings and the clock."""

    database: Database
    logs: LogStore
    operations: ModelOps
    settings: Settings
    clock: Callable[[], datetime]

    def timeout(self, kind: StepKind) -> timedelta:
        """Return how long a step of this kind may take in all, restarts included."""
        worker = self.settings.worker
        seconds = {StepKind.DEPLOY: worker.deploy_timeout_s, StepKind.CUSTOMIZE: worker.customize_timeout_s}
        return timedelta(seconds=seconds.get(kind, worker.evaluate_timeout_s))


class _Interruption:
    """Why a run is to stop, shared by its lanes, and what wakes each of them."""

    def __init__(self) -> None:
        self.why: BaseException | None = None
        self._wakes: list[threading.Event] = []

    def add_wake(self) -> threading.Event:
        wake = threading.Event()
        self._wakes.append(wake)
        return wake

    def put(self, why: BaseException) -> None:
        if self.why is None or isinstance(why, LeaseLost):
            self.why = why
            for wake in self._wakes:
                wake.set()


class Execution:
    """One run in the hands of this worker, until it ends, is interrupted or loses its lease."""

    def __init__(self, around: Surroundings, lease: Lease) -> None:
        self.around = around
        self.lease = lease
        self.is_cleaning_up = False
        self.prepared: object | None = None  # read once by `core.runs.prepared`
        self._interruption = _Interruption()
        self._wake = self._interruption.add_wake()
        self._pool = ThreadPoolExecutor(6, thread_name_prefix=f"call-{lease.run_id[-5:]}")

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.lease.run_id

    def now(self) -> datetime:
        """Return the time on the injected clock."""
        return self.around.clock()

    def interrupt(self, why: BaseException) -> None:
        """Tell the run's thread to stop at its next wait; a lost lease outranks everything."""
        self._interruption.put(why)

    def lane(self) -> "Execution":
        """Return this execution for another thread of the same run: it waits by itself, and is interrupted with it."""
        lane = copy.copy(self)
        lane._wake = self._interruption.add_wake()  # noqa: SLF001  # of its own class
        return lane

    def check(self) -> None:
        """Raise what the run was interrupted with; a cancel no longer interrupts its own clean-up."""
        why = self._interruption.why
        if why is None:
            return
        if self.is_cleaning_up and isinstance(why, RunInterrupted) and why.mode == "cancel":
            return
        raise why

    def sleep(self, seconds: float) -> None:
        """Wait, but wake at once for an interruption."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            self._wake.wait(left)
            self._wake.clear()
        self.check()

    def call(self, work: Callable[[], T]) -> T:
        """Do blocking work and return its result; an interruption leaves it behind."""
        self.check()
        future = self._pool.submit(contextvars.copy_context().run, work)  # its log lines are about the run too
        future.add_done_callback(lambda _: self._wake.set())
        while not future.done():
            self.check()
            self._wake.wait(WAKE_S)
            self._wake.clear()
        self.check()
        return future.result()

    @contextmanager
    def write(self, *events: RunEvent, **run_values: Any) -> Iterator[Session]:
        """Open a fenced write transaction."""
        with fenced_write(self.around.database, self.lease, *events, now=self.now(), **run_values) as session:
            yield session

    def steps(self) -> list[StepRow]:
        """Return the run's steps in order, as stored now."""
        with self.around.database.read() as session:
            rows = select(StepRow).where(col(StepRow.run_id) == self.run_id).order_by(col(StepRow.position))
            return list(session.exec(rows))

    def get_step(self, key: str) -> StepRow:
        """Return one step as stored now."""
        with self.around.database.read() as session:
            return session.exec(
                select(StepRow).where(col(StepRow.run_id) == self.run_id, col(StepRow.key) == key)
            ).one()

    def update_step(self, key: str, *events: RunEvent, **values: Any) -> None:
        """Change a step's columns and append events in one fenced transaction."""
        with self.write(*events) as session:
            session.execute(
                update(StepRow).where(col(StepRow.run_id) == self.run_id, col(StepRow.key) == key).values(**values)
            )

    def close(self) -> None:
        """Let go of the threads; calls that still hang are left to their time-outs."""
        self._pool.shutdown(wait=False, cancel_futures=True)
