"""Adapters: what customizations left behind, and which model name each answers to.

The files lie in the backend's folder under the id of their job; the names are the models of the entity store.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from core.backend.state import Document, State

ADAPTER = "adapter"


@dataclass(frozen=True, kw_only=True)
class StoredAdapter:
    """One trained adapter: the full name of its model, the student it was trained for, where its files are."""

    model: str
    student: str
    location: Path


class Adapters:
    """All adapters of one backend."""

    def __init__(self, state: State, folder: Path) -> None:
        self._state = state
        self._folder = folder

    def location_for(self, job_id: str) -> Path:
        """Return where a job's adapter is to be written; its folder exists."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / job_id

    def register(self, namespace: str, name: str, *, student: str, job_id: str) -> None:
        """Remember that model `namespace/name` is this student with the adapter that the job wrote."""
        self._state.insert(
            ADAPTER, namespace, name, {"namespace": namespace, "name": name, "student": student, "job": job_id}
        )

    def find(self, namespace: str, name: str) -> StoredAdapter | None:
        """Return the adapter behind a model name, or None."""
        document = self._state.find(ADAPTER, namespace, name)
        return self._stored(document) if document else None

    def all(self) -> list[StoredAdapter]:
        """Return every adapter, oldest first."""
        return [self._stored(document) for document in self._state.documents(ADAPTER)]

    def delete(self, namespace: str, name: str) -> None:
        """Forget the adapter and remove its files; nothing happens when there is none."""
        document = self._state.delete(ADAPTER, namespace, name)
        if document is not None:
            self.discard(document["job"])

    def discard(self, job_id: str) -> None:
        """Remove what a job wrote; nothing happens when it wrote nothing."""
        for path in self._folder.glob(f"{job_id}*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _stored(self, document: Document) -> StoredAdapter:
        return StoredAdapter(
            model=f"{document['namespace']}/{document['name']}",
            student=document["student"],
            location=self._folder / document["job"],
        )
