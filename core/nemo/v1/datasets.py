"""Datasets: files in the data store, registered in the entity store (blueprint sections 1.2 and 1.3).

The data store speaks the Hugging Face Hub's protocol (contract section 3), here with five requests of our own: some
versions of the official client fail against it after a successful commit. Everything may be repeated: a file that is
there already is not sent again, and a file that should not be there is removed.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urljoin, urlsplit

from core.nemo.errors import RequestRefused, ResourceExists, ResourceMissing
from core.nemo.messages import Body, form_body, json_body, json_lines_body
from core.nemo.operations import DatasetReference
from core.nemo.transport import Transport
from core.nemo.v1.fields import RUN_MARK, path_segment, read_count, read_list, read_mapping, read_text

HUB = "/v1/hf"
LFS_MEDIA_TYPE = "application/vnd.git-lfs+json"
SAMPLE_BYTES = 512


@dataclass(frozen=True, kw_only=True)
class Datasets:
    """The datasets of one namespace."""

    services: Transport
    data_store: Transport
    namespace: str
    project: str

    def put(self, name: str, files: Mapping[str, bytes], *, run_id: str) -> DatasetReference:
        """Make the dataset hold exactly `files` among its JSON lines, register it, and verify both."""
        self._ensure_namespaces()
        self._ensure_repository(name)
        self._upload(name, files)
        self._register(name, run_id)
        return DatasetReference(namespace=self.namespace, name=name, url=self._url(name))

    def delete(self, name: str) -> None:
        """Remove the registration and the files; what is gone stays gone."""
        repository = {"name": name, "organization": self.namespace, "type": "dataset"}
        for transport, path, body in (
            (self.services, self._entity_path(name), None),
            (self.data_store, f"{HUB}/api/repos/delete", json_body(repository)),
        ):
            try:
                transport.send("DELETE", path, body=body)
            except ResourceMissing:
                continue

    def _ensure_namespaces(self) -> None:
        _ensure(self.services, "/v1/namespaces", json_body({"id": self.namespace}), self.namespace)
        _ensure(self.data_store, "/v1/datastore/namespaces", form_body({"namespace": self.namespace}), self.namespace)

    def _ensure_repository(self, name: str) -> None:
        body = json_body({"name": name, "organization": self.namespace, "type": "dataset"})
        try:
            self.data_store.send("POST", f"{HUB}/api/repos/create", body=body)
        except ResourceExists:
            return

    def _upload(self, name: str, files: Mapping[str, bytes]) -> None:
        stored = self._list_files(name)
        missing = {path: content for path, content in files.items() if not _is_stored(stored.get(path), content)}
        stray = [path for path in stored if path.endswith(".jsonl") and path not in files]
        if not missing and not stray:
            return
        lines = [self._commit_line(name, path, content, mode) for path, content, mode in self._ask_modes(name, missing)]
        lines += [{"key": "deletedFile", "value": {"path": path}} for path in stray]
        header = {"key": "header", "value": {"summary": f"Store {', '.join(files)}", "description": ""}}
        path = f"{HUB}/api/datasets/{self._repository(name)}/commit/main"
        self.data_store.send("POST", path, body=json_lines_body([header, *lines]), is_large=True)
        self._verify_files(name, files)

    def _ask_modes(self, name: str, files: Mapping[str, bytes]) -> Sequence[tuple[str, bytes, str]]:
        """Ask how each file is to be sent; the server decides between the commit itself and large file storage."""
        if not files:
            return ()
        entries = [
            {"path": path, "sample": _base64(content[:SAMPLE_BYTES]), "size": len(content)}
            for path, content in files.items()
        ]
        path = f"{HUB}/api/datasets/{self._repository(name)}/preupload/main"
        reply = self.data_store.send("POST", path, body=json_body({"files": entries})).document()
        answers = [read_mapping(entry) for entry in read_list(reply.get("files"))]
        if ignored := [str(entry.get("path")) for entry in answers if entry.get("shouldIgnore") is True]:
            raise RequestRefused(f"the data store would ignore {', '.join(ignored)} in dataset {name!r}")
        modes = {read_text(entry.get("path")): read_text(entry.get("uploadMode")) for entry in answers}
        return [(path, content, modes.get(path) or "regular") for path, content in files.items()]

    def _commit_line(self, name: str, path: str, content: bytes, mode: str) -> Mapping[str, object]:
        if mode != "lfs":
            value: Mapping[str, object] = {"content": _base64(content), "path": path, "encoding": "base64"}
            return {"key": "file", "value": value}
        digest = hashlib.sha256(content).hexdigest()
        self._store_large_file(name, content, digest)
        return {"key": "lfsFile", "value": {"path": path, "algo": "sha256", "oid": digest, "size": len(content)}}

    def _store_large_file(self, name: str, content: bytes, digest: str) -> None:
        """Put one file into large file storage (Git LFS batch API, transfer `basic`)."""
        item = {"oid": digest, "size": len(content)}
        batch = {"operation": "upload", "transfers": ["basic"], "objects": [item], "hash_algo": "sha256"}
        path = f"{HUB}/datasets/{self._repository(name)}.git/info/lfs/objects/batch"
        body = json_body({**batch, "ref": {"name": "main"}}, media_type=LFS_MEDIA_TYPE)
        reply = self.data_store.send("POST", path, body=body, headers={"Accept": LFS_MEDIA_TYPE}).document()
        answer = read_mapping(next(iter(read_list(reply.get("objects"))), None))
        if problem := read_mapping(answer.get("error")):
            raise RequestRefused(f"the data store refuses a file of dataset {name!r}: {problem.get('message')}")
        actions = read_mapping(answer.get("actions"))  # none when it is stored already
        self._follow(actions.get("upload"), "PUT", Body(content=content, media_type="application/octet-stream"))
        self._follow(actions.get("verify"), "POST", json_body(item, media_type=LFS_MEDIA_TYPE))

    def _follow(self, action: object, method: str, body: Body) -> None:
        """Carry out one action of the batch answer at the address it names."""
        address = read_text(read_mapping(action).get("href"))
        if address is None:
            return
        headers = {key: str(value) for key, value in read_mapping(read_mapping(action).get("header")).items()}
        url = urljoin(self.data_store.address.url, address)
        self.data_store.send(method, url, body=body, headers=headers, is_large=True)

    def _verify_files(self, name: str, files: Mapping[str, bytes]) -> None:
        stored = self._list_files(name)
        for path, content in files.items():
            size_bytes = stored[path].size_bytes if path in stored else None
            if size_bytes != len(content):
                raise RequestRefused(
                    f"the data store holds {size_bytes or 'no'} bytes of {path} in dataset {name!r} after a commit"
                    f" of {len(content)}; look at the data store before trying again"
                )

    def _list_files(self, name: str) -> dict[str, "_StoredFile"]:
        """Return the files by path; a repository without a commit has none."""
        path = f"{HUB}/api/datasets/{self._repository(name)}/tree/main"
        query: Mapping[str, str] = {"recursive": "true", "expand": "false"}
        files: dict[str, _StoredFile] = {}
        while True:
            try:
                reply = self.data_store.read(path, query=query)
            except ResourceMissing:
                return files
            for entry in map(read_mapping, read_list(reply.json())):
                if entry.get("type") == "file" and (file_path := read_text(entry.get("path"))):
                    files[file_path] = _read_stored_file(entry)
            # Only the query of the next link is used: the host in it may be one that only the cluster knows.
            link = re.search(r'<([^>]*)>\s*;[^,]*rel="next"', reply.headers.get("link", ""))
            following = dict(parse_qsl(urlsplit(link[1]).query)) if link else query
            if following == query:
                return files
            query = following

    def _register(self, name: str, run_id: str) -> None:
        entity = {
            "description": "",
            "files_url": self._url(name),
            "project": self.project,
            "custom_fields": {RUN_MARK: run_id},
        }
        try:
            body = json_body({"name": name, "namespace": self.namespace, **entity})
            self.services.send("POST", "/v1/datasets", body=body)
        except ResourceExists:
            self.services.send("PATCH", self._entity_path(name), body=json_body(entity))
        registered = read_text(self.services.read(self._entity_path(name)).document().get("files_url"))
        if registered != self._url(name):
            raise RequestRefused(
                f"dataset {self.namespace}/{name} is registered with files at {registered!r}, not {self._url(name)!r};"
                " correct or remove the registration"
            )

    def _repository(self, name: str) -> str:
        return f"{path_segment(self.namespace)}/{path_segment(name)}"

    def _entity_path(self, name: str) -> str:
        return f"/v1/datasets/{self._repository(name)}"

    def _url(self, name: str) -> str:
        return f"hf://datasets/{self.namespace}/{name}"


@dataclass(frozen=True, kw_only=True)
class _StoredFile:
    size_bytes: int | None
    blob: str | None  # Git's name of the content, None for large files


def _ensure(transport: Transport, path: str, body: Body, namespace: str) -> None:
    """Create a namespace unless it exists; services say so with 409, some with 422."""
    try:
        transport.send("POST", path, body=body)
    except ResourceExists:
        return
    except RequestRefused as error:
        if error.status != 422:
            raise
        try:
            transport.read(f"{path}/{path_segment(namespace)}")
        except ResourceMissing:
            raise error from None


def _read_stored_file(entry: Mapping[str, object]) -> _StoredFile:
    large = read_mapping(entry.get("lfs"))
    size_bytes = read_count(large.get("size") if large else entry.get("size"))
    return _StoredFile(size_bytes=size_bytes, blob=None if large else read_text(entry.get("oid")))


def _is_stored(stored: _StoredFile | None, content: bytes) -> bool:
    # Git's object name: the SHA-1 of a header and the content.
    name = hashlib.sha1(b"blob %d\0%s" % (len(content), content), usedforsecurity=False).hexdigest()
    return stored is not None and stored.blob == name


def _base64(content: bytes) -> str:
    return b64encode(content).decode()
