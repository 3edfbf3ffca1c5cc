"""Builds the node from Maven Central and runs it: start, kill, start again on the same data and port."""

import fcntl
import shutil
import socket
import subprocess
import time
from pathlib import Path

FOLDER = Path(__file__).parent
TARGET = FOLDER / "target"
STAMP = TARGET / "built"
START_S = 120
NEEDED_OPTIONS = (
    *("-Djna.nosys=true", "-Dio.netty.noUnsafe=true"),
    "-Des.set.netty.runtime.available.processors=false",
)
QUICK_OPTIONS = ("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""A small node that starts soon; one that is measured wants memory and the compiler's full effort instead."""


def missing_tools() -> list[str]:
    """Return which of the commands that the node needs are not on this machine."""
    return [command for command in ("java", "mvn") if shutil.which(command) is None]


def build() -> None:
    """Compile the node and fetch its jars, unless that is done; processes that want it at once wait for one another."""
    TARGET.mkdir(exist_ok=True)
    with (TARGET / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sources = [FOLDER / "pom.xml", *FOLDER.glob("src/**/*.java")]
        if STAMP.exists() and STAMP.stat().st_mtime >= max(source.stat().st_mtime for source in sources):
            return
        command = ["mvn", "--batch-mode", "--quiet", "compile", "dependency:copy-dependencies"]
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"the node cannot be built:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
        STAMP.touch()


class Node:
    """A node whose data lie in a folder; it ends with the process that holds it."""

    def __init__(self, folder: Path, *, port: int | None = None, options: tuple[str, ...] = QUICK_OPTIONS) -> None:
        self._folder = folder
        self._port = port or _free_port()
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it and wait until it answers. Raises `RuntimeError` with its output when it does not."""
        self._folder.mkdir(parents=True, exist_ok=True)
        output = self._folder / "output.txt"
        classes = f"{TARGET / 'classes'}:{TARGET / 'lib'}/*"
        command = [
            "java",
            *NEEDED_OPTIONS,
            *self._options,
            "-cp",
            classes,
            "flywheel.Main",
            str(self._port),
            str(self._folder),
        ]
        with output.open("wb") as file:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + START_S
        while b"ready" not in output.read_bytes():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the node did not start:\n{output.read_text(errors='replace')[-3000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process and self._process.stdin:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()

    def stop(self) -> None:
        """End it in order."""
        if self._process and self._process.stdin:
            self._process.stdin.close()
            self._process.wait(30)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
