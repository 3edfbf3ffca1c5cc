"""Files of JSON lines, plain or gzip: recognised before anything is stored, read line by line with their numbers."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from core.logs.errors import UnreadableFile
from core.logs.records import LINE_LIMIT_BYTES

SUFFIXES = (".jsonl", ".ndjson")
GZIP_START = b"\x1f\x8b"
PROBE_BYTES = 65_536


class LogFile:
    """A file of logged traffic. Raises `UnreadableFile`, saying what to do, when it cannot be imported as it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = self._size()
        self._raw: BinaryIO | None = None
        self._is_gzip = self._check_name()
        self._check_start()

    @property
    def read_bytes(self) -> int:
        """How far the file on disk has been read; compare with `size_bytes`."""
        return self._raw.tell() if self._raw and not self._raw.closed else self.size_bytes

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the lines with their numbers from 1. A line beyond the limit comes cut, so that it is rejected."""
        number = 0
        try:
            with self.path.open("rb") as raw:
                self._raw = raw
                source = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if self._is_gzip else raw
                for number, line in enumerate(_read_lines(source), start=1):
                    yield number, line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFile(
                f"{self.path} is cut off or damaged after line {number}; lines before it are kept, import a whole copy",
                line=number,
            ) from error
        except OSError as error:
            raise UnreadableFile(f"{self.path} cannot be read: {error.strerror}") from error

    def _size(self) -> int:
        try:
            size_bytes = self.path.stat().st_size
        except OSError as error:
            raise UnreadableFile(f"{self.path} cannot be read: {error.strerror}") from error
        if self.path.is_dir():
            raise UnreadableFile(f"{self.path} is a folder; name the files in it")
        if size_bytes == 0:
            raise UnreadableFile(f"{self.path} is empty; there is nothing to import")
        return size_bytes

    def _check_name(self) -> bool:
        """Tell whether the file is gzip; its name and its first bytes must say the same."""
        suffixes = [suffix.lower() for suffix in self.path.suffixes]
        is_named_gzip = suffixes[-1:] == [".gz"]
        if (suffixes[:-1] if is_named_gzip else suffixes)[-1:] not in [[suffix] for suffix in SUFFIXES]:
            raise UnreadableFile(
                f"{self.path} is not named as JSON lines; one JSON object a line in .jsonl, .ndjson, or either with .gz"
            )
        with self.path.open("rb") as file:
            is_gzip = file.read(2) == GZIP_START
        if is_gzip and not is_named_gzip:
            raise UnreadableFile(f"{self.path} holds gzip data; add .gz to its name")
        if is_named_gzip and not is_gzip:
            raise UnreadableFile(f"{self.path} is not gzip data although its name ends in .gz")
        return is_gzip

    def _check_start(self) -> None:
        """Refuse what is no text, before a thousand lines of noise are reported one by one."""
        try:
            with gzip.open(self.path) if self._is_gzip else self.path.open("rb") as file:
                start = file.read(PROBE_BYTES)
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFile(f"{self.path} is cut off or damaged; import a whole copy") from error
        if not start:
            raise UnreadableFile(f"{self.path} is empty inside; there is nothing to import")
        if b"\0" in start:
            raise UnreadableFile(f"{self.path} is a binary file or not UTF-8; it must hold one JSON object a line")


def _read_lines(source: BinaryIO) -> Iterator[bytes]:
    """Yield lines of bounded length; the rest of a longer one is skipped."""
    while line := source.readline(LINE_LIMIT_BYTES + 1):
        rest = line
        while len(rest) > LINE_LIMIT_BYTES and not rest.endswith(b"\n"):
            rest = source.readline(LINE_LIMIT_BYTES + 1)
        yield line
