"""Storing a dataset: namespaces, files, large files, registration, and doing all of it again."""

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest

from core.nemo import RequestRefused, ServiceUnavailable
from core.nemo.messages import json_body
from core.nemo.v1.datasets import Datasets
from tests.nemo.scripted import ScriptedService, open_adapter, open_transport, reply

HUB = "/v1/hf/api/datasets/mdfd/d"
TREE, PREUPLOAD, COMMIT = f"GET {HUB}/tree/main", f"POST {HUB}/preupload/main", f"POST {HUB}/commit/main"
FILES = {"training/train_data.jsonl": b'{"a": 1}\n', "validation/val_data.jsonl": b'{"b": "\xc3\xbc"}\n'}


def git_name(content: bytes) -> str:
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


def tree(files: dict[str, bytes], **more: Any) -> httpx.Response:
    entries = [{"type": "file", "path": p, "size": len(c), "oid": git_name(c)} for p, c in files.items()]
    return reply([{"type": "directory", "path": "training", "size": 0}, *entries], **more)


def make_service(**changes: Any) -> ScriptedService:
    routes: dict[str, Any] = {
        "POST /v1/namespaces": reply({}),
        "POST /v1/datastore/namespaces": reply({}, 201),
        "POST /v1/hf/api/repos/create": reply({"url": "http://x/d"}),
        TREE: [reply([]), tree(FILES)],
        PREUPLOAD: reply({"files": [{"path": path, "uploadMode": "regular"} for path in FILES]}),
        COMMIT: reply({"success": True, "commitOid": "0" * 40, "commitUrl": ""}),
        "POST /v1/datasets": reply({"id": "dataset-1"}),
        "GET /v1/datasets/mdfd/d": reply({"files_url": "hf://datasets/mdfd/d"}),
    }
    return ScriptedService({**routes, **changes})


def put(service: ScriptedService, files: dict[str, bytes] | None = None) -> Any:
    return open_adapter(service).put_dataset("d", files or FILES, run_id="run1")


def commit_lines(service: ScriptedService) -> list[dict[str, Any]]:
    (commit,) = [request for request in service.requests if request.url.path.endswith("/commit/main")]
    assert commit.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in commit.content.splitlines()]


def test_files_are_committed_whole_and_registered_once() -> None:
    service = make_service()
    reference = put(service)
    assert reference.url == "hf://datasets/mdfd/d"
    header, *files = commit_lines(service)
    assert header["key"] == "header"
    assert {line["value"]["path"]: base64.b64decode(line["value"]["content"]) for line in files} == FILES
    assert service.calls == [
        "POST /v1/namespaces",
        "POST /v1/datastore/namespaces",
        "POST /v1/hf/api/repos/create",
        TREE,
        PREUPLOAD,
        COMMIT,
        TREE,
        "POST /v1/datasets",
        "GET /v1/datasets/mdfd/d",
    ]
    assert service.bodies("POST /v1/datasets")[0]["custom_fields"] == {"flywheel_run": "run1"}


def test_the_data_store_namespace_is_created_by_a_form() -> None:
    service = make_service()
    put(service)
    request = service.requests[1]
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.content == b"namespace=mdfd"


def test_storing_again_sends_no_file_again() -> None:
    service = make_service(**{TREE: tree(FILES), "POST /v1/hf/api/repos/create": reply({"error": "exists"}, 409)})
    put(service)
    assert not {COMMIT, PREUPLOAD}.intersection(service.calls)


def test_only_the_file_that_changed_is_sent_again() -> None:
    changed = {**FILES, "training/train_data.jsonl": b'{"a": 2}\n'}
    service = make_service(**{TREE: [tree(FILES), tree(changed)]})
    put(service, changed)
    assert [line["value"]["path"] for line in commit_lines(service)[1:]] == ["training/train_data.jsonl"]


def test_a_stray_training_file_is_removed_and_other_files_stay() -> None:
    stray = {**FILES, "training/old.jsonl": b"{}\n", ".gitattributes": b"x"}
    service = make_service(**{TREE: tree(stray)})
    put(service)
    assert commit_lines(service)[1:] == [{"key": "deletedFile", "value": {"path": "training/old.jsonl"}}]


def test_a_repository_without_a_commit_has_no_tree_yet() -> None:
    service = make_service(
        **{TREE: [reply({"error": "no main"}, 404, {"X-Error-Code": "RevisionNotFound"}), tree(FILES)]}
    )
    put(service)
    assert COMMIT in service.calls


def test_a_tree_of_several_pages_is_read_to_the_end() -> None:
    first, second = FILES.items()
    link = f'<http://inside.cluster{HUB}/tree/main?cursor=abc&recursive=true>; rel="next"'
    service = make_service(**{TREE: [tree(dict([first]), headers={"Link": link}), tree(dict([second]))]})
    put(service)
    assert COMMIT not in service.calls
    assert service.requests[4].url.host == "service.test"
    assert dict(service.requests[4].url.params) == {"cursor": "abc", "recursive": "true"}


def test_a_tree_whose_next_page_is_itself_ends() -> None:
    link = '</tree/main?recursive=true&expand=false>; rel="next"'
    service = make_service(**{TREE: tree(FILES, headers={"Link": link})})
    put(service)
    assert service.calls.count(TREE) == 1


@pytest.mark.parametrize("exists", [409, 422])
def test_a_namespace_that_exists_is_fine(exists: int) -> None:
    taken = reply({"detail": "namespace already exists"}, exists)
    service = make_service(**{"POST /v1/namespaces": taken, "POST /v1/datastore/namespaces": taken})
    assert put(service).name == "d"


