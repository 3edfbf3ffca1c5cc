"""`flywheel up`: real processes, real signals; what starts in which order, what is restarted, what a stop says."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.announcements import describe_stop
from app.children import LARGEST_LOG_BYTES, Child
from app.supervisor import environment_of_children, points_to_backend
from core.settings import Settings, load_settings
from tests.machine import REPOSITORY
from tests.processes import Installation
from tests.waiting import wait_until

READY_WITHIN_S = 100
CHILDREN = ("backend", "worker", "api", "web")


class Up:
    """A running `flywheel up`."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.output = installation.data / "up.out"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up"],
                cwd=REPOSITORY,
                env={**os.environ, **installation.variables},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.text()
            return "Ctrl-C stops it" in self.text()

        wait_until(ready, "everything to be ready", timeout_s=READY_WITHIN_S)

    def children(self) -> dict[str, int]:
        """Return the process ids of the children that live, by command."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:  # it ended meanwhile
                continue
            if parent == self.process.pid:
                name = words[words.index(b"app.cli") + 1].decode() if b"app.cli" in words else "web"
                found[name] = int(folder.name)
        return found

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def answers(url: str) -> dict[str, Any] | None:
    try:
        response = httpx.get(url, timeout=2)
    except httpx.TransportError:
        return None
    return response.json() if response.is_success else None


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.fixture
def up(tmp_path: Path, topics: Path) -> Iterator[Up]:
    with Installation(tmp_path) as installation:
        installation.import_traffic(topics)
        running = Up(installation)
        try:
            yield running
        finally:
            running.stop()


@pytest.mark.timeout(240)
def test_up_serves_everything_restarts_what_dies_and_stops_the_worker_first(up: Up) -> None:
    up.wait_until_ready()
    installation = up.installation
    assert f"pages          {installation.web}" in up.text()
    assert set(up.children()) == set(CHILDREN)
    assert answers(f"{installation.api}/healthz") is not None
    assert answers(f"{installation.web}/healthz") is not None

    worker = up.children()["worker"]
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: up.children().get("worker", worker) != worker, "another worker", timeout_s=30)
    assert "worker ended by signal 9" in up.text()
    assert "worker is started again in 0.5 s" in up.text()

    body = {"workload_id": "topics", "training": {"epochs": 500, "batch_size": 1}}
    started = httpx.post(f"{installation.api}/api/jobs", json=body, timeout=30)
    assert started.status_code == 200, started.text
    run_id = started.json()["id"]
    run_url = f"{installation.api}/api/jobs/{run_id}"
    wait_until(lambda: (answers(run_url) or {}).get("status") == "running", "the run to start", timeout_s=60)
    children = up.children()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(60) == 0
    assert f"run {run_id} (workload topics, running)" in up.text()
    assert up.text().rstrip().endswith("Stopped.")
    assert all(has_ended(pid) for pid in children.values())
    shown = json.loads(installation.run("runs", "show", run_id, "--json").stdout)["run"]
    assert shown["summary"]["status"] == "cancelled"
    assert shown["pending_cleanup"] == []
    for name in CHILDREN:
        assert (installation.data / "processes" / f"{name}.log").exists()


@pytest.mark.full
@pytest.mark.timeout(240)
def test_children_end_when_their_parent_is_killed(up: Up) -> None:
    up.wait_until_ready()
    children = up.children()
    assert set(children) == set(CHILDREN)
    up.process.kill()
    up.process.wait()
    for name, pid in children.items():
        wait_until(lambda pid=pid: has_ended(pid), f"{name} to end with its parent", timeout_s=40)  # type: ignore[misc]


@pytest.mark.parametrize("name", ["web", "api", "backend"])
def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path, name: str) -> None:
    with Installation(tmp_path) as installation:
        port = getattr(installation, f"{name}_port")
        with socket.create_server(("127.0.0.1", port)):
            ended = installation.run("up")
        assert ended.returncode == 1
        assert f"port {port}" in ended.stderr
        assert f"{name}.port" in ended.stderr
        assert not (tmp_path / "processes").exists()


def test_an_open_address_is_refused(tmp_path: Path) -> None:
    with Installation(tmp_path, FLYWHEEL_WEB__HOST="0.0.0.0") as installation:
        ended = installation.run("up", "--json")
    assert ended.returncode == 2
    assert json.loads(ended.stderr.splitlines()[-1])["error"]["field"] == "web.host"


@pytest.mark.timeout(240)
def test_a_child_that_cannot_start_ends_everything_with_its_words(tmp_path: Path) -> None:
    with Installation(tmp_path) as installation:
        (tmp_path / "backend").write_text("a file where the backend wants a folder")
        ended = installation.run("up")
    assert ended.returncode != 0
    assert "backend ended with exit code" in ended.stderr
    assert "Traceback" not in ended.stdout
    assert ended.stderr.rstrip().endswith("Stopped.")


def test_the_local_backend_is_started_only_where_the_settings_point_to_it() -> None:
    assert points_to_backend(Settings())
    elsewhere = {
        f"FLYWHEEL_NEMO__{name}_URL": "https://nemo.example:8630" for name in ("SERVICES", "NIM", "DATA_STORE")
    }
    assert not points_to_backend(load_settings(environ=elsewhere))


def test_every_child_finds_the_same_folder_and_ports(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, environ={"FLYWHEEL_WEB__PORT": "1111", "FLYWHEEL_API__PORT": "2222"})
    of_child = load_settings(environ={**environment_of_children(settings, {}), "PATH": ""})
    assert of_child == settings


def test_a_stop_says_what_it_cancels() -> None:
    runs = [{"id": "a", "workload_id": "w", "status": "running"}, {"id": "b", "workload_id": "w", "status": "pending"}]
    told = describe_stop(runs, Settings())
    assert "run a (workload w, running), run b (workload w, pending)" in told
    release = load_settings(environ={"FLYWHEEL_WORKER__ON_SHUTDOWN": "release"})
    assert describe_stop(runs, release) == describe_stop([], Settings()) == "Stopping."


def test_a_long_log_is_moved_aside_and_only_new_error_lines_are_told(tmp_path: Path) -> None:
    log = tmp_path / "processes" / "logs.log"
    log.parent.mkdir()
    log.write_bytes(b"2026 ERROR old\n" + b"x" * LARGEST_LOG_BYTES)
    child = Child(
        name="logs", command=("nonsense",), log_path=log, environ={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )
    child.start()
    wait_until(lambda: not child.is_alive, "the child to end", timeout_s=30)
    assert child.exit_code == 2
    assert "No such command 'nonsense'" in child.last_lines()[-1]
    assert log.with_suffix(".log.1").stat().st_size > LARGEST_LOG_BYTES
    with log.open("a") as file:
        file.write("2026-01-01 ERROR flywheel: broken\n2026-01-01 INFO fine\nERROR cut of")
    assert child.new_errors() == ["2026-01-01 ERROR flywheel: broken"]
    assert child.new_errors() == []


def test_the_wait_before_a_restart_doubles_up_to_a_limit(tmp_path: Path) -> None:
    child = Child(name="x", command=(), log_path=tmp_path / "x.log", environ={}, started_at=float("inf"))
    assert [child.plan_restart() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
