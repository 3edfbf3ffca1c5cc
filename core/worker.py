"""The worker process: the clock, the threads and the signals around the runs.

APScheduler is the clock and the thread pools and holds no state: ticks claim runs, sweep what is left over and look at
the services; every claimed run is a one-off job. The keeper is a plain thread on the monotonic clock: it renews the
leases of runs that are really executed and sees cancel requests, whatever the wall clock or the scheduler do.

Shutdown, on SIGTERM or SIGINT:
1. claim nothing more;
2. policy `cancel`: store the cancel reason on own runs first, so that a killed shutdown is finished by the next worker;
   policy `release`: give the runs back untouched;
3. wait for the runs' threads inside the grace period;
4. policy `cancel` and no other worker alive: cancel the queue;
5. remove the worker's row and leave.
"""

import logging
import os
import secrets
import signal
import socket
import threading
import time
from datetime import UTC, datetime
from typing import Any, Literal

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import func, update
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, delete, select

from core import VERSION
from core.database import DATABASE_DOWN, Database, utc_now
from core.logs import LogStoreUnavailable, open_log_store, run_waiting_deletion, run_waiting_import
from core.migrations import open_database
from core.nemo import ServiceError, connect_model_ops
from core.promotion import has_decisions
from core.runs import (
    Claim,
    Execution,
    LeaseLost,
    RunInterrupted,
    RunStatus,
    Surroundings,
    cancel_run,
    claim_run,
    execute_run,
    remove_deleted_runs,
    renew_leases,
    run_waiting_preview,
    store_health,
    sweep,
)
from core.runs.tables import RunRow, WorkerRow
from core.settings import Settings

WATCH_S = 0.25
SWEEP_S = 30
HEALTH_S = 5
REPEATED_SIGNAL_S = 3.0
CLOCK_STEP_S = 2.0
SHUTDOWN_REASON = "Cancelled because its worker was stopped"

logger = logging.getLogger(__name__)


def run_worker(settings: Settings) -> None:
    """Work until a signal comes; returns when everything of this process is cleaned up or released."""
    database = open_database(settings)
    around = Surroundings(
        database=database,
        logs=open_log_store(settings),
        operations=connect_model_ops(settings),
        settings=settings,
        clock=utc_now,
    )
    worker = Worker(around)
    worker.handle_signals()
    worker.run()


