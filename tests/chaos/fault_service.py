"""The fault-injecting services as a test holds them: started, steered, read, stopped."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import httpx

from tests.chaos.faults import Entry, Faults, Hang, Kill, Remote
from tests.machine import REPOSITORY
from tests.waiting import wait_until

NO_FAULT = Faults()


class FaultService:
    """A process that plays the NeMo services badly; a context manager that ends it."""

    def __init__(self, folder: Path) -> None:
        port_file = folder / "services.port"
        self._process = subprocess.Popen([sys.executable, "-m", "tests.chaos.server", str(port_file)], cwd=REPOSITORY)
        wait_until(port_file.exists, "the fault service to start", timeout_s=30)
        self.url = f"http://127.0.0.1:{port_file.read_text()}"
        self._client = httpx.Client(base_url=self.url, timeout=10, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._process.kill()
        self._process.wait()

    def set_faults(self, **faults: Any) -> None:
        """Change some faults; the others stay as they are."""
        document = {name: getattr(value, "__dict__", value) for name, value in faults.items()}
        self._client.post("/_faults", content=json.dumps(document)).raise_for_status()

    def heal(self) -> None:
        """Take all faults away; times of jobs go back to their defaults."""
        self.set_faults(**NO_FAULT.to_dict())

    def hang(self, requests: str, seconds: float, *, after_effect: bool = False) -> None:
        """Let matching requests hang."""
        self.set_faults(hang=Hang(requests=requests, seconds=seconds, after_effect=after_effect))

    def kill_at(self, pid: int, kill: Kill) -> None:
        """Kill a process at a point of a request to come."""
        self.set_faults(victim=pid, kill=kill)

    def forget_job(self, key: str) -> None:
        """Let the service lose a job."""
        self._client.post("/_forget", content=json.dumps({"key": key})).raise_for_status()

    def finish_jobs(self) -> None:
        """Let every job that runs end now."""
        self._client.post("/_finish", content=b"{}").raise_for_status()

    def ledger(self, operation: str, kind: str = "", key: str = "") -> list[Entry]:
        """Return what took effect, oldest first; `key` is a part of the keys wanted."""
        entries = [Entry(**entry) for entry in self._client.get("/_ledger").json()]
        return [
            entry
            for entry in entries
            if entry.operation == operation and kind in ("", entry.kind) and re.search(key, entry.key)
        ]

    def remote(self) -> Remote:
        """Return what the services hold now."""
        found: dict[str, Any] = self._client.get("/_state").json()
        lists = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
        return Remote(requests=found["requests"], **lists)
