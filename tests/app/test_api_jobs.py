"""Starting, listing, cancelling, retrying and deleting runs over HTTP, without a worker."""

import re
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.database import utc_now
from core.runs import RunStatus
from tests.processes import Installation
from tests.runs.rows import NOW, add_run

INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
RUN: dict[str, Any] = {"workload_id": "topics"}


def start(client: TestClient, **fields: Any) -> str:
    response = client.post("/api/jobs", json={**RUN, **fields})
    assert response.status_code == 200, response.text
    return str(response.json()["id"])


def test_a_run_is_queued_with_the_blueprints_reply(client: TestClient) -> None:
    response = client.post("/api/jobs", json={"workload_id": "topics", "client_id": "tests"})
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"id", "status", "message"}
    assert body["status"] == "queued"
    job = client.get(f"/api/jobs/{body['id']}").json()
    assert (job["status"], job["workload_id"], job["client_id"]) == ("pending", "topics", "tests")
    assert job["requested_by"] == "api"


def test_left_out_fields_take_the_settings_not_fixed_defaults(client: TestClient) -> None:
    run_id = start(client, data_split_config={"eval_size": 40})
    request = client.get(f"/api/jobs/{run_id}").json()["request"]
    assert request["evaluation_size"] == 40
    assert (request["seed"], request["minimum_records"], request["validation_ratio"]) == (42, 50, 0.1)
    assert request["students"] == ["local/linear-small", "local/linear-medium", "local/linear-large"]
    assert request["variants"] == ["base", "icl", "customized"]


def test_seed_zero_is_a_seed(client: TestClient) -> None:
    run_id = start(client, data_split_config={"random_seed": 0})
    assert client.get(f"/api/jobs/{run_id}").json()["request"]["seed"] == 0


def test_a_dry_run_tells_the_plan_and_stores_nothing(client: TestClient) -> None:
    plan = client.post("/api/jobs?dry_run=true", json={**RUN, "students": ["local/linear-small"]}).json()
    assert plan["dry_run"] is True
    assert plan["records"] == 300
    assert plan["steps"][:3] == ["prepare", "upload", "deploy:local/linear-small"]
    assert plan["evaluation_set"] is None
    counts = plan["datasets"]["counts"]
    assert counts["evaluation"] == plan["request"]["evaluation_size"] == plan["forecast"]["power"]["records"]
    assert counts["selected"] == counts["held_out"] + counts["leaked"] + counts["near_duplicates"] + (
        counts["training"] + counts["validation"]
    )
    assert [len(file["rows"]) for file in plan["datasets"]["files"]] == [3, 3, 3]
    assert plan["icl"]["files"][0]["students"] == ["local/linear-small"]
    assert client.get("/api/jobs").json()["jobs"] == []


def test_one_idempotency_key_is_one_run(client: TestClient) -> None:
    key = {"idempotency-key": "nightly-1"}
    first, second = (client.post("/api/jobs", json=RUN, headers=key).json()["id"] for _ in range(2))
    assert first == second
    assert len(client.get("/api/jobs").json()["jobs"]) == 1
    other = client.post("/api/jobs", json={**RUN, "students": ["local/linear-small"]}, headers=key)
    assert other.status_code == 409
    assert first in other.json()["error"]["message"]


def test_the_list_has_the_blueprints_fields_and_aware_instants(client: TestClient) -> None:
    run_id = start(client)
    (job,) = client.get("/api/jobs").json()["jobs"]
    assert {"id", "workload_id", "client_id", "status", "started_at", "finished_at", "datasets", "error"} <= set(job)
    assert job["id"] == run_id
    assert INSTANT.match(job["created_at"])
    assert job["started_at"] is None
    assert job["datasets"] == []


