"""Dataset repositories: named trees of files with a history of commits, the part of the Hugging Face hub that runs use.

A commit is a document holding its whole tree (path to size and hashes); bytes lie in the repository's folder under
their SHA-256, so that no path of a client ever becomes a path of ours, and equal files are stored once. Commits are
serialised by the state's transaction: two uploads at once both arrive.
"""

import hashlib
import json
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.backend.errors import HubError
from core.backend.identity import Clock, write_time
from core.backend.state import Document, State

REPOSITORY = "dataset repository"
COMMIT = "commit"
MAIN_NAMES = frozenset({"main", "refs/heads/main", "HEAD"})


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one commit does: files to write, paths and folders to remove. `parent` is the head it expects, or None."""

    summary: str
    additions: Mapping[str, bytes]
    deleted_files: Sequence[str] = ()
    deleted_folders: Sequence[str] = ()
    parent: str | None = None


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """One file of a commit. `path` is its path in the repository, `location` where its bytes lie."""

    path: str
    size_bytes: int
    git_oid: str
    location: Path


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The files of a repository at one commit, in the order of their paths."""

    commit_oid: str
    committed_at: str
    files: Mapping[str, StoredFile]


class Repositories:
    """All dataset repositories of the data store. What is missing raises `HubError` with the hub's code."""

    def __init__(self, state: State, folder: Path, *, clock: Clock) -> None:
        self._state = state
        self._folder = folder
        self._clock = clock

    def create(self, namespace: str, name: str, *, private: bool) -> None:
        """Make an empty repository. Raises `TakenError` when it exists."""
        now = write_time(self._clock())
        folder_name = uuid.uuid4().hex
        first: Document = {"parent": None, "summary": "initial commit", "created_at": now, "files": {}}
        first["oid"] = _commit_oid(first, folder_name)
        repository = {
            "namespace": namespace,
            "name": name,
            "private": private,
            "created_at": now,
            "folder": folder_name,
            "head": first["oid"],
        }
        with self._state.transaction():
            self._state.insert(REPOSITORY, namespace, name, repository)
            self._state.insert(COMMIT, folder_name, first["oid"], first)

    def get(self, namespace: str, name: str) -> Document:
        """Return the repository's document. Raises 404 when there is none."""
        repository = self._state.find(REPOSITORY, namespace, name)
        if repository is None:
            raise HubError(f"no dataset '{namespace}/{name}' in the data store", status=404, code="RepoNotFound")
        return repository

    def count(self, namespace: str) -> int:
        """Return how many repositories the namespace holds."""
        return len(self._state.documents(REPOSITORY, namespace))

    def delete(self, namespace: str, name: str) -> None:
        """Remove the repository, its history and its bytes. Raises 404 when there is none."""
        with self._state.transaction():
            folder_name = self.get(namespace, name)["folder"]
            for commit in self._state.documents(COMMIT, folder_name):
                self._state.delete(COMMIT, folder_name, commit["oid"])
            self._state.delete(REPOSITORY, namespace, name)
        shutil.rmtree(self._folder / folder_name, ignore_errors=True)

    def commits(self, namespace: str, name: str) -> list[Document]:
        """Return the repository's commits, newest first."""
        return self._state.documents(COMMIT, self.get(namespace, name)["folder"])[::-1]

    def tree(self, namespace: str, name: str, revision: str = "main") -> Tree:
        """Return the files at a revision: `main` or a commit id. Raises 404 when either is missing."""
        repository = self.get(namespace, name)
        oid = repository["head"] if revision in MAIN_NAMES else revision
        commit = self._state.find(COMMIT, repository["folder"], oid)
        if commit is None:
            message = f"dataset '{namespace}/{name}' has no revision {revision!r}"
            raise HubError(message, status=404, code="RevisionNotFound")
        folder = self._folder / repository["folder"]
        files = {
            path: StoredFile(
                path=path, size_bytes=entry["size"], git_oid=entry["oid"], location=folder / entry["sha256"]
            )
            for path, entry in sorted(commit["files"].items())
        }
        return Tree(commit_oid=oid, committed_at=commit["created_at"], files=files)

    def commit(self, namespace: str, name: str, change: Change) -> str:
        """Write a commit on `main` and return its id. Raises 412 when `change.parent` is not the head any more."""
        folder_name = self.get(namespace, name)["folder"]
        written = {path: self._write_bytes(folder_name, content) for path, content in change.additions.items()}
        with self._state.transaction():
            repository = self.get(namespace, name)
            if change.parent not in {None, repository["head"]}:
                raise HubError("the dataset has a newer commit than the parent named here", status=412)
            head = self._state.find(COMMIT, folder_name, repository["head"]) or {"files": {}}
            commit: Document = {
                "parent": repository["head"],
                "summary": change.summary,
                "created_at": write_time(self._clock()),
                "files": _apply(head["files"], change, written),
            }
            commit["oid"] = _commit_oid(commit, folder_name)
            self._state.insert(COMMIT, folder_name, commit["oid"], commit)
            self._state.change(REPOSITORY, namespace, name, change=lambda old: old | {"head": commit["oid"]})
        return str(commit["oid"])

    def _write_bytes(self, folder_name: str, content: bytes) -> Document:
        sha256 = hashlib.sha256(content).hexdigest()
        target = self._folder / folder_name / sha256
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_name(f"{sha256}.{uuid.uuid4().hex}.part")
            unfinished.write_bytes(content)
            unfinished.replace(target)
        return {"sha256": sha256, "size": len(content), "oid": _git_oid(content)}


def _apply(files: Document, change: Change, written: Mapping[str, Document]) -> Document:
    folders = tuple(folder.rstrip("/") + "/" for folder in change.deleted_folders)
    kept = {path: entry for path, entry in files.items() if not (folders and path.startswith(folders))}
    for path in change.deleted_files:
        if kept.pop(path, None) is None:
            raise HubError(f"cannot delete {path!r}: there is no such file", status=404, code="EntryNotFound")
    return {**kept, **written}


def _git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _commit_oid(commit: Document, salt: str) -> str:
    text = json.dumps([salt, commit], sort_keys=True)
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
