"""The data store's files: the Hugging Face calls that upload, list and download datasets.

Friendly to every major version of `huggingface_hub`: relative `commitUrl`, `uploadMode` `regular` for every size, no
`oid` in preupload, any token or none. Files and commits live in `core.backend.repositories`.
"""

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse

from core.backend.answers import HUB_PREFIX, Body, check_body, read_json
from core.backend.commit_body import read_commit
from core.backend.context import Context
from core.backend.data_store import NAMESPACE, NAMESPACES_PATH, RepositoryName
from core.backend.errors import HubError, TakenError
from core.backend.repositories import StoredFile, Tree
from core.backend.routes import make_router
from core.backend.state import Document

REPOSITORY_API = HUB_PREFIX + "/api/datasets/{namespace}/{name}"
RESOLVE = HUB_PREFIX + "/datasets/{namespace}/{name}/resolve/{revision}/{path:path}"


class RepositoryBody(Body):
    """`POST /api/repos/create` and `DELETE /api/repos/delete`."""

    name: RepositoryName
    organization: RepositoryName
    type: str = "model"
    private: bool | None = None
    visibility: str | None = None


class UploadFile(Body):
    """One file that a client wants to upload."""

    path: str


class PreuploadBody(Body):
    """`POST .../preupload/{revision}`."""

    files: list[UploadFile]


async def read_bytes(request: Request) -> bytes:
    """Return a request's body; a FastAPI dependency."""
    return await request.body()