def test_pages_of_the_list_hold_every_run_once_newest_first(client: TestClient, installation: Installation) -> None:
    for number in range(7):
        add_run(installation.database, f"run-{number}", created_at=NOW + timedelta(minutes=number // 2))
    seen: list[str] = []
    before = None
    while True:
        page = client.get("/api/jobs", params={"limit": 3, **({"before": before} if before else {})}).json()
        seen += [job["id"] for job in page["jobs"]]
        before = page["next_before"]
        if before is None:
            break
    assert seen == [f"run-{number}" for number in reversed(range(7))]


def test_the_list_is_filtered_by_workload_and_status(client: TestClient, installation: Installation) -> None:
    add_run(installation.database, "a", workload_id="billing", status=RunStatus.FAILED)
    add_run(installation.database, "b", workload_id="topics", status=RunStatus.FAILED)
    add_run(installation.database, "c", workload_id="topics", status=RunStatus.RUNNING)

    def ids(**query: Any) -> set[str]:
        return {job["id"] for job in client.get("/api/jobs", params=query).json()["jobs"]}

    assert ids(workload_id="topics") == {"b", "c"}
    assert ids(status=["failed"]) == {"a", "b"}
    assert ids(status=["failed", "running"], workload_id="topics") == {"b", "c"}
    assert client.get("/api/jobs?status=broken").status_code == 422


@pytest.mark.parametrize("path", ["", "/samples", "/events", "/manifest"])
@pytest.mark.parametrize("run_id", ["nothing", "691f8c4e27d4b8c0870da43f", "a b", "x" * 300])
def test_an_unknown_run_is_not_found_whatever_its_id_looks_like(client: TestClient, run_id: str, path: str) -> None:
    response = client.get(f"/api/jobs/{run_id}{path}")
    assert response.status_code == 404
    assert response.json()["error"]["field"] == "job_id"


@pytest.mark.parametrize(("method", "path"), [("POST", "/cancel"), ("POST", "/retry"), ("DELETE", "")])
def test_acts_on_an_unknown_run_are_not_found(client: TestClient, method: str, path: str) -> None:
    assert client.request(method, f"/api/jobs/nothing{path}").status_code == 404


def test_a_waiting_run_is_cancelled_at_once_and_again_without_change(client: TestClient) -> None:
    run_id = start(client)
    first = client.post(f"/api/jobs/{run_id}/cancel")
    assert first.status_code == 200
    assert first.json()["id"] == run_id
    job = client.get(f"/api/jobs/{run_id}").json()
    assert (job["status"], job["cancel_reason"]) == ("cancelled", "Cancelled by api")
    assert INSTANT.match(job["finished_at"])
    again = client.post(f"/api/jobs/{run_id}/cancel")
    assert again.status_code == 200
    assert client.get(f"/api/jobs/{run_id}").json() == job


def test_a_finished_run_cannot_be_cancelled_nor_a_running_one_deleted(
    client: TestClient, installation: Installation
) -> None:
    add_run(installation.database, "done", status=RunStatus.COMPLETED, finished_at=utc_now())
    add_run(installation.database, "busy", status=RunStatus.RUNNING)
    for response in (client.post("/api/jobs/done/cancel"), client.delete("/api/jobs/busy")):
        assert response.status_code == 400  # the blueprint's status
        assert "error" in response.json()
    assert client.get("/api/jobs/busy").json()["status"] == "running"


def test_deletion_of_a_finished_run_is_left_to_a_worker(client: TestClient, installation: Installation) -> None:
    add_run(installation.database, "done", status=RunStatus.COMPLETED, finished_at=utc_now())
    response = client.delete("/api/jobs/done")
    assert response.status_code == 200
    assert set(response.json()) == {"id", "message"}
    types = [event["type"] for event in client.get("/api/jobs/done/events").json()["events"]]
    assert types == ["run.delete_requested"]


def test_a_cancelled_run_can_be_tried_again_and_a_completed_one_cannot(
    client: TestClient, installation: Installation
) -> None:
    run_id = start(client)
    client.post(f"/api/jobs/{run_id}/cancel")
    assert client.post(f"/api/jobs/{run_id}/retry").status_code == 200
    assert client.get(f"/api/jobs/{run_id}").json()["status"] == "pending"
    add_run(installation.database, "done", status=RunStatus.COMPLETED, finished_at=utc_now())
    assert client.post("/api/jobs/done/retry").status_code == 409


def test_events_are_numbered_without_gaps_and_read_on_from_any(client: TestClient) -> None:
    run_id = start(client)
    client.post(f"/api/jobs/{run_id}/cancel")
    events = client.get(f"/api/jobs/{run_id}/events").json()["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["type"] == "run.queued"
    rest = client.get(f"/api/jobs/{run_id}/events", params={"after": 1, "limit": 1}).json()["events"]
    assert rest == events[1:2]


def test_a_run_without_datasets_has_no_manifest_yet(client: TestClient) -> None:
    response = client.get(f"/api/jobs/{start(client)}/manifest")
    assert response.status_code == 404
    assert "no datasets yet" in response.json()["error"]["message"]


def test_health_tells_database_workers_and_services(client: TestClient) -> None:
    body = client.get("/healthz").json()
    assert (body["status"], body["database"], body["workers"], body["services"]) == ("ok", "ok", 0, [])


def test_a_database_that_fails_is_told_as_unavailable(client: TestClient, installation: Installation) -> None:
    with installation.database.write() as session:
        session.connection().exec_driver_sql("DROP TABLE worker")
        session.connection().exec_driver_sql("ALTER TABLE run RENAME TO lost")
    health = client.get("/healthz")
    assert (health.status_code, health.json()["status"]) == (503, "failing")
    jobs = client.get("/api/jobs")
    assert jobs.status_code == 503
    assert "no such table" not in jobs.text
    assert jobs.json()["error"]["reference"]


def test_the_documentation_page_names_every_call_and_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    for path in client.get("/api/openapi.json").json()["paths"]:
        assert path in page.text
    assert "<script" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
