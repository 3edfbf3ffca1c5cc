"""What the API refuses before any route sees it, and the one shape of every refusal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api import create_api
from app.api.guard import LARGEST_JSON_BYTES
from tests.processes import Installation
from tests.runs.rows import add_run

RUN = {"workload_id": "topics"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, topics: Path) -> Iterator[TestClient]:
    """The API of an installation that no test here changes."""
    with Installation(tmp_path_factory.mktemp("data")) as installation:
        installation.import_traffic(topics)
        with TestClient(create_api(installation.settings), base_url=installation.api) as client:
            yield client


def error_of(response: Any) -> dict[str, Any]:
    body = response.json()
    assert set(body) == {"error"}
    assert {"message", "field"} <= set(body["error"])
    error: dict[str, Any] = body["error"]
    return error


def count_runs(client: TestClient) -> int:
    return len(client.get("/api/jobs").json()["jobs"])


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8620", "127.0.0.1.evil.example", "[::2]", "", "a:b:c"])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/healthz"), ("GET", "/api/docs"), ("POST", "/api/jobs"), ("GET", "/nowhere")]
)
def test_a_foreign_host_is_refused_on_every_route(client: TestClient, method: str, path: str, host: str) -> None:
    response = client.request(method, path, headers={"host": host})
    assert response.status_code == 400
    assert error_of(response)["field"] == "Host"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8620", "[::1]:8620", "[::1]"])
def test_names_of_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8501"},  # another port is another origin
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/api/jobs", "/api/jobs/x/cancel", "/api/jobs/x/decisions", "/api/logs"])
def test_a_write_from_a_foreign_page_is_refused(client: TestClient, path: str, headers: dict[str, str]) -> None:
    response = client.post(path, json=RUN, headers=headers)
    assert response.status_code == 403
    error_of(response)
    assert count_runs(client) == 0


def test_a_delete_from_a_foreign_page_is_refused(client: TestClient) -> None:
    assert client.delete("/api/jobs/x", headers={"origin": "https://evil.example"}).status_code == 403


def test_a_write_from_a_page_of_this_server_or_from_no_page_passes(client: TestClient) -> None:
    own = {"origin": str(client.base_url), "sec-fetch-site": "same-origin"}
    assert client.post("/api/jobs?dry_run=true", json=RUN, headers=own).status_code == 200
    assert client.post("/api/jobs?dry_run=true", json=RUN).status_code == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "text/plain; charset=application/json", "application/x-www-form-urlencoded", "", "x"]
)
@pytest.mark.parametrize("path", ["/api/jobs", "/api/jobs/x/cancel", "/api/jobs/x/decisions", "/api/logs"])
def test_a_body_that_is_not_json_by_its_type_is_refused(client: TestClient, path: str, content_type: str) -> None:
    response = client.post(path, content=b'{"workload_id": "topics"}', headers={"content-type": content_type})
    assert response.status_code == 415
    assert error_of(response)["field"] == "Content-Type"
    assert count_runs(client) == 0


def test_json_lines_are_for_logs_alone(client: TestClient) -> None:
    lines = {"content-type": "application/x-ndjson"}
    assert client.post("/api/jobs", content=b"{}", headers=lines).status_code == 415
    assert client.post("/api/logs", content=b"{}", headers={"content-type": "application/json"}).status_code == 415


def test_a_body_announced_too_large_is_refused_unread(client: TestClient) -> None:
    headers = {"content-type": "application/json", "content-length": str(LARGEST_JSON_BYTES + 1)}
    response = client.post("/api/jobs", content=b"{}", headers=headers)
    assert response.status_code == 413
    error_of(response)


def test_a_body_that_grows_too_large_is_refused_while_it_comes(client: TestClient) -> None:
    def endless() -> Any:
        for _ in range(3):
            yield b" " * LARGEST_JSON_BYTES

    response = client.post("/api/jobs", content=endless(), headers={"content-type": "application/json"})
    assert response.status_code == 413
    error_of(response)


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "workload_id", "is missing"),
        ({"workload": "topics"}, "workload_id", "there is no field 'workload'; did you mean 'workload_id'"),
        ({**RUN, "sudents": []}, "sudents", "did you mean 'students'"),
        ({**RUN, "data_split_config": {"eval_sise": 3}}, "data_split_config.eval_sise", "did you mean 'eval_size'"),
        ({**RUN, "data_split_config": {"eval_size": 0}}, "data_split_config.eval_size", "greater than or equal to 1"),
        ({**RUN, "data_split_config": {"eval_size": "60"}}, "data_split_config.eval_size", "valid integer"),
        ({**RUN, "data_split_config": {"eval_size": True}}, "data_split_config.eval_size", "valid integer"),
        ({**RUN, "data_split_config": {"val_ratio": 1}}, "data_split_config.val_ratio", "less than 1"),
        ({**RUN, "data_split_config": {"random_seed": 2**53}}, "data_split_config.random_seed", "less than or equal"),
        ({**RUN, "training": {"epochs": 0}}, "training.epochs", "greater than or equal to 1"),
        ({**RUN, "students": []}, "students", "at least 1"),
        ({**RUN, "selection": {"since": "2026-03-01"}}, "selection.since", "timezone"),
        ({**RUN, "icl_config": {"max_examples": 0}}, "icl_config.max_examples", "greater than or equal to 1"),
        ({**RUN, "answer_format": {"kind": "xml"}}, "answer_format.kind", "double_brackets"),
        ({"workload_id": "a\x00b"}, "workload_id", "NUL"),
        ({"workload_id": ""}, "workload_id", "at least 1 character"),
        ([], None, "valid dictionary"),
    ],
    ids=str,
)
def test_a_wrong_field_is_refused_by_name(client: TestClient, body: Any, field: str | None, words: str) -> None:
    response = client.post("/api/jobs", json=body)
    error = error_of(response)
    assert response.status_code == 422
    assert error["field"] == field
    assert words in error["message"]
    assert count_runs(client) == 0


@pytest.mark.parametrize(
    ("body", "status", "field", "words"),
    [
        ({"evaluation_set": "v9"}, 404, "evaluation_set", "frozen are: none yet"),
        ({"students": ["local/linear-tiny"]}, 404, "students", "did you mean"),
        (
            {"selection": {"since": "2030-01-01T00:00:00Z", "until": "2029-01-01T00:00:00Z"}},
            422,
            "selection.since",
            "time window is empty",
        ),
        ({"selection": {"since": "2030-01-01T00:00:00Z"}}, 422, "selection.since", "There are no records"),
        ({"data_split_config": {"eval_size": 299}}, 422, "data_split_config.eval_size", "choose 298 or less"),
        ({"data_split_config": {"limit": 10}}, 422, "data_split_config.limit", "below the minimum"),
        ({"icl_config": {"min_examples": 9}}, 422, "icl_config.min_examples", "more than max_examples"),
        ({"answer_format": {"kind": "json_field"}}, 422, "field", "needs the name of its field"),
    ],
    ids=str,
)
@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_what_the_records_cannot_give_is_refused_by_name(
    client: TestClient, query: str, body: dict[str, Any], status: int, field: str, words: str
) -> None:
    response = client.post(f"/api/jobs{query}", json={"workload_id": "topics", **body})
    error = error_of(response)
    assert (response.status_code, error["field"]) == (status, field), error
    assert words in error["message"]
    assert count_runs(client) == 0


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b'{"workload_id": "\\ud800"}'], ids=repr)
def test_a_body_that_is_no_json_is_refused(client: TestClient, content: bytes) -> None:
    response = client.post("/api/jobs", content=content, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    error_of(response)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/jbos", 404), ("PUT", "/api/jobs", 405), ("GET", "/docs", 404), ("GET", "/api/jobs?limit=0", 422)],
)
def test_unknown_routes_methods_and_queries_answer_in_the_same_shape(
    client: TestClient, method: str, path: str, status: int
) -> None:
    response = client.request(method, path, json={} if method == "PUT" else None)
    assert response.status_code == status
    assert error_of(response)["message"]


@pytest.mark.parametrize("path", ["/api/jobs/%00", "/api/jobs?workload_id=a%00", "/api/jobs/x/samples?cursor=%00"])
def test_an_address_with_nul_is_refused(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 400


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256], ids=repr)
def test_an_idempotency_key_that_cannot_be_kept_is_refused(client: TestClient, key: str) -> None:
    response = client.post("/api/jobs", json=RUN, headers={b"idempotency-key": key.encode()})
    assert response.status_code == 422
    assert error_of(response)["field"] == "Idempotency-Key"
    assert count_runs(client) == 0


def test_an_unexpected_error_gives_a_reference_and_no_word_of_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Installation(tmp_path) as installation:
        add_run(installation.database, "broken", request={})  # no launch writes such a row
        with TestClient(create_api(installation.settings), base_url=installation.api) as client:
            response = client.get("/api/jobs/broken")
    error = error_of(response)
    assert response.status_code == 500
    assert error["reference"] in error["message"]
    assert f"reference {error['reference']}" in caplog.text
    assert "KeyError" in caplog.text
    assert "students" not in response.text


def test_answers_carry_the_headers_that_keep_them_from_other_origins(client: TestClient) -> None:
    for response in (client.get("/healthz"), client.get("/nowhere"), client.get("/healthz", headers={"host": "x.y"})):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in response.headers
