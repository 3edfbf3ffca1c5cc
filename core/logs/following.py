"""A file of JSON lines read as it grows: whole lines only, across rotation, from where it was left.

What is rotated away is read to its end before the file that took its place: it is held open, and after a restart found
by its identity in the same folder. A file that was cut or written anew in place is recognised by its first bytes.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from io import FileIO
from os import SEEK_END, fstat, pread, stat_result
from pathlib import Path
from typing import BinaryIO, Self

from core.logs.records import LINE_LIMIT_BYTES

LINES_AT_ONCE = 20_000
BYTES_AT_ONCE = LINE_LIMIT_BYTES
HEAD_BYTES = 256
NumberedLine = tuple[int, bytes]
LineReader = Callable[[BinaryIO], Iterable[tuple[bytes, int]]]
"""Gives lines from where a file stands, each with its length in the file."""


@dataclass(frozen=True, kw_only=True)
class Position:
    """How far which file has been read: `offset` in bytes, `line` in lines; `head` holds its first bytes in hex."""

    device: int
    inode: int
    head: str
    offset: int = 0
    line: int = 0

    def is_of(self, status: stat_result) -> bool:
        """Tell whether this is a position in the file of this status."""
        return (self.device, self.inode) == (status.st_dev, status.st_ino)


class FollowedFile:
    """A plain file at `path` that an application still writes.

    Call `read`, store the lines, call `keep`; without `keep`, the same lines are read again. With `marks`, a file of
    our own, the position outlives the process. Use as a context manager, or `close` it.
    """

    def __init__(self, path: Path, *, marks: Path | None = None) -> None:
        self.path = path
        self._marks = marks
        self._kept = self._saved = _load(marks)
        self._read: Position | None = None
        self._file: FileIO | None = None
        self._size_when_replaced = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def read(self) -> list[NumberedLine]:
        """Return lines finished since the last `keep`, with their numbers from 1; some of them where there are many.

        Raises `OSError` for a file that is there and cannot be read.
        """
        opened = self._open()
        if opened is None:
            return []
        file, kept = opened
        if fstat(file.fileno()).st_size < kept.offset or _read_head(file, kept.offset) != kept.head:
            kept = self._kept = replace(kept, head="", offset=0, line=0)  # it was cut, or written anew
        is_replaced = self._is_replaced(kept)
        return self._take(_whole_lines, file, kept) or (self._finish(file, kept) if is_replaced else [])

    def keep(self) -> None:
        """Go on after what was read last, from now on and after a restart. Raises `OSError`."""
        self._kept = self._read or self._kept
        if self._marks is not None and self._kept is not None and self._kept != self._saved:
            self._marks.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._marks.with_suffix(".tmp")
            unfinished.write_text(json.dumps({"path": str(self.path), **asdict(self._kept)}) + "\n")
            unfinished.replace(self._marks)
            self._saved = self._kept

    def _open(self) -> tuple[FileIO, Position] | None:
        """Return the file that was left, else the one at the path, and how far it has been read; None without one."""
        if self._file is None:
            try:
                self._file = self._find_left().open("rb", buffering=0)
            except FileNotFoundError:
                return None
        status = fstat(self._file.fileno())
        if self._kept is None or not self._kept.is_of(status):
            self._kept = Position(device=status.st_dev, inode=status.st_ino, head="")
        return self._file, self._kept

    def _find_left(self) -> Path:
        """Return where the file of the kept position is now; the path itself when it is nowhere."""
        if self._kept is not None and self.path.parent.is_dir():
            for path in (self.path, *self.path.parent.iterdir()):
                if _is_at(path, self._kept):
                    return path
        return self.path

    def _take(self, read_lines: LineReader, file: FileIO, kept: Position) -> list[NumberedLine]:
        lines: list[NumberedLine] = []
        at = kept
        with open(file.fileno(), "rb", closefd=False) as fresh:  # nothing of what stood there before is buffered
            fresh.seek(at.offset)
            for line, length in read_lines(fresh):
                at = replace(at, offset=at.offset + length, line=at.line + 1)
                lines.append((at.line, line))
                if len(lines) == LINES_AT_ONCE or at.offset - kept.offset > BYTES_AT_ONCE:
                    break
        self._read = replace(at, head=_read_head(file, at.offset))
        return lines

    def _finish(self, file: FileIO, kept: Position) -> list[NumberedLine]:
        """Read what is left of a file that was replaced, then the one in its place.

        The application may write to the old one a little longer: it is finished when it did not grow between two looks.
        """
        size = fstat(file.fileno()).st_size
        if size != self._size_when_replaced:
            self._size_when_replaced = size
            return []
        if size > kept.offset:
            return self._take(_unfinished_line, file, kept)
        self.close()
        self._kept, self._size_when_replaced = None, -1
        opened = self._open()
        return self._take(_whole_lines, *opened) if opened else []

    def _is_replaced(self, kept: Position) -> bool:
        """Tell whether another file is at the path; none, between two of a rotation, is no other."""
        try:
            return not kept.is_of(self.path.stat())
        except FileNotFoundError:
            return False


def _whole_lines(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield finished lines with their length in the file; one beyond the limit comes cut, so that it is rejected."""
    while line := file.readline(LINE_LIMIT_BYTES + 1):
        length, rest = len(line), line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(LINE_LIMIT_BYTES)
            length += len(rest)
        if not rest:
            return
        yield line, length


def _unfinished_line(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield what follows the last line end, which nobody will finish."""
    start = file.tell()
    line = file.read(LINE_LIMIT_BYTES + 1)
    yield line, file.seek(0, SEEK_END) - start


def _read_head(file: FileIO, offset: int) -> str:
    """Return the first bytes of what has been read."""
    return pread(file.fileno(), min(offset, HEAD_BYTES), 0).hex()


def _is_at(path: Path, position: Position) -> bool:
    try:
        return position.is_of(path.stat())
    except OSError:
        return False


def _load(marks: Path | None) -> Position | None:
    """Return the position that a file of marks holds; None where it holds none, and everything is read again."""
    try:
        known = json.loads(marks.read_text()) if marks else None
        return Position(**{name: known[name] for name in Position.__dataclass_fields__}) if known else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
