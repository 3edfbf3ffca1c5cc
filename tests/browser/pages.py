"""The web process for browser tests: the real one, on a free port, over a data folder of the test."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from tests import machine
from tests.waiting import wait_until


@contextmanager
def serve_pages(data: Path, **environment: str) -> Iterator[str]:
    """Run the web process over `data`; yield its address, and stop it with SIGTERM afterwards."""
    port = machine.find_free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(machine.REPOSITORY / "app" / "server.py")]
    variables = {**os.environ, "FLYWHEEL_DATA": str(data), **environment}
    with (data.parent / f"web-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--server.port", str(port)], cwd=data.parent, env=variables, stdout=log, stderr=log
        )
        try:
            wait_until(lambda: _answers(process, f"{address}/healthz"), "the web process to answer", timeout_s=60)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)


def _answers(process: subprocess.Popen[bytes], address: str) -> bool:
    if process.poll() is not None:
        raise AssertionError(f"the web process ended with {process.returncode}")
    try:
        with urllib.request.urlopen(address, timeout=1) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False
