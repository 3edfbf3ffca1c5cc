"""What `flywheel up` says to the person at the terminal: pure, from what is known to text."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.children import Child
from core.settings import Settings

LOG_FOLDER = "processes"
"""Folder of the children's logs, in the data folder."""


def describe_start(settings: Settings, *, uses_backend: bool) -> str:
    """Return what runs where and how to stop it."""
    services = settings.nemo.services_url
    lines = [
        "Flywheel Review is ready, on this machine only:",
        f"  pages          http://{settings.web.host}:{settings.web.port}",
        f"  API            http://{settings.api.host}:{settings.api.port}/api/docs",
        f"  local backend  http://{settings.backend.host}:{settings.backend.port}"
        if uses_backend
        else f"  services       {services} (the local backend is not needed and not started)",
        f"  data           {settings.data} (logs of the processes in {LOG_FOLDER}/)",
        "Ctrl-C stops it.",
    ]
    return "\n".join(lines)


def describe_stop(runs: Sequence[Mapping[str, Any]], settings: Settings) -> str:
    """Return what stopping does to the runs that are not finished."""
    if settings.worker.on_shutdown == "release" or not runs:
        return "Stopping."
    return (
        f"Stopping. The worker cancels what it has in hand and what waits, and removes what it created:"
        f" {name_runs(runs)}. `flywheel runs retry ID` resumes a cancelled run."
    )


def describe_end(child: Child) -> str:
    """Return how a child ended, with the end of its log."""
    code = child.exit_code
    how = f"ended by signal {-code}" if code is not None and code < 0 else f"ended with exit code {code}"
    return "\n".join(
        (f"{child.name} {how}; the end of {child.log_path}:", *(f"  {line}" for line in child.last_lines()))
    )


def name_runs(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return the runs in words."""
    return ", ".join(f"run {run['id']} (workload {run['workload_id']}, {run['status']})" for run in runs)
