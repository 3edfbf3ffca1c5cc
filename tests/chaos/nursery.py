"""Forks workers: everything is imported once, so that a worker that replaces a killed one starts at once.

`python -m tests.chaos.nursery [FAULT]` reads one JSON line a worker (variables and where its output goes) and answers
with its process id. Each worker is a process group of its own that dies by real signals; FAULT names a deliberate one.
"""

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.machine import REPOSITORY
from tests.waiting import wait_until


@dataclass(frozen=True, kw_only=True)
class ForkedWorker:
    """One worker process; `output` is where it writes its log."""

    pid: int
    output: Path

    @property
    def is_alive(self) -> bool:
        """Tell whether the process still exists."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when the worker has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a crash does."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self, *, timeout_s: float = 40) -> None:
        """End it as an operator does."""
        self.signal(signal.SIGTERM)
        self.wait(timeout_s=timeout_s)

    def wait(self, *, timeout_s: float = 40) -> None:
        """Wait for its end."""
        wait_until(lambda: not self.is_alive, f"worker {self.pid} to end", timeout_s=timeout_s, every_s=0.005)

    def read_log(self) -> str:
        """Return what it has written, nothing before it began."""
        return self.output.read_text(errors="replace") if self.output.exists() else ""


class Nursery:
    """The forking process as tests hold it; it ends with the process that started it."""

    def __init__(self, *, fault: str | None = None) -> None:
        command = [sys.executable, "-m", "tests.chaos.nursery", *([fault] if fault else [])]
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        """End it; workers that live are their scene's to end."""
        self._process.communicate(timeout=20)

    def start(self, variables: Mapping[str, str], *, output: Path) -> ForkedWorker:
        """Start a worker with these variables in its environment, writing its log to `output`."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"variables": dict(variables), "output": str(output)}) + "\n")
        self._process.stdin.flush()
        return ForkedWorker(pid=int(self._process.stdout.readline()), output=output)


@cache
def shared_nursery() -> Nursery:
    """Return the one nursery of this process, so that a hundred scenes import everything once."""
    nursery = Nursery()
    atexit.register(nursery.close)
    return nursery


def main(fault: str | None) -> None:
    """Fork workers until the input ends."""
    from tests.chaos.deliberate import FAULTS

    if fault:
        FAULTS[fault].apply()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become_worker(order["variables"], order["output"])
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _become_worker(variables: Mapping[str, str], output: str) -> None:
    from app.commands.services import worker

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, descriptor), (2, descriptor)):
        os.dup2(source, target)
    os.environ.update(variables)
    try:
        worker()
    finally:
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
