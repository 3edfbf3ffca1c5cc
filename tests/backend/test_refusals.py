"""What the server refuses, in which shape: unknown paths, bodies that are no JSON, paths that climb, foreign pages."""

import base64
import json
import socket
from typing import Any

import httpx
import pytest

from tests.backend.server_process import ServerProcess
from tests.backend.workload import NAMESPACE, commit_lines, create_namespaces, put_dataset, send_commit


@pytest.fixture(scope="module", autouse=True)
def dataset(client: httpx.Client) -> None:
    create_namespaces(client)
    put_dataset(client, "refusals", {"a.jsonl": b"{}\n"})


HUB = f"/v1/hf/api/datasets/{NAMESPACE}/refusals"


@pytest.mark.parametrize(
    ("method", "path", "status", "keys"),
    [
        ("GET", "/", 404, {"detail"}),
        ("GET", "/v1/nothing", 404, {"detail"}),
        ("GET", "/v2/evaluation/jobs", 404, {"detail"}),
        ("PUT", "/v1/datasets", 405, {"detail"}),
        ("GET", "/v1/customization/jobs/cust-nothing", 404, {"detail"}),
        ("GET", "/v1/customization/jobs/cust-nothing/status", 404, {"detail"}),
        ("POST", "/v1/customization/jobs/cust-nothing/cancel", 404, {"detail"}),
        ("GET", "/v1/evaluation/jobs/eval-nothing/results", 404, {"detail"}),
        ("DELETE", "/v1/evaluation/jobs/eval-nothing", 404, {"detail"}),
        ("GET", "/v1/datastore/namespaces/nothing", 404, {"detail"}),
        ("GET", "/v1/hf/api/nothing", 404, {"error"}),
        ("GET", "/v1/hf/api/datasets/ns/nothing", 404, {"error"}),
        ("GET", "/nim/v1/nothing", 404, {"object", "message", "type", "param", "code"}),
    ],
)
def test_every_error_is_json_in_the_shape_of_its_service(
    client: httpx.Client, method: str, path: str, status: int, keys: set[str]
) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert set(response.json()) == keys


@pytest.mark.parametrize("path", ["/v1/datasets", "/v1/evaluation/jobs", "/v1/customization/jobs", "/v1/namespaces"])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(client: httpx.Client, path: str, body: bytes) -> None:
    response = client.post(path, content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422
    problem = response.json()["detail"][0]
    assert problem["loc"] == ["body"]
    assert "not JSON" in problem["msg"]


@pytest.mark.parametrize("body", [[], "text", 5, None])
def test_a_body_that_is_no_object_is_refused(client: httpx.Client, body: object) -> None:
    assert client.post("/v1/datasets", json=body).status_code == 422
    assert client.patch(f"/v1/datasets/{NAMESPACE}/refusals", json=body).status_code == 422


def test_the_data_store_takes_namespaces_as_form_and_as_json(client: httpx.Client) -> None:
    path = "/v1/datastore/namespaces"
    assert client.post(path, data={"namespace": "by-form"}).status_code == 201
    assert client.post(path, json={"namespace": "by-json"}).status_code == 201
    again = client.post(path, json={"namespace": "by-json"})
    assert (again.status_code, again.headers["x-should-retry"]) == (409, "false")
    listed = [one["namespace"] for one in client.get(f"{path}/", params={"page_size": 100}).json()["data"]]
    assert {"by-form", "by-json", NAMESPACE} <= set(listed)
    assert client.get(f"{path}/by-form").json()["created_at"].endswith("Z")
    assert client.delete(f"{path}/by-form").status_code == 200
    assert client.get(f"{path}/by-form").status_code == 404
    held = client.delete(f"{path}/{NAMESPACE}")
    assert held.status_code == 409
    assert "dataset(s)" in held.json()["detail"]
    for wrong in ({"namespace": "../up"}, {"namespace": ""}, {}):
        assert client.post(path, data=wrong).status_code == 422
        assert client.post(path, json=wrong).json()["detail"][0]["loc"] == ["body", "namespace"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "x", "organization": NAMESPACE, "type": "model"}, "type 'dataset'"),
        ({"name": "../x", "organization": NAMESPACE, "type": "dataset"}, "name"),
        ({"organization": NAMESPACE, "type": "dataset"}, "name: Field required"),
        ({"name": "x", "organization": "no-such-namespace", "type": "dataset"}, "no namespace 'no-such-namespace'"),
    ],
)
def test_a_wrong_repository_is_refused_in_the_hubs_shape(
    client: httpx.Client, body: dict[str, str], words: str
) -> None:
    response = client.post("/v1/hf/api/repos/create", json=body)
    assert response.status_code in {400, 404, 422}
    assert words in response.json()["error"]
    assert words in response.headers["x-error-message"]


