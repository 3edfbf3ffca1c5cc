"""A running installation as a client sees it."""

from functools import cached_property
from typing import Any

import httpx

from tests.processes import Installation
from tests.waiting import wait_until

WORKLOAD = "topics"
STUDENT = "local/linear-small"
RUN_WITHIN_S = 90
FINAL = {"completed", "completed_with_errors", "failed", "cancelled"}


class Stack:
    """Processes on one data folder and a client of their API."""

    def __init__(self, installation: Installation, http: httpx.Client, *, workload: str) -> None:
        self.installation = installation
        self.http = http
        self.workload = workload

    def start_run(self, **fields: Any) -> str:
        """Start a small run over HTTP and return its id."""
        body = {
            "workload_id": self.workload,
            "students": [STUDENT],
            "data_split_config": {"eval_size": 60, "min_total_records": 50},
            **fields,
        }
        response = self.http.post("/api/jobs", json=body)
        assert response.status_code == 200, response.text
        return str(response.json()["id"])

    def read_run(self, run_id: str) -> dict[str, Any]:
        """Return a run as the API tells it."""
        job: dict[str, Any] = self.http.get(f"/api/jobs/{run_id}").json()
        return job

    def wait_for_end(self, run_id: str) -> dict[str, Any]:
        """Return the run when it has ended."""

        def ended() -> dict[str, Any] | None:
            job = self.read_run(run_id)
            return job if job["status"] in FINAL else None

        return wait_until(ended, f"run {run_id} to end", timeout_s=RUN_WITHIN_S) or {}

    @cached_property
    def finished_run(self) -> dict[str, Any]:
        """A completed run with base and customized results."""
        job = self.wait_for_end(self.start_run())
        assert job["status"] == "completed", job
        return job

    def all_samples(self, run_id: str, **query: Any) -> list[dict[str, Any]]:
        """Return every sample, page by page."""
        samples: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            asked = {**query, **({"cursor": cursor} if cursor else {})}
            page = self.http.get(f"/api/jobs/{run_id}/samples", params=asked).raise_for_status().json()
            samples += page["samples"]
            cursor = page["next_cursor"]
            if cursor is None:
                return samples