def test_a_namespace_refused_without_saying_why_is_looked_up() -> None:
    service = make_service(
        **{"POST /v1/namespaces": reply({"detail": "no"}, 422), "GET /v1/namespaces/mdfd": reply({"id": "mdfd"}, 201)}
    )
    assert put(service).name == "d"


def test_a_namespace_that_is_refused_and_does_not_exist_is_an_error() -> None:
    service = make_service(**{"POST /v1/namespaces": reply({"detail": "bad characters"}, 422)})
    with pytest.raises(RequestRefused, match="bad characters"):
        put(service)


def test_a_commit_that_stored_nothing_is_noticed() -> None:
    service = make_service(**{TREE: reply([])})
    with pytest.raises(RequestRefused, match=r"no bytes of training/train_data\.jsonl"):
        put(service)


def test_a_file_that_the_store_would_ignore_is_noticed() -> None:
    ignoring = reply({"files": [{"path": "training/train_data.jsonl", "uploadMode": "regular", "shouldIgnore": True}]})
    with pytest.raises(RequestRefused, match=r"would ignore training/train_data\.jsonl"):
        put(make_service(**{PREUPLOAD: ignoring}))


def test_a_registration_that_exists_is_updated() -> None:
    service = make_service(
        **{"POST /v1/datasets": reply({"detail": "exists"}, 409), "PATCH /v1/datasets/mdfd/d": reply({})}
    )
    put(service)
    assert service.bodies("PATCH /v1/datasets/mdfd/d")[0]["files_url"] == "hf://datasets/mdfd/d"


@pytest.mark.parametrize("found", ["hf://datasets/other/d", None])
def test_a_registration_that_points_elsewhere_is_an_error(found: str | None) -> None:
    with pytest.raises(RequestRefused, match="is registered with files at"):
        put(make_service(**{"GET /v1/datasets/mdfd/d": reply({"files_url": found})}))


def test_a_commit_whose_answer_was_lost_is_repeated() -> None:
    service = make_service(**{COMMIT: [httpx.ReadError("cut"), reply({})]})
    put(service)
    assert service.calls.count(COMMIT) == 2


def test_a_store_that_stays_down_is_told_as_such() -> None:
    with pytest.raises(ServiceUnavailable):
        put(make_service(**{COMMIT: reply({}, 503)}))


def make_lfs_service(upload: dict[str, Any]) -> ScriptedService:
    content = FILES["training/train_data.jsonl"]
    lfs = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 1}
    stored = {"type": "file", "path": "training/train_data.jsonl", "size": 130, "oid": "pointer", "lfs": lfs}
    return make_service(
        **{
            TREE: [reply([]), reply([stored])],
            PREUPLOAD: reply({"files": [{"path": "training/train_data.jsonl", "uploadMode": "lfs"}]}),
            "POST /v1/hf/datasets/mdfd/d.git/info/lfs/objects/batch": reply({"objects": [{**lfs, **upload}]}),
            "PUT /bucket/1": reply({}),
            "POST /v1/hf/verify": reply({}),
        }
    )


def test_a_file_too_large_for_a_commit_goes_to_large_file_storage() -> None:
    actions = {
        "upload": {"href": "http://bucket.test/bucket/1?signature=x", "header": {"X-Part": 1}},
        "verify": {"href": "/base/v1/hf/verify"},
    }
    service = make_lfs_service({"actions": actions})
    content = FILES["training/train_data.jsonl"]
    data_store = open_transport(service, headers={"Authorization": "Bearer token"})
    datasets = Datasets(services=open_transport(service), data_store=data_store, namespace="mdfd", project="flywheel")
    datasets.put("d", {"training/train_data.jsonl": content}, run_id="run1")
    (upload,) = [request for request in service.requests if request.method == "PUT"]
    assert (upload.url.host, upload.content, upload.headers["X-Part"]) == ("bucket.test", content, "1")
    assert "Authorization" not in upload.headers
    (verify,) = [request for request in service.requests if request.url.path.endswith("/verify")]
    assert verify.headers["Authorization"] == "Bearer token"
    (line,) = commit_lines(service)[1:]
    assert line["key"] == "lfsFile"
    assert line["value"]["oid"] == hashlib.sha256(content).hexdigest()


def test_a_large_file_that_is_stored_already_is_not_sent_again() -> None:
    service = make_lfs_service({})
    put(service, {"training/train_data.jsonl": FILES["training/train_data.jsonl"]})
    assert not [request for request in service.requests if request.method == "PUT"]


def test_a_large_file_that_is_refused_is_an_error() -> None:
    service = make_lfs_service({"error": {"code": 413, "message": "quota exceeded"}})
    with pytest.raises(RequestRefused, match="quota exceeded"):
        put(service, {"training/train_data.jsonl": FILES["training/train_data.jsonl"]})


def test_deleting_removes_registration_and_files() -> None:
    service = ScriptedService(
        {"DELETE /v1/datasets/mdfd/d": reply({}), "DELETE /v1/hf/api/repos/delete": reply({}, 204)}
    )
    open_adapter(service).delete_dataset("d")
    assert service.requests[1].content == json_body({"name": "d", "organization": "mdfd", "type": "dataset"}).content


def test_deleting_what_is_gone_is_fine() -> None:
    service = ScriptedService()
    open_adapter(service).delete_dataset("d")
    assert len(service.requests) == 2