def file_line(path: object, content: object = base64.b64encode(b"x").decode()) -> bytes:
    return json.dumps({"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}}).encode()


HEADER = b'{"key":"header","value":{"summary":"s"}}\n'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "line 2: not JSON"),
        (b"[]", "line 2: expected an object"),
        (b'{"key":"lfsFile","value":{"path":"a"}}', "line 2: 'lfsFile' is not offered"),
        (file_line("a", "%%%"), "line 2: 'content' is not base64"),
        (file_line("a", 5), "line 2: 'content' is missing"),
        (file_line(None), "line 2: the path is missing"),
        (file_line("../../../etc/passwd"), "line 2: the path '../../../etc/passwd' is not relative and plain"),
        (file_line("/etc/passwd"), "is not relative and plain"),
        (file_line("a/../b"), "is not relative and plain"),
        (file_line("a//b"), "is not relative and plain"),
        (file_line("..\\b"), "backslash"),
        (file_line("a\x00b"), "control character"),
        (file_line("a" * 2000), "too long"),
        (b'{"key":"deletedFile","value":{"path":"nothing"}}', "there is no such file"),
        (b"", "the commit changes nothing"),
    ],
)
def test_a_wrong_commit_is_refused_by_line_and_writes_nothing(client: httpx.Client, line: bytes, words: str) -> None:
    before = client.get(HUB).json()["sha"]
    response = send_commit(client, "refusals", HEADER + line + b"\n")
    assert response.status_code in {400, 404}
    assert words in response.json()["error"]
    assert client.get(HUB).json()["sha"] == before


def test_a_commit_with_one_wrong_line_among_good_ones_writes_none(client: httpx.Client) -> None:
    body = commit_lines({"good.jsonl": b"{}\n"}) + file_line("../bad") + b"\n"
    assert send_commit(client, "refusals", body).status_code == 400
    assert [entry["path"] for entry in client.get(f"{HUB}/tree/main").json()] == ["a.jsonl"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/hf/datasets/ns/refusals/resolve/main/../../../../../etc/passwd",
        "/v1/hf/datasets/ns/refusals/resolve/main/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/v1/hf/datasets/ns/refusals/resolve/main//etc/passwd",
        "/v1/hf/datasets/ns/refusals/resolve/..%2f..%2fbackend.db/x",
        "/v1/hf/datasets/..%2f..%2f/refusals/resolve/main/backend.db",
        "/v1/hf/api/datasets/ns/refusals/tree/main/..%2f..",
        "/v1/evaluation/jobs/..%2f..%2fbackend/download-results",
        "/v1/models/..%2f../backend.db",
    ],
)
def test_a_path_that_climbs_reaches_no_file(server: ServerProcess, path: str) -> None:
    # By hand, because clients tidy such paths before they send them.
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.split(b" ", 2)[1] == b"404", answer
    assert b"root:" not in answer
    assert b"SQLite" not in answer


def test_a_plus_and_an_at_in_a_path_are_themselves(client: httpx.Client) -> None:
    name = "llama-3.2@v1.0.0+A100"
    body = {"name": name, "namespace": NAMESPACE, "files_url": "hf://datasets/ns/x"}
    client.post("/v1/datasets", json=body)
    for written in (name, name.replace("+", "%2B"), name.replace("@", "%40")):
        assert client.get(f"/v1/datasets/{NAMESPACE}/{written}").json()["name"] == name


def test_a_range_of_a_file_is_sent_with_its_place(client: httpx.Client) -> None:
    put_dataset(client, "ranges", {"digits.txt": b"0123456789"})
    path = f"/v1/hf/datasets/{NAMESPACE}/ranges/resolve/main/digits.txt"
    head = client.head(path)
    assert (head.headers["content-length"], head.headers["x-repo-commit"]) == (
        "10",
        client.get(f"/v1/hf/api/datasets/{NAMESPACE}/ranges").json()["sha"],
    )
    assert head.headers["etag"].strip('"') == "ad471007bd7f5983d273b9584e5629230150fd54"  # git hash-object
    part = client.get(path, headers={"range": "bytes=4-"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"456789", "bytes 4-9/10")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.test"}, 400),
        ({"host": "127.0.0.1.evil.test:80"}, 400),
        ({"host": "["}, 400),
        ({"origin": "http://evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 201),
        ({"host": "localhost"}, 201),
        ({}, 201),
    ],
)
def test_foreign_hosts_and_pages_of_other_sites_are_refused(
    client: httpx.Client, headers: dict[str, str], status: int, request: pytest.FixtureRequest
) -> None:
    name = f"guard-{abs(hash(request.node.name))}"
    response = client.post("/v1/datastore/namespaces", data={"namespace": name}, headers=headers)
    assert response.status_code == status
    assert client.get(f"/v1/datastore/namespaces/{name}").is_success == (status == 201)


def test_any_token_is_as_good_as_none(client: httpx.Client) -> None:
    for headers in ({}, {"authorization": "Bearer anything"}, {"authorization": "Basic eA=="}):
        assert client.get(HUB, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path", ["/health", "/v1/health", "/v1/health/live", "/v1/health/ready", "/nim/v1/health/ready"]
)
def test_every_service_tells_its_health(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_values_that_json_or_utf8_cannot_carry_do_not_break_an_answer(client: httpx.Client) -> None:
    text = b'{"name":"odd","namespace":"ns","files_url":"x","custom_fields":{"nan":NaN,"big":%s,"half":"\\ud83d"}}'
    headers = {"content-type": "application/json"}
    response = client.post("/v1/datasets", content=text % (b"9" * 400), headers=headers)
    assert response.status_code == 200
    fields: dict[str, Any] = client.get("/v1/datasets/ns/odd").json()["custom_fields"]
    assert fields == {"nan": None, "big": int("9" * 400), "half": "\ud83d"}
