"""An installation under test: the product's own processes on free ports, one data folder, real signals.

Processes are started as people start them, by the command `flywheel`, and write their output into the data folder.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import httpx

from core.logs import import_file, open_log_store
from core.migrations import open_database
from core.settings import load_settings
from tests.machine import REPOSITORY, find_free_port
from tests.waiting import wait_until

STOP_S = 40


class Installation:
    """A data folder with ports of its own and the processes started on it; a context manager that stops them."""

    def __init__(self, data: Path, **variables: str) -> None:
        self.data = data
        self.backend_port, self.api_port, self.web_port = (find_free_port() for _ in range(3))
        self.variables: dict[str, str] = {
            "FLYWHEEL_DATA": str(data),
            "FLYWHEEL_NEMO__SETTLE_S": "2",
            "FLYWHEEL_NEMO__POLL_S": "0.1",
            "FLYWHEEL_WORKER__LEASE_S": "2",
            "FLYWHEEL_WORKER__TICK_S": "0.1",
            "FLYWHEEL_BACKEND__PORT": str(self.backend_port),
            "FLYWHEEL_API__PORT": str(self.api_port),
            "FLYWHEEL_WEB__PORT": str(self.web_port),
            **variables,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.settings = load_settings(environ=self.variables)
        self.database = open_database(self.settings)
        self.logs = open_log_store(self.settings)

    @property
    def api(self) -> str:
        """The address of the REST interface."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def backend(self) -> str:
        """The address of the local backend."""
        return f"http://127.0.0.1:{self.backend_port}"

    @property
    def web(self) -> str:
        """The address of the pages."""
        return f"http://127.0.0.1:{self.web_port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("worker", "web", "api", "backend"):
            if name in self.processes:
                self.stop(name)
        self.logs.close()
        self.database.dispose()

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Start `backend`, `worker`, `api` or `web` and wait until it serves (a worker: until it is registered)."""
        output = (self.data / f"{name}.out").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", name],
            cwd=REPOSITORY,
            env={**os.environ, **self.variables},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        output.close()
        self.processes[name] = process
        health = {
            "backend": f"{self.backend}/v1/health",
            "api": f"{self.api}/healthz",
            "web": f"{self.web}/healthz",
        }
        if name in health:
            wait_until(lambda: _answers(health[name]) or self._check_alive(name), f"{name} to serve", timeout_s=60)
        return process

    def kill(self, name: str) -> None:
        """End a process as a crash does."""
        self._end(name, signal.SIGKILL)

    def stop(self, name: str) -> int:
        """End a process as an operator does and return its exit code."""
        return self._end(name, signal.SIGTERM)

    def import_traffic(self, path: Path) -> None:
        """Import a file of logged traffic."""
        for _ in import_file(self.logs, path):
            pass

    def run(self, *arguments: str, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a `flywheel` command on this installation to its end."""
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=REPOSITORY,
            env={**os.environ, **self.variables, **(variables or {})},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def output(self, name: str) -> str:
        """Return what a process has written so far."""
        return (self.data / f"{name}.out").read_text(errors="replace")

    def _end(self, name: str, number: signal.Signals) -> int:
        process = self.processes.pop(name)
        process.send_signal(number)
        try:
            return process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{name} did not stop within {STOP_S} s:\n{self.output(name)}") from None

    def _check_alive(self, name: str) -> bool:
        code = self.processes[name].poll()
        assert code is None, f"{name} ended with {code}:\n{self.output(name)}"
        return False


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False
