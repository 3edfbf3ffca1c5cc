"""The data store through `huggingface_hub` of the locked version: the whole life of a dataset.

The calls are the same in every major version; how others behaved is noted in `docs/local-backend.md`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.backend.server_process import ServerProcess
from tests.backend.workload import NAMESPACE, create_namespaces

if TYPE_CHECKING:
    from huggingface_hub import HfApi

CONTENT = b'{"messages": []}\n' * 10


@pytest.fixture(scope="module")
def hub(server: ServerProcess, client: httpx.Client) -> "HfApi":
    from huggingface_hub import HfApi

    create_namespaces(client)
    return HfApi(endpoint=f"{server.url}/v1/hf", token="any-token")


@pytest.fixture
def repo_id(hub: "HfApi", request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty dataset, removed after the test."""
    repo_id = f"{NAMESPACE}/{request.node.name.replace('_', '-')[:80]}"
    hub.create_repo(repo_id, repo_type="dataset")
    yield repo_id
    hub.delete_repo(repo_id, repo_type="dataset", missing_ok=True)


def upload(hub: "HfApi", repo_id: str, path: str, content: bytes = CONTENT) -> str:
    commit = hub.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=repo_id, repo_type="dataset")
    return str(commit.oid)


def download(hub: "HfApi", repo_id: str, path: str, folder: Path, revision: str = "main") -> bytes:
    found = hub.hf_hub_download(repo_id, path, repo_type="dataset", revision=revision, cache_dir=folder)
    return Path(found).read_bytes()


def test_an_uploaded_file_is_listed_and_downloaded_byte_for_byte(hub: "HfApi", repo_id: str, tmp_path: Path) -> None:
    upload(hub, repo_id, "training/train.jsonl")
    assert hub.list_repo_files(repo_id, repo_type="dataset") == ["training/train.jsonl"]
    assert download(hub, repo_id, "training/train.jsonl", tmp_path) == CONTENT


