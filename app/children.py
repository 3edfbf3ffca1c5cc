"""One child process of `flywheel up`: started with its own log file, watched, restarted, stopped.

Owns the mechanics of a single process. Which processes there are, and in which order they live, is the business of
`app.supervisor`.
"""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 30.0
STEADY_AFTER_S = 60.0
"""Whoever lived so long before it died is started again without waiting."""

LARGEST_LOG_BYTES = 5 * 1024 * 1024
TAIL_BYTES = 16_384
TAIL_LINES = 12
ERROR_LINE = re.compile(r"\b(ERROR|CRITICAL)\b")
PR_SET_PDEATHSIG = 1


@dataclass(kw_only=True)
class Child:
    """One process by name. `command` is what follows `flywheel`; its output goes to `log_path`."""

    name: str
    command: tuple[str, ...]
    log_path: Path
    environ: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    started_at: float = 0.0
    restart_at: float | None = None
    _read_to: int = field(default=0, repr=False)

    @property
    def is_alive(self) -> bool:
        """Tell whether the process runs."""
        return self.process is not None and self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """The process's exit code; negative for the signal that ended it, None while it runs."""
        return self.process.poll() if self.process is not None else None

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        with _open_log(self.log_path) as log:
            self._read_to = log.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "app.cli", *self.command, "--parent", str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environ),
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        self.restart_at = None

    def plan_restart(self) -> float:
        """Choose when to start the dead process again and return the wait in seconds; it doubles up to a limit."""
        if time.monotonic() - self.started_at > STEADY_AFTER_S:
            self.restarts = 0
        wait_s = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2.0**self.restarts)
        self.restarts += 1
        self.restart_at = time.monotonic() + wait_s
        return wait_s

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self.process is not None and self.is_alive:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL and wait for the end."""
        if self.process is not None and self.is_alive:
            self.process.kill()
            self.process.wait()

    def new_errors(self) -> list[str]:
        """Return the error lines that the process wrote since the last call."""
        with self.log_path.open("rb") as log:
            log.seek(self._read_to)
            fresh = log.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read_to += len(whole)
        return [line for line in whole.decode("utf-8", "replace").splitlines() if ERROR_LINE.search(line)]

    def last_lines(self) -> list[str]:
        """Return the end of the log."""
        with self.log_path.open("rb") as log:
            log.seek(max(0, self.log_path.stat().st_size - TAIL_BYTES))
            return log.read().decode("utf-8", "replace").splitlines()[-TAIL_LINES:]


def end_with_parent(parent: int) -> None:
    """Ask the system to send this process SIGTERM when its parent dies (Linux); leave at once if it died already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the process that started this one has ended")


def _open_log(path: Path) -> BinaryIO:
    """Open a log for appending; a long one is moved aside first, replacing the one moved before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LARGEST_LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")
