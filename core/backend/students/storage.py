"""One file for one adapter: arrays in NumPy's npz form and a JSON description beside them, never a pickle.

The file is written under another name and moved into place, so that a reader sees all of it or nothing.
"""

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.backend.students.errors import AdapterError

FORMAT_VERSION = 1
_DESCRIPTION = "description"  # the JSON text, as bytes, among the arrays

Arrays = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, kw_only=True)
class StoredAdapter:
    """What a file holds: JSON values and arrays."""

    description: Mapping[str, object]
    arrays: Arrays


def write_adapter(path: Path, description: Mapping[str, object], arrays: Arrays) -> None:
    """Write an adapter to `path`, replacing what is there. The folder must exist."""
    text = json.dumps({"version": FORMAT_VERSION, **description}, ensure_ascii=True, sort_keys=True)
    content = {**arrays, _DESCRIPTION: np.frombuffer(text.encode(), np.uint8)}
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    with unfinished.open("wb") as file:
        np.savez(file, allow_pickle=False, **content)
    unfinished.replace(path)


def read_adapter(path: Path) -> StoredAdapter:
    """Return what `write_adapter` wrote. Raises `AdapterError` for a missing, damaged or newer file."""
    try:
        # NumPy leaves a file open that it opened itself and could not read.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        description = json.loads(arrays.pop(_DESCRIPTION).tobytes())
    except FileNotFoundError as error:
        raise AdapterError(f"There is no adapter at {path}; train it again.") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise AdapterError(f"The adapter at {path} is damaged ({error}); train it again.") from error
    if not isinstance(description, dict) or description.get("version") != FORMAT_VERSION:
        raise AdapterError(f"The adapter at {path} is of another release; this one reads version {FORMAT_VERSION}.")
    return StoredAdapter(description=description, arrays=arrays)


def name_arrays(name: str, arrays: Arrays) -> dict[str, npt.NDArray[np.generic]]:
    """Return `arrays` under names that begin with `name`, so that several models share a file."""
    return {f"{name}.{key}": array for key, array in arrays.items()}


def arrays_of(name: str, arrays: Arrays) -> dict[str, npt.NDArray[np.generic]]:
    """Return the arrays that `name_arrays` named with `name`, under their own names."""
    return {key.removeprefix(f"{name}."): array for key, array in arrays.items() if key.startswith(f"{name}.")}