def test_a_folder_arrives_in_one_commit_and_comes_back_as_a_snapshot(
    hub: "HfApi", repo_id: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    for name in ("training/a.jsonl", "validation/b.jsonl", "README.md"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(name.encode())
    hub.upload_folder(folder_path=source, repo_id=repo_id, repo_type="dataset")
    assert len(hub.list_repo_commits(repo_id, repo_type="dataset")) == 2
    copy = Path(hub.snapshot_download(repo_id, repo_type="dataset", cache_dir=tmp_path / "cache"))
    assert {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()} == {
        "training/a.jsonl",
        "validation/b.jsonl",
        "README.md",
    }


def test_a_file_of_eleven_megabytes_is_uploaded_without_large_file_storage(
    hub: "HfApi", repo_id: str, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 45_056
    (tmp_path / "big.jsonl").write_bytes(content)
    hub.upload_file(
        path_or_fileobj=tmp_path / "big.jsonl", path_in_repo="big.jsonl", repo_id=repo_id, repo_type="dataset"
    )
    assert download(hub, repo_id, "big.jsonl", tmp_path / "cache") == content


def test_uploading_the_same_file_again_is_no_error(hub: "HfApi", repo_id: str) -> None:
    upload(hub, repo_id, "a.jsonl")
    upload(hub, repo_id, "a.jsonl")
    assert hub.list_repo_files(repo_id, repo_type="dataset") == ["a.jsonl"]


def test_an_older_revision_keeps_its_content(hub: "HfApi", repo_id: str, tmp_path: Path) -> None:
    first = upload(hub, repo_id, "a.jsonl", b"old\n")
    upload(hub, repo_id, "a.jsonl", b"new\n")
    assert download(hub, repo_id, "a.jsonl", tmp_path / "1", revision=first) == b"old\n"
    assert download(hub, repo_id, "a.jsonl", tmp_path / "2") == b"new\n"


def test_deleted_files_and_folders_are_gone(hub: "HfApi", repo_id: str) -> None:
    for path in ("keep.jsonl", "a.jsonl", "old/b.jsonl", "older.jsonl"):
        upload(hub, repo_id, path)
    hub.delete_file("a.jsonl", repo_id=repo_id, repo_type="dataset")
    hub.delete_folder("old", repo_id=repo_id, repo_type="dataset")
    assert hub.list_repo_files(repo_id, repo_type="dataset") == ["keep.jsonl", "older.jsonl"]


def test_the_tree_shows_folders_sizes_and_what_lies_below_a_path(hub: "HfApi", repo_id: str) -> None:
    from huggingface_hub.hf_api import RepoFile, RepoFolder

    upload(hub, repo_id, "training/deep/a.jsonl")
    upload(hub, repo_id, "b.jsonl")
    top = list(hub.list_repo_tree(repo_id, repo_type="dataset"))
    assert [(entry.path, type(entry)) for entry in top] == [("b.jsonl", RepoFile), ("training", RepoFolder)]
    below = list(hub.list_repo_tree(repo_id, "training", recursive=True, repo_type="dataset"))
    assert [entry.path for entry in below] == ["training/deep", "training/deep/a.jsonl"]
    assert [entry.size for entry in below if isinstance(entry, RepoFile)] == [len(CONTENT)]
    paths = hub.get_paths_info(repo_id, ["b.jsonl", "nothing.jsonl"], repo_type="dataset")
    assert [entry.path for entry in paths] == ["b.jsonl"]


def test_a_dataset_describes_itself(hub: "HfApi", repo_id: str) -> None:
    oid = upload(hub, repo_id, "a.jsonl")
    info = hub.dataset_info(repo_id, files_metadata=True)
    assert (info.id, info.sha) == (repo_id, oid)
    assert [(file.rfilename, file.size) for file in info.siblings or []] == [("a.jsonl", len(CONTENT))]
    references = hub.list_repo_refs(repo_id, repo_type="dataset")
    assert [(branch.name, branch.target_commit) for branch in references.branches] == [("main", oid)]
    assert hub.whoami()["name"] == "local"


def test_existence_is_told_for_datasets_revisions_and_files(hub: "HfApi", repo_id: str) -> None:
    upload(hub, repo_id, "a.jsonl")
    assert hub.repo_exists(repo_id, repo_type="dataset")
    assert not hub.repo_exists(f"{NAMESPACE}/nothing", repo_type="dataset")
    assert hub.file_exists(repo_id, "a.jsonl", repo_type="dataset")
    assert not hub.file_exists(repo_id, "b.jsonl", repo_type="dataset")
    assert hub.revision_exists(repo_id, "main", repo_type="dataset")
    assert not hub.revision_exists(repo_id, "other", repo_type="dataset")


def test_missing_things_raise_the_clients_own_exceptions(hub: "HfApi", repo_id: str, tmp_path: Path) -> None:
    from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

    with pytest.raises(EntryNotFoundError):
        download(hub, repo_id, "nothing.jsonl", tmp_path)
    with pytest.raises(RevisionNotFoundError):
        download(hub, repo_id, "a.jsonl", tmp_path, revision="0" * 40)
    with pytest.raises(RepositoryNotFoundError):
        hub.delete_repo(f"{NAMESPACE}/nothing", repo_type="dataset")


def test_creating_a_dataset_twice_is_a_conflict_that_exist_ok_accepts(hub: "HfApi", repo_id: str) -> None:
    from huggingface_hub.errors import HfHubHTTPError

    hub.create_repo(repo_id, repo_type="dataset", exist_ok=True)
    with pytest.raises(HfHubHTTPError) as refused:
        hub.create_repo(repo_id, repo_type="dataset")
    assert refused.value.response.status_code == 409


def test_a_commit_on_an_outdated_parent_is_refused(hub: "HfApi", repo_id: str) -> None:
    from huggingface_hub import CommitOperationAdd
    from huggingface_hub.errors import HfHubHTTPError

    outdated = upload(hub, repo_id, "a.jsonl", b"1\n")
    upload(hub, repo_id, "a.jsonl", b"2\n")
    with pytest.raises(HfHubHTTPError) as refused:
        hub.create_commit(
            repo_id,
            [CommitOperationAdd("a.jsonl", b"3\n")],
            commit_message="late",
            repo_type="dataset",
            parent_commit=outdated,
        )
    assert refused.value.response.status_code == 412


def test_a_private_dataset_stays_private_in_its_description(hub: "HfApi") -> None:
    repo_id = f"{NAMESPACE}/private"
    hub.create_repo(repo_id, repo_type="dataset", visibility="private")
    assert hub.dataset_info(repo_id).private
    hub.delete_repo(repo_id, repo_type="dataset")
    assert not hub.repo_exists(repo_id, repo_type="dataset")
