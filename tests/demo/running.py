"""A running `flywheel demo` under test: the real command on free ports, its output in a file, real signals."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import httpx

from tests.machine import REPOSITORY, find_free_port
from tests.waiting import wait_until

READY = "Ctrl-C stops it"
STOP_WITHIN_S = 60  # seconds on quiet cores; a machine full of other tests is not quiet


class Demo:
    """One demo folder with ports of its own; a context manager that stops what it started."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.web_port, self.api_port, self.backend_port = (find_free_port() for _ in range(3))
        self.web = f"http://127.0.0.1:{self.web_port}"
        self.api = f"http://127.0.0.1:{self.api_port}"
        self.started_at = 0.0
        self._output = data.parent / f"{data.name}.out"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.stop()

    def start(self, *arguments: str) -> None:
        """Start the command; nothing is waited for."""
        self.started_at = time.monotonic()
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                self._command(*arguments),
                cwd=REPOSITORY,
                env=self._environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self) -> int:
        """Press Ctrl-C and return the exit code."""
        assert self._process is not None
        process, self._process = self._process, None
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        return process.wait(STOP_WITHIN_S)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end, for starts that are refused."""
        return subprocess.run(
            self._command(*arguments),
            cwd=REPOSITORY,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def text(self) -> str:
        """Return what the terminal shows so far."""
        return self._output.read_text()

    def wait_for(self, words: str, *, timeout_s: float = 240) -> None:
        """Wait until the terminal says it."""

        def is_said() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, self.text()
            return words in self.text()

        wait_until(is_said, f"{words!r} on the terminal", timeout_s=timeout_s, every_s=0.2)

    def ask(self, path: str) -> dict[str, Any]:
        """Return what the API answers."""
        response = httpx.get(f"{self.api}{path}", timeout=30)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def runs(self) -> dict[str, dict[str, Any]]:
        """Return the runs in detail, by workload."""
        jobs = self.ask("/api/jobs")["jobs"]
        return {job["workload_id"]: self.ask(f"/api/jobs/{job['id']}") for job in jobs}

    def _command(self, *arguments: str) -> list[str]:
        ports = ("--port", str(self.web_port), "--api-port", str(self.api_port))
        return [sys.executable, "-m", "app.cli", "demo", "--data", str(self.data), *ports, *arguments]

    def _environment(self) -> dict[str, str]:
        """Return an environment of somebody with an installation of their own, which the demo must not touch."""
        theirs = self.data.parent / "theirs"
        return {
            **os.environ,
            "FLYWHEEL_BACKEND__PORT": str(self.backend_port),
            "FLYWHEEL_DATA": str(theirs),
            "FLYWHEEL_LOGS__PATH": str(theirs / "logs.db"),
            "FLYWHEEL_DATABASE__URL": "postgresql+psycopg://nobody@127.0.0.1:1/theirs",
            "FLYWHEEL_NEMO__SERVICES_URL": "http://nemo.invalid",
        }
