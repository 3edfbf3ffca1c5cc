"""Staying with a log file that an application still writes: `flywheel logs import --follow`."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.logs import IngestReport, LogStore

LOOK_EVERY_S = 1.0


@dataclass(kw_only=True)
class FollowedFile:
    """A file read as it grows. Only whole lines are taken; a file that was replaced or cut is read from its start."""

    path: Path
    line: int = 0
    offset: int = 0
    _identity: tuple[int, int] | None = field(default=None, repr=False)

    def new_lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the lines that were finished since the last call, with their numbers from 1."""
        try:
            with self.path.open("rb") as file:
                status = self.path.stat()
                identity = (status.st_dev, status.st_ino)
                if identity != self._identity or status.st_size < self.offset:
                    self._identity, self.line, self.offset = identity, 0, 0
                file.seek(self.offset)
                while (line := file.readline()).endswith(b"\n"):
                    self.line += 1
                    self.offset += len(line)
                    yield self.line, line
        except FileNotFoundError:  # between two files of a rotation
            return


def follow_file(
    store: "LogStore",
    path: Path,
    *,
    tags: dict[str, str],
    report: Callable[["IngestReport"], None],
    is_done: Callable[[], bool] = lambda: False,
) -> None:
    """Import a plain file and what is appended to it, until `is_done` or Ctrl-C; `report` hears of every batch.

    Raises `InputError` for a file that is not there or compressed.
    """
    from core.errors import InputError
    from core.logs import IngestReport
    from core.logs.transfer import retag

    if path.suffix == ".gz" or not path.is_file():
        raise InputError(f"{path} cannot be followed; name a plain .jsonl file that is written line by line")
    followed = FollowedFile(path=path)
    while True:
        counts = IngestReport(stored=0, duplicate=0, rejected=())
        lines = followed.new_lines()
        for batch in store.ingest(retag(lines, tags) if tags else lines, source=path.name):
            counts = batch
        if counts.stored or counts.duplicate or counts.rejected:
            report(counts)
        if is_done():
            return
        time.sleep(LOOK_EVERY_S)
