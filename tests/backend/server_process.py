"""A local backend in a process of its own, as `flywheel backend` runs it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.machine import REPOSITORY
from tests.waiting import wait_until

SERVE = """
import sys
from pathlib import Path
from core.backend import serve_backend
serve_backend(directory=Path(sys.argv[1]), port=0, announce=lambda address: print(address, flush=True))
"""


@dataclass
class ServerProcess:
    """A server that may be started again: each start takes a free port, `url` is where it answers now."""

    folder: Path
    url: str = ""
    process: "subprocess.Popen[str]" = field(init=False)

    def start(self) -> "ServerProcess":
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(self.folder)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise AssertionError(f"the local backend did not start, exit code {self.stop(signal.SIGKILL)}")
        wait_until(self.answers, "the local backend to answer", timeout_s=30)
        return self

    @property
    def port(self) -> int:
        return httpx.URL(self.url).port or 0

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/v1/health", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def children(self) -> list[int]:
        """The job processes that live now."""
        return find_children(self.process.pid)

    def stop(self, signal_number: int = signal.SIGTERM, *, timeout_s: float = 10) -> int:
        """Send a signal, wait for the end and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        code = self.process.wait(timeout=timeout_s)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@contextmanager
def running_server(folder: Path) -> Iterator[ServerProcess]:
    """A started server, killed at the end if it still lives."""
    server = ServerProcess(folder=folder).start()
    try:
        yield server
    finally:
        server.stop(signal.SIGKILL)


def find_children(process_id: int) -> list[int]:
    """The children of a process, from Linux's process table."""
    children = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == process_id and fields[0] != "Z":
            children.append(int(path.parent.name))
    return children


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
