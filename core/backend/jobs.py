"""The queue of jobs: a bounded number at a time, each in a job process, stoppable at once.

Owns threads and processes, not the meaning of a job: what a state is called and what is written where belongs to the
service that made the job. A job that is running when the server ends is left as it is; the next start marks it.
"""

import contextlib
import logging
import queue
import threading
import time
from dataclasses import dataclass, field
from typing import Protocol

from core.backend.errors import JobFailedError
from core.backend.job_process import WARM_UP, JobProcess
from core.backend.state import Document

JOBS_AT_A_TIME = 2
IDLE_S = 60.0  # how long an unused process is kept: it holds about 150 MB

_log = logging.getLogger(__name__)


class Job(Protocol):
    """What the queue asks of a job. Every method is called in the thread that serves the job."""

    @property
    def id(self) -> str:
        """The job's id."""

    def begin(self) -> Document | None:
        """Mark the job as running and return the order for the job process; None when it must not run any more."""

    def progress(self, message: Document) -> None:
        """Take a progress message. Raises `JobFailedError` to end the job."""

    def finish(self, result: Document) -> None:
        """Take the result of the work."""

    def fail(self, reason: str) -> None:
        """Mark the job as failed, unless it has ended already."""


@dataclass
class _Processes:
    """Idle processes and those at work, under one lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    idle: list[JobProcess] = field(default_factory=list)
    busy: dict[str, JobProcess] = field(default_factory=dict)
    closed: bool = False


class JobQueue:
    """Runs jobs in the order of their arrival, `JOBS_AT_A_TIME` at once."""

    def __init__(self, *, idle_s: float = IDLE_S) -> None:
        self._waiting: queue.Queue[Job | None] = queue.Queue()
        self._processes = _Processes()
        self._idle_s = idle_s
        self._threads = [
            threading.Thread(target=self._serve, name=f"job-{number}", daemon=True) for number in range(JOBS_AT_A_TIME)
        ]

    def start(self) -> None:
        """Begin to serve; jobs may be submitted before."""
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> None:
        """Put a job at the end of the queue."""
        self._waiting.put(job)

    def stop(self, job_id: str) -> None:
        """End the work of a job now, if it is running; the service has marked the job before."""
        with self._processes.lock:
            process = self._processes.busy.get(job_id)
            if process is not None:
                process.kill()

    def warm_up(self) -> None:
        """Prepare a process in the background, so that the next job need not wait for one."""
        with self._processes.lock:
            if self._processes.closed or self._processes.idle or self._processes.busy:
                return
            self._processes.idle.append(process := JobProcess())
        with contextlib.suppress(JobFailedError):
            process.send({"work": WARM_UP})

    def close(self) -> None:
        """End all work now and wait for the threads."""
        with self._processes.lock:
            self._processes.closed = True
            while self._processes.idle:
                self._processes.idle.pop().close()
            for process in self._processes.busy.values():  # the threads that read them close them
                process.kill()
        for _thread in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=1)

    def _serve(self) -> None:
        while True:
            try:
                job = self._waiting.get(timeout=self._idle_s)
            except queue.Empty:
                self._end_idle_processes()
                continue
            if job is None:
                return
            try:
                self._run(job)
            except Exception as error:  # noqa: BLE001  # the outermost edge: the thread must serve the next job
                _log.exception("job %s met an error that nobody expected", job.id)
                job.fail(f"internal error in the local backend: {type(error).__name__}: {error}")

    def _run(self, job: Job) -> None:
        # The process is taken first: a stop that comes while the job begins must find something to end. It is given
        # back before the job is ended: whoever sees the end and sends the next job finds it free.
        process = self._take_process(job.id)
        if process is None:
            return
        try:
            outcome = _work_on(job, process)
        except JobFailedError as error:
            process.kill()
            outcome = {"event": "failed", "reason": str(error)}
        except BaseException:
            process.kill()
            raise
        finally:
            self._give_back(job.id, process)
        if outcome["event"] == "done":
            job.finish(outcome["result"])
        elif outcome["event"] == "failed" and not self._processes.closed:
            job.fail(outcome["reason"])

    def _take_process(self, job_id: str) -> JobProcess | None:
        with self._processes.lock:
            if self._processes.closed:
                return None
            process = None
            while self._processes.idle and process is None:
                process = _close_dead(self._processes.idle.pop())
            process = process or JobProcess()
            self._processes.busy[job_id] = process
            return process

    def _give_back(self, job_id: str, process: JobProcess) -> None:
        with self._processes.lock:
            del self._processes.busy[job_id]
            if process.is_alive() and not self._processes.closed:
                process.idle_since_s = time.monotonic()
                self._processes.idle.append(process)
                return
        process.close()

    def _end_idle_processes(self) -> None:
        now_s = time.monotonic()
        with self._processes.lock:
            idle = self._processes.idle
            ended = [process for process in idle if now_s - process.idle_since_s >= self._idle_s]
            self._processes.idle = [process for process in idle if process not in ended]
        for process in ended:
            process.close()


def _work_on(job: Job, process: JobProcess) -> Document:
    """Return the last message of the job's work. Raises `JobFailedError` when there is none."""
    order = job.begin()
    if order is None:
        return {"event": "dropped"}
    process.send(order)
    for message in process.messages():
        if message["event"] != "progress":
            return message
        job.progress(message)
    raise JobFailedError("the job's process ended unexpectedly; the local backend's log may say why")


def _close_dead(process: JobProcess) -> JobProcess | None:
    if process.is_alive():
        return process
    process.close()
    return None
