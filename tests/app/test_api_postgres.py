"""The API over PostgreSQL: the same calls, the same answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.api import create_api
from tests.processes import Installation
from tests.runs.rows import add_run


@pytest.fixture
def installation(tmp_path: Path, topics: Path, postgres_database: str) -> Iterator[Installation]:
    with Installation(tmp_path, FLYWHEEL_DATABASE__URL=postgres_database) as installation:
        installation.import_traffic(topics)
        yield installation


def test_runs_are_queued_once_listed_in_pages_and_cancelled(installation: Installation) -> None:
    with TestClient(create_api(installation.settings), base_url=installation.api) as client:
        assert client.get("/healthz").json()["database"] == "ok"
        key = {"idempotency-key": "once"}
        first, second = (client.post("/api/jobs", json={"workload_id": "topics"}, headers=key) for _ in range(2))
        assert first.json()["id"] == second.json()["id"]
        add_run(installation.database, "older")
        page = client.get("/api/jobs?limit=1").json()
        assert [job["id"] for job in page["jobs"]] == [first.json()["id"]]
        rest = client.get("/api/jobs", params={"limit": 1, "before": page["next_before"]}).json()
        assert [job["id"] for job in rest["jobs"]] == ["older"]
        assert client.post("/api/jobs/older/cancel").status_code == 200
        assert client.get("/api/jobs/older").json()["status"] == "cancelled"
        assert client.get("/api/jobs/nothing/samples").status_code == 404
        assert client.get("/api/decisions").json() == {"decisions": []}
