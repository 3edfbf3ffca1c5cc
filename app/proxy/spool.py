"""Records set aside on disk while the log store cannot be reached, in one file for all side-cars of a data folder.

Lines are records as `core.logs` imports them. The store takes every record once, so lines that were stored and not
removed, by a process that was killed in between, do no harm.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

LARGEST_BYTES = 2**30
READ_BYTES = 2**20


class Spool:
    """A file of records at `path`, there while it holds some. Several processes may use it at the same time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, lines: Sequence[bytes]) -> bool:
        """Set lines aside, all or none; False when there is no room for them. Raises `OSError`."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._locked(fcntl.LOCK_EX) as file:
            size = file.seek(0, os.SEEK_END)
            if size > LARGEST_BYTES:
                return False
            content = _missing_line_end(file, size) + b"".join(lines)
            if file.write(content) == len(content):
                return True
            file.truncate(size)  # the disk is full
            return False

    def replay(self, keep: Callable[[Sequence[bytes]], bool]) -> bool:
        """Hand on everything set aside and remove it; False when there is nothing, or `keep` refuses a part.

        Leaves it to another process that is at it already. Raises `OSError`.
        """
        if not self.path.exists():
            return False
        try:
            with self._locked(fcntl.LOCK_EX | fcntl.LOCK_NB), self.path.open("rb") as lines:
                while part := lines.readlines(READ_BYTES):
                    if not keep(part):
                        return False
                self.path.unlink()
        except BlockingIOError:
            return False
        return True

    @contextmanager
    def _locked(self, how: int) -> Iterator[FileIO]:
        """Open and lock the file, anew when it was removed by the process that held the lock before."""
        while True:
            with self.path.open("a+b", buffering=0) as file:
                fcntl.flock(file, how)
                if os.fstat(file.fileno()).st_nlink:
                    yield file
                    return


def _missing_line_end(file: FileIO, size: int) -> bytes:
    """Return what ends the last line, if a process was killed while it wrote that."""
    if size == 0:
        return b""
    file.seek(size - 1)
    return b"" if file.read(1) == b"\n" else b"\n"