class Hub:
    """The hub's calls on dataset repositories."""

    def __init__(self, context: Context) -> None:
        self._state = context.state
        self._repositories = context.repositories

    def router(self) -> APIRouter:
        """Return the routes of this service."""
        api = REPOSITORY_API
        return make_router(
            [
                ("POST", HUB_PREFIX + "/api/repos/create", self.create_repository),
                ("DELETE", HUB_PREFIX + "/api/repos/delete", self.delete_repository),
                ("GET", HUB_PREFIX + "/api/whoami-v2", self.describe_caller),
                ("POST", HUB_PREFIX + "/api/validate-yaml", self.check_card),
                ("GET", api, self.describe_repository),
                ("GET", api + "/revision/{revision}", self.describe_repository),
                ("GET", api + "/refs", self.list_references),
                ("GET", api + "/commits/{revision}", self.list_commits),
                ("GET", api + "/tree/{revision}", self.list_tree),
                ("GET", api + "/tree/{revision}/{path:path}", self.list_tree),
                ("POST", api + "/paths-info/{revision}", self.describe_paths),
                ("POST", api + "/preupload/{revision}", self.announce_upload),
                ("POST", api + "/commit/{revision}", self.commit),
                ("GET", RESOLVE, self.download),
                ("HEAD", RESOLVE, self.download),
            ]
        )

    def create_repository(self, request: Request, raw: Annotated[object, Depends(read_json)]) -> Document:
        """Make an empty dataset repository in an existing namespace."""
        body = self._read_repository(raw)
        if self._state.find(NAMESPACE, "", body.organization) is None:
            message = f"no namespace {body.organization!r} in the data store; create it with POST {NAMESPACES_PATH}"
            raise HubError(message, status=404)
        private = bool(body.private) or body.visibility == "private"
        url = f"{request.base_url}v1/hf/datasets/{body.organization}/{body.name}"
        try:
            self._repositories.create(body.organization, body.name, private=private)
        except TakenError as error:  # clients told that it may exist read the address from this answer
            raise HubError(str(error), status=409, facts={"url": url}) from error
        return {"url": url}

    def delete_repository(self, raw: Annotated[object, Depends(read_json)]) -> Document:
        """Remove a dataset repository with its files."""
        body = self._read_repository(raw)
        self._repositories.delete(body.organization, body.name)
        return {"success": True}

    def describe_caller(self) -> Document:
        """Tell a client who it is: everybody is the same here."""
        return {"type": "user", "name": "local", "fullname": "local", "orgs": []}

    def check_card(self) -> Document:
        """Accept every README: dataset cards are not checked here."""
        return {"errors": [], "warnings": []}

    def describe_repository(self, namespace: str, name: str, revision: str = "main") -> Document:
        """Return what `dataset_info` shows."""
        tree = self._repositories.tree(namespace, name, revision)
        repository = self._repositories.get(namespace, name)
        return {
            "_id": repository["folder"],
            "id": f"{namespace}/{name}",
            "author": namespace,
            "sha": tree.commit_oid,
            "createdAt": _hub_time(repository["created_at"]),
            "lastModified": _hub_time(tree.committed_at),
            "private": repository["private"],
            "gated": False,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "tags": [],
            "siblings": [
                {"rfilename": file.path, "size": file.size_bytes, "blobId": file.git_oid}
                for file in tree.files.values()
            ],
        }

    def list_references(self, namespace: str, name: str) -> Document:
        """List the branches: there is only `main`."""
        head = self._repositories.get(namespace, name)["head"]
        main = {"name": "main", "ref": "refs/heads/main", "targetCommit": head}
        return {"branches": [main], "converts": [], "tags": [], "pullRequests": []}

    def list_commits(self, namespace: str, name: str, revision: str) -> list[Document]:
        """List the commits up to a revision, newest first."""
        oid = self._repositories.tree(namespace, name, revision).commit_oid
        commits = self._repositories.commits(namespace, name)
        start = next(place for place, commit in enumerate(commits) if commit["oid"] == oid)
        return [
            {
                "id": commit["oid"],
                "title": commit["summary"],
                "message": "",
                "date": _hub_time(commit["created_at"]),
                "authors": [{"user": "local"}],
            }
            for commit in commits[start:]
        ]

    def list_tree(
        self, namespace: str, name: str, revision: str, path: str = "", *, recursive: bool = False
    ) -> list[Document]:
        """List files and folders below `path`. 404 when there is nothing of that name."""
        tree = self._repositories.tree(namespace, name, revision)
        prefix = path.strip("/") + "/" if path.strip("/") else ""
        entries = _describe_tree(file for file in tree.files.values() if file.path.startswith(prefix))
        if prefix and not entries:
            raise _no_entry(tree, path)
        below = {shown: entry for shown, entry in entries.items() if shown.startswith(prefix) and shown != path}
        return [entry for shown, entry in below.items() if recursive or "/" not in shown.removeprefix(prefix)]

    def describe_paths(
        self, namespace: str, name: str, revision: str, body: Annotated[bytes, Depends(read_bytes)]
    ) -> list[Document]:
        """Describe the paths of a form; those that do not exist are left out."""
        entries = _describe_tree(self._repositories.tree(namespace, name, revision).files.values())
        wanted = parse_qs(body.decode("utf-8", "replace")).get("paths", [])
        return [entries[path.strip("/")] for path in wanted if path.strip("/") in entries]

    def announce_upload(
        self, namespace: str, name: str, revision: str, raw: Annotated[object, Depends(read_json)]
    ) -> Document:
        """Tell a client how to send files: always inside the commit."""
        self._repositories.tree(namespace, name, revision)
        body = check_body(PreuploadBody, raw)
        return {"files": [{"path": file.path, "uploadMode": "regular", "shouldIgnore": False} for file in body.files]}

    def commit(self, namespace: str, name: str, revision: str, body: Annotated[bytes, Depends(read_bytes)]) -> Document:
        """Write a commit on `main`."""
        if revision != "main":
            raise HubError(f"commits go to 'main' here, not to {revision!r}", status=400, code="RevisionNotFound")
        oid = self._repositories.commit(namespace, name, read_commit(body))
        # Relative on purpose: hub 0.36 cannot parse an absolute one, hub 1.24 and later cannot parse an empty one.
        url = f"datasets/{namespace}/{name}/commit/{oid}"
        return {"success": True, "commitOid": oid, "commitUrl": url, "hookOutput": ""}

    def download(self, namespace: str, name: str, revision: str, path: str) -> Response:
        """Send a file, whole or the range asked for."""
        tree = self._repositories.tree(namespace, name, revision)
        file = tree.files.get(path)
        if file is None:
            raise _no_entry(tree, path)
        headers = {"ETag": f'"{file.git_oid}"', "X-Repo-Commit": tree.commit_oid}
        return FileResponse(file.location, media_type="application/octet-stream", headers=headers)

    def _read_repository(self, raw: object) -> RepositoryBody:
        body = check_body(RepositoryBody, raw)
        if body.type != "dataset":
            raise HubError(f"only repositories of type 'dataset' are kept here, not {body.type!r}", status=400)
        return body


def _describe_tree(files: Iterable[StoredFile]) -> dict[str, Document]:
    entries: dict[str, Document] = {}
    for file in files:
        parts = file.path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            folder = "/".join(parts[:depth])
            entries.setdefault(folder, {"type": "directory", "oid": "0" * 40, "size": 0, "path": folder})
        entries[file.path] = {"type": "file", "oid": file.git_oid, "size": file.size_bytes, "path": file.path}
    return entries


def _no_entry(tree: Tree, path: str) -> HubError:
    return HubError(f"no file {path!r} at revision {tree.commit_oid}", status=404, code="EntryNotFound")


def _hub_time(text: str) -> str:
    return text[:23] + "Z"