class Worker:
    """One worker process. Its id carries a nonce, because restarted containers reuse host names and process ids."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.id = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._active: dict[str, Execution] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._signalled_at = 0.0
        concurrency = around.settings.worker.concurrency
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(4), "runs": ThreadPoolExecutor(concurrency)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    @property
    def database(self) -> Database:
        """The state database."""
        return self.around.database

    def handle_signals(self) -> None:
        """Drain on SIGTERM and SIGINT; must be called from the main thread."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def run(self) -> None:
        """Work until `stop` or a signal, then shut down by the settings' policy."""
        settings = self.around.settings.worker
        self._beat([])
        keeper = threading.Thread(target=self._keep, daemon=True, name="keeper")
        keeper.start()
        for tick, seconds in (
            (self._claim, settings.tick_s),
            (self._import_uploads, settings.tick_s),
            (self._compute_previews, settings.tick_s),
            (self._sweep, SWEEP_S),
            (self._look_at_services, HEALTH_S),
        ):
            self._scheduler.add_job(
                tick, "interval", seconds=seconds, id=tick.__name__, next_run_time=utc_now(), executor="default"
            )
        self._scheduler.start()
        logger.info("worker %s is ready", self.id)
        while not self._stopping.wait(1.0):
            pass
        self._shut_down(settings.on_shutdown, settings.grace_s)
        self._ended.set()
        keeper.join(timeout=5)

    def stop(self) -> None:
        """Ask the worker to shut down, as a signal does."""
        self._stopping.set()

    def _on_signal(self, _number: int, _frame: Any) -> None:
        # Ctrl-C in a shell, `timeout` and `tini -g` deliver a signal twice: a repeat within seconds is no new wish.
        if self._stopping.is_set() and time.monotonic() - self._signalled_at > REPEATED_SIGNAL_S:
            os._exit(130)
        if not self._stopping.is_set():
            self._signalled_at = time.monotonic()
            self._stopping.set()

    def _claim(self) -> None:
        worker = self.around.settings.worker
        while not self._stopping.is_set() and len(self._active) < worker.concurrency:
            claim = claim_run(self.database, owner=self.id, lease_s=worker.lease_s, now=self.around.clock())
            if claim is None:
                return
            execution = Execution(self.around, claim.lease)
            with self._lock:
                self._active[execution.run_id] = execution
            logger.info("claimed run %s, epoch %d", execution.run_id, claim.lease.epoch)
            self._scheduler.add_job(
                self._execute,
                args=[execution, claim],
                executor="runs",
                id=f"run:{execution.run_id}:{claim.lease.epoch}",
            )

    def _execute(self, execution: Execution, claim: Claim) -> None:
        try:
            execute_run(execution, claim)
        finally:
            execution.close()
            with self._lock:
                self._active.pop(execution.run_id, None)
            if not self._stopping.is_set():
                self._scheduler.modify_job("_claim", next_run_time=utc_now())

    def _sweep(self) -> None:
        def is_decided(run_id: str) -> bool:
            with self.database.read() as session:
                return has_decisions(session, run_id)

        try:
            sweep(self.database, self.around.operations)
            remove_deleted_runs(self.database, self.around.operations, has_decisions=is_decided)
        except (ServiceError, *DATABASE_DOWN):
            logger.warning("the sweep was cut short and will be repeated", exc_info=True)

    def _look_at_services(self) -> None:
        sightings = self.around.operations.probe()
        try:
            with self.database.write() as session:
                store_health(session, sightings, now=self.around.clock())
        except DATABASE_DOWN:
            logger.warning("the services' health could not be stored", exc_info=True)

    def _import_uploads(self) -> None:
        try:
            while not self._stopping.is_set() and (self._import_next() or self._delete_next()):
                pass
        except (LogStoreUnavailable, *DATABASE_DOWN):
            logger.warning("an upload could not be imported yet, or a deletion not be done", exc_info=True)

    def _compute_previews(self) -> None:
        around = self.around
        try:
            while not self._stopping.is_set():
                if not run_waiting_preview(
                    self.database, settings=around.settings, logs=around.logs, clock=around.clock
                ):
                    return
        except (LogStoreUnavailable, *DATABASE_DOWN):
            logger.warning("a preview could not be computed yet and will be tried again", exc_info=True)

    def _import_next(self) -> bool:
        return run_waiting_import(self.database, self.around.logs, clock=self.around.clock)

    def _delete_next(self) -> bool:
        return run_waiting_deletion(self.database, self.around.logs, clock=self.around.clock)

    def _keep(self) -> None:
        last_beat, drift = 0.0, time.time() - time.monotonic()
        while not self._ended.wait(WATCH_S):
            with self._lock:
                active = list(self._active.values())
            try:
                self._watch(active)
                if time.monotonic() - last_beat > self.around.settings.worker.lease_s / 4:
                    self._beat(active)
                    last_beat = time.monotonic()
            except DATABASE_DOWN:
                logger.warning("the keeper cannot reach the database", exc_info=True)
            now_drift = time.time() - time.monotonic()
            if abs(now_drift - drift) > CLOCK_STEP_S:  # APScheduler would sleep through it
                logger.warning("the wall clock stepped by %.1f s; rescheduling", now_drift - drift)
                drift = now_drift
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))

    def _watch(self, active: list[Execution]) -> None:
        """See cancel requests and lost leases of the runs in hand."""
        if not active:
            return
        ids = [execution.run_id for execution in active]
        with self.database.read() as session:
            rows = {row.id: row for row in session.exec(select(RunRow).where(col(RunRow.id).in_(ids)))}
        for execution in active:
            row = rows.get(execution.run_id)
            held = row is not None and (row.owner, row.epoch) == (self.id, execution.lease.epoch)
            if not held and (row is None or not RunStatus(row.status).is_final):
                execution.interrupt(LeaseLost(execution.run_id))
            elif row is not None and row.cancel_reason is not None:
                execution.interrupt(RunInterrupted("cancel", row.cancel_reason))

    def _beat(self, active: list[Execution]) -> None:
        renew_leases(self.database, [execution.lease for execution in active])
        alive_until = self.database.clock + self.around.settings.worker.lease_s
        with self.database.write() as session:
            renewed = session.execute(
                update(WorkerRow).where(col(WorkerRow.id) == self.id).values(alive_until=alive_until)
            )
            if renewed.rowcount == 0:  # type: ignore[attr-defined]  # an UPDATE always gives a CursorResult
                self._register(session)

    def _register(self, session: Session) -> None:
        session.execute(delete(WorkerRow).where(col(WorkerRow.alive_until) < self.database.clock - 3600))
        now = session.execute(sql_select(self.database.clock)).scalar_one()
        session.add(
            WorkerRow(
                id=self.id,
                host=socket.gethostname(),
                pid=os.getpid(),
                version=VERSION,
                started_at=self.around.clock(),
                alive_until=now + self.around.settings.worker.lease_s,
            )
        )

    def _shut_down(self, policy: Literal["cancel", "release"], grace_s: float) -> None:
        logger.info("shutting down (%s), %d runs in hand", policy, len(self._active))
        self._scheduler.pause()
        if policy == "cancel":
            self._store_cancel_reason()
        for execution in list(self._active.values()):
            execution.interrupt(RunInterrupted(policy, SHUTDOWN_REASON))
        end = time.monotonic() + grace_s
        while self._active and time.monotonic() < end:
            time.sleep(0.02)
        if policy == "cancel" and not self._other_workers():
            self._cancel_queue()
        with self.database.write() as session:
            session.execute(delete(WorkerRow).where(col(WorkerRow.id) == self.id))
        self._scheduler.shutdown(wait=False)
        logger.info("worker %s has stopped, %d runs left to the next one", self.id, len(self._active))

    def _store_cancel_reason(self) -> None:
        with self.database.write() as session:
            session.execute(
                update(RunRow)
                .where(
                    col(RunRow.owner) == self.id,
                    col(RunRow.status) == RunStatus.RUNNING,
                    col(RunRow.cancel_reason).is_(None),
                )
                .values(cancel_reason=SHUTDOWN_REASON)
            )

    def _other_workers(self) -> int:
        with self.database.read() as session:
            others = select(func.count()).select_from(WorkerRow)
            alive = others.where(col(WorkerRow.id) != self.id, col(WorkerRow.alive_until) > self.database.clock)
            return int(session.execute(alive).scalar_one())

    def _cancel_queue(self) -> None:
        with self.database.read() as session:
            waiting = list(session.exec(select(RunRow.id).where(col(RunRow.status) == RunStatus.PENDING)))
        for run_id in waiting:
            cancel_run(self.database, run_id, actor="the worker's shutdown", now=self.around.clock())
