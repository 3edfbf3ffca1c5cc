"""What all adapters have in common, and reading one from its file whatever its kind."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from core.backend.students.errors import AdapterError
from core.backend.students.label_adapter import KIND as LABEL_KIND
from core.backend.students.label_adapter import LabelAdapter
from core.backend.students.storage import read_adapter
from core.backend.students.tool_adapter import KIND as TOOL_KIND
from core.backend.students.tool_adapter import ToolAdapter
from core.errors import NotFoundError


class Adapter(Protocol):
    """What training gave a student. Immutable, so that threads share one freely."""

    @property
    def student(self) -> str:
        """The student it was trained for."""

    @property
    def best_epoch(self) -> int:
        """The epoch that was kept, counted from 1."""

    def messages_for(self, requests: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
        """Return one assistant message a request, in order."""

    def save(self, path: Path) -> None:
        """Write the adapter to one file, replacing what is there; the folder must exist."""


def load_adapter(path: Path) -> Adapter:
    """Return the adapter saved at `path`. Raises `AdapterError`."""
    stored = read_adapter(path)
    kind = stored.description.get("kind")
    try:
        if kind == LABEL_KIND:
            return LabelAdapter.restore(stored)
        if kind == TOOL_KIND:
            return ToolAdapter.restore(stored)
    except (KeyError, ValueError, NotFoundError) as error:
        raise AdapterError(f"The adapter at {path} is damaged ({error}); train it again.") from error
    raise AdapterError(f"The adapter at {path} is of an unknown kind, {kind!r}; train it again with this release.")
