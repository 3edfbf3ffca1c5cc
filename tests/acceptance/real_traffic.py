"""What the tests on real traffic share: an installation that runs, a file imported by the command, a finished run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.processes import Installation
from tests.waiting import wait_until

RUN_LIMIT_S = 180 * 3
"""The promise is 180 s on two free cores; tests share theirs, so this only catches what hangs."""

POLICY = "minimum_agreement = 0.6\n"
"""Tweets are hard; the default of 0.9 would refuse every approval."""


@contextmanager
def running(data: Path, *, policy: str = POLICY, **variables: str) -> Iterator[Installation]:
    """Start backend, worker and api on an empty data folder, under a policy."""
    file = data / "policy.toml"
    file.write_text(policy)
    with Installation(data, FLYWHEEL_POLICY=str(file), **variables) as installation:
        for name in ("backend", "worker", "api"):
            installation.start(name)
        yield installation


def import_by_command(installation: Installation, path: Path) -> dict[str, Any]:
    """Return the counts that the command tells."""
    done = installation.run("logs", "import", str(path), "--json")
    assert done.returncode == 0, done.stderr
    counts: dict[str, Any] = json.loads(done.stdout)
    return counts


def finish_run(installation: Installation, **body: Any) -> dict[str, Any]:
    """Start a run by the API and return it as told after its end, which must be a success."""
    started = httpx.post(f"{installation.api}/api/jobs", json=body)
    assert started.status_code == 200, started.text
    url = f"{installation.api}/api/jobs/{started.json()['id']}"

    def finished() -> dict[str, Any] | None:
        job: dict[str, Any] = httpx.get(url, timeout=30).json()
        return job if job["finished_at"] else None

    job = wait_until(finished, f"run {started.json()['id']} to end", timeout_s=RUN_LIMIT_S, every_s=0.5)
    assert job is not None
    assert job["status"] == "completed", job["error"]
    return job
