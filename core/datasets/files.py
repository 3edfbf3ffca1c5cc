"""The files of a build: names, paths and bytes as the blueprint lays them out in the data store."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from core.datasets.names import DatasetKind

EVALUATION_PATH = "eval_data.jsonl"
TRAINING_PATH = "training/train_data.jsonl"
VALIDATION_PATH = "validation/val_data.jsonl"


@dataclass(frozen=True, kw_only=True)
class DatasetFile:
    """One JSON-lines file: the dataset it belongs to, its path there, its bytes and their SHA-256."""

    dataset: str
    path: str
    content: bytes
    records: int
    sha256: str

    @property
    def size_bytes(self) -> int:
        """The length of the file."""
        return len(self.content)


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset to upload: `files` maps paths to bytes, `records` counts the lines of all of them."""

    kind: DatasetKind
    name: str
    files: Mapping[str, bytes]
    records: int


def make_file(content: bytes, *, dataset: str, path: str, records: int) -> DatasetFile:
    """Return the file with this content, which holds so many rows."""
    sha256 = hashlib.sha256(content).hexdigest()
    return DatasetFile(dataset=dataset, path=path, content=content, records=records, sha256=sha256)


def gather_dataset(kind: DatasetKind, *files: DatasetFile) -> Dataset:
    """Return the dataset that these files, all of the same name, make up."""
    return Dataset(
        kind=kind,
        name=files[0].dataset,
        files={file.path: file.content for file in files},
        records=sum(file.records for file in files),
    )
