"""The process in which jobs do their work, one after another, and the server's handle on it.

A job's work is heavy Python and numpy: in a process of its own it cannot slow the server's answers, and a cancel is a
kill. Orders go in and messages come out as JSON lines. A process serves many jobs, because importing the numeric
libraries costs more than most jobs. It never outlives the server: when the server dies, however it dies, the pipe to
its standard input ends and the process exits at once.

Messages: `{"event": "progress", ...}` any number of times, then `{"event": "done", "result": {...}}` or
`{"event": "failed", "reason": "..."}`.
"""

import json
import logging
import os
import queue
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from core.backend.errors import JobFailedError
from core.backend.state import Document
from core.errors import FlywheelError

Report = Callable[[Document], None]
"""Sends one progress message; called by a job's work."""

ROOT = Path(__file__).resolve().parents[2]
# Two jobs at a time and two cores: one thread each, which also makes a training's sums come out in one order.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
WARM_UP = "warm up"  # the order that only loads what jobs need and sends no message
MEMORY_BYTES = 4 << 30  # a template that fills memory ends its job, not the machine
NICENESS = 5  # a run's own processes and the server come first

_log = logging.getLogger(__name__)


class JobProcess:
    """A running job process, as the server holds it. `idle_since_s` is when its last job ended (monotonic clock)."""

    def __init__(self) -> None:
        self.idle_since_s = time.monotonic()
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from core.backend.job_process import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ | ENVIRONMENT | {"PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C in a terminal is the server's affair
        )

    def send(self, order: Document) -> None:
        """Give the process its next order. Raises `JobFailedError` when it has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise JobFailedError("the job's process could not be reached") from error

    def messages(self) -> Iterator[Document]:
        """Yield the messages to the last order; ends after its result, or early when the process has ended."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.endswith("\n"):  # it was killed in the middle of a message
                return
            message: Document = json.loads(line)
            yield message
            if message["event"] != "progress":
                return

    def is_alive(self) -> bool:
        """Tell whether the process can take another order."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process now; safe to call twice."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process and close the pipes; only for the thread that reads them."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close_quietly(pipe)


def _close_quietly(pipe: object) -> None:
    try:
        pipe.close()  # type: ignore[attr-defined]  # a text pipe
    except OSError:
        _log.debug("a job process left unread input behind")


def main() -> None:
    """Serve orders from standard input until it ends."""
    outgoing = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no message
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    orders: queue.SimpleQueue[Document] = queue.SimpleQueue()
    threading.Thread(target=_read_orders, args=(orders,), daemon=True).start()

    def send(message: Document) -> None:
        outgoing.write(json.dumps(message) + "\n")
        outgoing.flush()

    while True:
        order = orders.get()
        if order["work"] == WARM_UP:
            from core.backend import evaluation_work  # noqa: F401  # loading it is the work
        else:
            send(_serve(order, lambda facts: send({"event": "progress", **facts})))


def _read_orders(orders: "queue.SimpleQueue[Document]") -> None:
    for line in sys.stdin:
        orders.put(json.loads(line))
    os._exit(0)  # the server is gone: nobody waits for this work, and the main thread may be deep in it


def _serve(order: Document, report: Report) -> Document:
    try:
        return {"event": "done", "result": _work_for(order["work"])(order, report)}
    except (FlywheelError, OSError) as error:
        return {"event": "failed", "reason": str(error)}
    except Exception as error:  # noqa: BLE001  # the outermost edge of a job
        _log.exception("a job failed on an error that nobody expected")
        return {"event": "failed", "reason": f"internal error in the local backend: {type(error).__name__}: {error}"}


def _work_for(name: str) -> Callable[[Document, Report], Document]:
    # Imported here: the server needs the handle above, not the numeric libraries below.
    from core.backend import evaluation_work, training_work

    return {"train": training_work.train, "evaluate": evaluation_work.evaluate}[name]
